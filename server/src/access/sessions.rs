//! Sessions: from sign-in to sign-out, a family of refresh tokens of which each is good once.
//!
//! Using a refresh token is one conditional UPDATE, so of several who use the same one at once, one is first. The others
//! hold a copy: nobody can tell who stole it, so the session ends for all of them.

use std::{net::IpAddr, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use domain::access::{Principal, folded_name};
use entity::{app_user, refresh_token, session};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, FromQueryResult, JoinType, QueryFilter,
    QuerySelect, Select,
    sea_query::{Expr, ExprTrait},
};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::{
    Access, AccessError, Act, ActKind, Credentials, Outcome,
    identities::NO_PASSWORD,
    restriction::{self, Owner},
    secret,
    tokens::{Claims, LIFETIME},
    users::role_of,
};
use crate::inventory::database::{Section, serialize};

/// How long a session lasts at most.
const LONGEST: TimeDelta = TimeDelta::days(30);

/// How long a refresh token waits to be used.
const IDLE: TimeDelta = TimeDelta::days(7);

/// How long sessions that are over are kept, to tell a copied token from an unknown one.
const KEPT: TimeDelta = TimeDelta::days(30);

/// The actor of an attempt by a name that nobody has: what was typed may be a password.
pub(super) const NOBODY: &str = "(unknown)";

/// What lets its holder in.
#[derive(Debug)]
pub struct Grant {
    /// The access token.
    pub access_token: SecretString,
    /// How long it is good.
    pub expires_in: Duration,
    /// What the next grant is got with, once.
    pub refresh_token: SecretString,
    /// How long it waits to be used.
    pub refresh_expires_in: Duration,
}

/// Why there is no grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The name or the password is wrong, or the user is disabled; or the refresh token is nobody's (any more).
    Unknown,
    /// Too many attempts; the next one after this time.
    TooMany(Duration),
}

/// A session and whose it is.
#[derive(Debug, FromQueryResult)]
struct Held {
    id: String,
    user_id: i64,
    name: String,
    role: String,
    is_restricted: bool,
    disabled_at: Option<DateTime<Utc>>,
    expires_at: DateTime<Utc>,
    revoked_at: Option<DateTime<Utc>>,
}

impl Held {
    fn is_good(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && self.disabled_at.is_none() && self.expires_at > now
    }
}

fn held() -> Select<session::Entity> {
    use session::{Column, Entity};
    let user = Entity::belongs_to(app_user::Entity).from(Column::UserId).to(app_user::Column::Id).into();
    let session = [Column::Id, Column::UserId, Column::ExpiresAt, Column::RevokedAt];
    let of_user =
        [app_user::Column::Name, app_user::Column::Role, app_user::Column::IsRestricted, app_user::Column::DisabledAt];
    Entity::find().select_only().columns(session).join(JoinType::InnerJoin, user).columns(of_user)
}

impl Access {
    /// Begins a session, if the password is the user's. It takes as long where there is no such user.
    pub async fn sign_in(
        &self,
        given: Credentials,
        address: Option<IpAddr>,
    ) -> Result<Result<Grant, Refused>, AccessError> {
        let folded = folded_name(&given.name);
        if let Err(wait) = self.throttle.begin(&folded, address, self.now()) {
            tracing::warn!(?address, "sign-in is throttled");
            return Ok(Err(Refused::TooMany(wait)));
        }
        let wanted = app_user::Entity::find().filter(app_user::Column::FoldedName.eq(folded.as_str()));
        let user = wanted.one(self.database.reader()).await?;
        let enabled = user.as_ref().filter(|user| user.disabled_at.is_none());
        let stored = enabled.map(|user| user.password_hash.clone()).filter(|hash| hash != NO_PASSWORD);
        let compared = self.passwords.is_right(given.password.clone(), stored).await;
        if matches!(compared, Err(AccessError::Busy)) {
            self.throttle.take_back(&folded, address);
        }
        let is_right = compared?;
        let actor = user.as_ref().map_or(NOBODY, |user| user.name.as_str());
        let Some(user) = user.as_ref().filter(|_| is_right) else {
            self.record_session(actor, address, ("signIn", Outcome::Refused, None)).await;
            return Ok(Err(Refused::Unknown));
        };
        self.throttle.succeed(&folded, address, self.now());
        let hash = self.hash_again(user, given.password).await;
        let Some(grant) = self.begin_session((user.id, Some(&hash)), address).await? else {
            self.record_session(actor, address, ("signIn", Outcome::Refused, None)).await;
            return Ok(Err(Refused::Unknown));
        };
        self.record_session(actor, address, ("signIn", Outcome::Done, None)).await;
        Ok(Ok(grant))
    }

    /// `None` where the user was disabled meanwhile, or has another password than the one that was compared: what ends their
    /// sessions ends this one too.
    pub(super) async fn begin_session(
        &self,
        (user_id, compared): (i64, Option<&str>),
        address: Option<IpAddr>,
    ) -> Result<Option<Grant>, AccessError> {
        let now = self.now();
        let id = Uuid::new_v4().to_string();
        let transaction = self.database.begin().await?;
        serialize(&transaction, Section::Access).await?;
        let user = app_user::Entity::find_by_id(user_id).filter(app_user::Column::DisabledAt.is_null());
        let user = user.one(&transaction).await?;
        if user.is_none_or(|user| compared.is_some_and(|compared| user.password_hash != compared)) {
            return Ok(None);
        }
        session::Entity::delete_many().filter(session::Column::ExpiresAt.lt(now - KEPT)).exec(&transaction).await?;
        let row = session::ActiveModel {
            id: Set(id.clone()),
            user_id: Set(user_id),
            address: Set(address.map(|address| address.to_string())),
            created_at: Set(now),
            expires_at: Set(now + LONGEST),
            revoked_at: Set(None),
            revoked_for: Set(None),
        };
        session::Entity::insert(row).exec_without_returning(&transaction).await?;
        let grant = self.grant(&transaction, &id).await?;
        transaction.commit().await?;
        Ok(Some(grant))
    }

    async fn grant(&self, transaction: &DatabaseTransaction, session_id: &str) -> Result<Grant, AccessError> {
        let now = self.now();
        let refresh_token = secret::make();
        let row = refresh_token::ActiveModel {
            id: NotSet,
            session_id: Set(session_id.to_owned()),
            token_hash: Set(secret::fingerprint(refresh_token.expose_secret())),
            created_at: Set(now),
            rotated_at: Set(None),
        };
        refresh_token::Entity::insert(row).exec_without_returning(transaction).await?;
        Ok(Grant {
            access_token: self.signer.sign(&Claims::of(session_id, now))?,
            expires_in: LIFETIME.to_std().unwrap_or_default(),
            refresh_token,
            refresh_expires_in: IDLE.to_std().unwrap_or_default(),
        })
    }

    /// Gives a new grant for a refresh token, which is good once. One that was used before ends its session.
    pub async fn refresh(
        &self,
        token: &SecretString,
        address: Option<IpAddr>,
    ) -> Result<Result<Grant, Refused>, AccessError> {
        use refresh_token::{Column, Entity};
        let now = self.now();
        let of_token = Column::TokenHash.eq(secret::fingerprint(token.expose_secret()));
        // Who guesses does not get to the one writer of SQLite.
        if Entity::find().filter(of_token.clone()).one(self.database.reader()).await?.is_none() {
            return Ok(Err(Refused::Unknown));
        }
        let transaction = self.database.begin().await?;
        let first = Entity::update_many()
            .col_expr(Column::RotatedAt, Expr::value(now))
            .filter(of_token.clone().and(Column::RotatedAt.is_null()))
            .exec(&transaction)
            .await?;
        let Some(row) = Entity::find().filter(of_token).one(&transaction).await? else {
            return Ok(Err(Refused::Unknown));
        };
        let held =
            held().filter(session::Column::Id.eq(&row.session_id)).into_model::<Held>().one(&transaction).await?;
        let Some(held) = held else { return Ok(Err(Refused::Unknown)) };
        if first.rows_affected == 0 {
            let was_good = revoke(&transaction, session::Column::Id.eq(&held.id), ("reuse", now)).await? > 0;
            transaction.commit().await?;
            if was_good {
                self.tell_revocation();
                tracing::warn!(user = held.name, "a refresh token was used twice: its session is ended");
                let detail = Some("a refresh token was used twice".to_owned());
                self.record_session(&held.name, address, ("refresh", Outcome::Refused, detail)).await;
            }
            return Ok(Err(Refused::Unknown));
        }
        if !held.is_good(now) || row.created_at + IDLE <= now {
            return Ok(Err(Refused::Unknown));
        }
        let grant = self.grant(&transaction, &held.id).await?;
        transaction.commit().await?;
        Ok(Ok(grant))
    }

    /// Ends the session of an access token, expired or not, or of a refresh token. Its tokens are good for nothing from now
    /// on, on any server.
    pub async fn sign_out(&self, token: &SecretString, address: Option<IpAddr>) -> Result<(), AccessError> {
        let Some(id) = self.session_of(token).await? else { return Ok(()) };
        let reader = self.database.reader();
        let held = held().filter(session::Column::Id.eq(&id)).into_model::<Held>().one(reader).await?;
        let ended = revoke(self.database.writer(), session::Column::Id.eq(&id), ("sign-out", self.now())).await?;
        if let Some(held) = held.filter(|_| ended > 0) {
            self.tell_revocation();
            self.record_session(&held.name, address, ("signOut", Outcome::Done, None)).await;
        }
        Ok(())
    }

    async fn session_of(&self, token: &SecretString) -> Result<Option<String>, DbErr> {
        use refresh_token::{Column, Entity};
        let token = token.expose_secret();
        if let Some(claims) = self.signer.read_ours(token) {
            return Ok(Some(claims.sid));
        }
        let of_token = Entity::find().filter(Column::TokenHash.eq(secret::fingerprint(token)));
        Ok(of_token.one(self.database.reader()).await?.map(|row| row.session_id))
    }

    /// Whose access token it is: one indexed read, so that a sign-out, a disabled user and a changed role count at once on
    /// every server.
    pub(super) async fn identify_user(&self, token: &str) -> Result<Option<Principal>, AccessError> {
        let now = self.now();
        let Some(claims) = self.signer.read(token, now) else { return Ok(None) };
        let reader = self.database.reader();
        let held = held().filter(session::Column::Id.eq(claims.sid)).into_model::<Held>().one(reader).await?;
        let Some(held) = held.filter(|held| held.is_good(now)) else { return Ok(None) };
        let reach = restriction::load(reader, Owner::User(held.user_id), held.is_restricted).await?;
        Ok(Some(Principal::new(held.name, role_of(&held.role)?, reach).in_session(held.id)))
    }

    pub(super) async fn record_session(
        &self,
        actor: &str,
        address: Option<IpAddr>,
        (operation, outcome, detail): (&str, Outcome, Option<String>),
    ) {
        let act = Act { detail, ..Act::new(ActKind::SignIn, operation, outcome) };
        self.journal.record(actor, address, vec![act]).await;
    }
}

/// Ends the sessions that a condition finds and that are not ended; how many that were.
pub(super) async fn revoke(
    connection: &impl ConnectionTrait,
    which: Expr,
    (reason, now): (&str, DateTime<Utc>),
) -> Result<u64, DbErr> {
    use session::{Column, Entity};
    let ended = Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(now))
        .col_expr(Column::RevokedFor, Expr::value(reason))
        .filter(which)
        .filter(Column::RevokedAt.is_null())
        .exec(connection)
        .await?;
    Ok(ended.rows_affected)
}
