//! Users whom an OIDC issuer vouches for. They are known by the issuer and its own name for them, and by nothing else that it
//! says: a name or an address is somebody else's tomorrow, and in some issuers anybody's today.

use std::net::IpAddr;

use domain::access::{Role, folded_name, is_plain_name};
use entity::{app_user, user_identity};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    sea_query::{Expr, OnConflict},
};

use super::{
    Access, AccessError, Grant, Outcome,
    sessions::NOBODY,
    users::{admins, find},
};
use crate::inventory::database::{Section, serialize};

/// Stored for users without a password; no hash of one looks like it.
pub(super) const NO_PASSWORD: &str = "none";

/// Bytes of an issuer's or a subject's name at most.
const LONGEST: usize = 255;

/// The way of signing in, as the audit log calls it.
const OPERATION: &str = "oidcSignIn";

/// Somebody whom an issuer vouches for.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The issuer.
    pub issuer: String,
    /// The issuer's name for them.
    pub subject: String,
    /// What they may be called, the best first; only who is new is called so.
    pub names: Vec<String>,
    /// What they may do, from now on.
    pub role: Role,
}

/// Why somebody whom the issuer vouches for is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotLetIn {
    /// An admin has disabled the user.
    Disabled,
    /// Another user has their name.
    NameTaken,
    /// Nothing that the issuer calls them can be a name.
    NoName,
}

impl NotLetIn {
    fn as_str(self) -> &'static str {
        match self {
            Self::Disabled => "the user is disabled",
            Self::NameTaken => "another user has the name",
            Self::NoName => "the issuer tells no name",
        }
    }
}

impl Access {
    /// Begins a session for somebody whom an issuer vouches for, and makes the user where there is none yet. The role is what
    /// the issuer says each time; what the user may see stays as admins set it.
    pub async fn sign_in_as(
        &self,
        identity: Identity,
        address: Option<IpAddr>,
    ) -> Result<Result<Grant, NotLetIn>, AccessError> {
        match self.known_user(&identity).await? {
            Ok((user, news)) => {
                let Some(grant) = self.begin_session((user.id, None), address).await? else {
                    self.record_refused_identity(NotLetIn::Disabled.as_str(), address).await;
                    return Ok(Err(NotLetIn::Disabled));
                };
                self.record_session(&user.name, address, (OPERATION, Outcome::Done, news)).await;
                Ok(Ok(grant))
            }
            Err(why) => {
                self.record_refused_identity(why.as_str(), address).await;
                Ok(Err(why))
            }
        }
    }

    /// Counts an attempt to come in by an issuer, or says after which time the next one is let through.
    pub fn count_arrival(&self, address: Option<IpAddr>) -> Result<(), std::time::Duration> {
        self.throttle.begin_from(address, self.now())
    }

    /// Takes an attempt back that succeeded.
    pub fn forgive_arrival(&self, address: Option<IpAddr>) {
        self.throttle.succeed_from(address);
    }

    /// Records that nobody came in, and why.
    pub async fn record_refused_identity(&self, why: &str, address: Option<IpAddr>) {
        self.record_session(NOBODY, address, (OPERATION, Outcome::Refused, Some(why.to_owned()))).await;
    }

    /// The user, and what became new of them by this sign-in.
    async fn known_user(
        &self,
        identity: &Identity,
    ) -> Result<Result<(app_user::Model, Option<String>), NotLetIn>, AccessError> {
        let transaction = self.database.begin().await?;
        // Of two that come at once for the first time, the second finds the user that the first one makes.
        serialize(&transaction, Section::Access).await?;
        let (user, is_new) = match find_identity(&transaction, identity).await? {
            Some(user) => (user, false),
            None => match self.make_user(&transaction, identity).await? {
                Ok(user) => (user, true),
                Err(why) => return Ok(Err(why)),
            },
        };
        if user.disabled_at.is_some() {
            return Ok(Err(NotLetIn::Disabled));
        }
        let role = identity.role.code();
        let is_other = user.role != role && self.give_role(&transaction, &user, identity.role).await?;
        transaction.commit().await?;
        if is_other {
            self.tell_revocation();
        }
        let news = match (is_new, is_other) {
            (true, _) => Some(format!("made with the role {role}")),
            (false, true) => Some(format!("role {} became {role}", user.role)),
            (false, false) => None,
        };
        Ok(Ok((user, news)))
    }

    /// Gives the role that the issuer says; false where nobody would be left who may administer everything, who then could
    /// not be made again by anybody.
    async fn give_role(
        &self,
        transaction: &DatabaseTransaction,
        user: &app_user::Model,
        role: Role,
    ) -> Result<bool, AccessError> {
        use app_user::{Column, Entity};
        let write =
            |role: &str| Entity::update_many().col_expr(Column::Role, Expr::value(role)).filter(Column::Id.eq(user.id));
        write(role.code()).exec(transaction).await?;
        if user.role != Role::Admin.code() || admins(transaction).await? > 0 {
            return Ok(true);
        }
        tracing::warn!(user = user.name, "the last admin keeps the role, whatever the issuer says");
        write(&user.role).exec(transaction).await?;
        Ok(false)
    }

    async fn make_user(
        &self,
        transaction: &DatabaseTransaction,
        identity: &Identity,
    ) -> Result<Result<app_user::Model, NotLetIn>, AccessError> {
        use app_user::{ActiveModel, Column, Entity};
        let Some(name) = identity.names.iter().find(|name| is_plain_name(name)) else {
            return Ok(Err(NotLetIn::NoName));
        };
        let folded = folded_name(name);
        let row = ActiveModel {
            id: NotSet,
            name: Set(name.clone()),
            folded_name: Set(folded.clone()),
            password_hash: Set(NO_PASSWORD.to_owned()),
            role: Set(identity.role.code().to_owned()),
            is_restricted: Set(false),
            created_at: Set(self.now()),
            created_by: Set(OPERATION.to_owned()),
            disabled_at: Set(None),
        };
        let once = OnConflict::column(Column::FoldedName).do_nothing().to_owned();
        if Entity::insert(row).on_conflict(once).exec_without_returning(transaction).await? == 0 {
            return Ok(Err(NotLetIn::NameTaken));
        }
        let user = find(transaction, &folded).await?;
        let Some(user) = user else { return Err(AccessError::Corrupt(format!("user `{folded}`"))) };
        let (issuer, subject) = (identity.issuer.clone(), identity.subject.clone());
        let is_linked = self.link(transaction, user.id, &(issuer, subject)).await?;
        Ok(if is_linked { Ok(user) } else { Err(NotLetIn::NoName) })
    }

    /// Has a user sign in by this identity too; false where it is another user's, or can't be one.
    pub(super) async fn link(
        &self,
        transaction: &DatabaseTransaction,
        user_id: i64,
        (issuer, subject): &(String, String),
    ) -> Result<bool, AccessError> {
        use user_identity::{ActiveModel, Column, Entity};
        let is_fit = |text: &str| (1..=LONGEST).contains(&text.len()) && !text.contains(char::is_control);
        if !is_fit(issuer) || !is_fit(subject) {
            return Ok(false);
        }
        let row = ActiveModel {
            issuer: Set(issuer.clone()),
            subject: Set(subject.clone()),
            user_id: Set(user_id),
            created_at: Set(self.now()),
        };
        let once = OnConflict::columns([Column::Issuer, Column::Subject]).do_nothing().to_owned();
        Entity::insert(row).on_conflict(once).exec_without_returning(transaction).await?;
        let whose = Entity::find_by_id((issuer.clone(), subject.clone())).one(transaction).await?;
        Ok(whose.is_some_and(|identity| identity.user_id == user_id))
    }
}

async fn find_identity(
    transaction: &DatabaseTransaction,
    identity: &Identity,
) -> Result<Option<app_user::Model>, sea_orm::DbErr> {
    use user_identity::{Column, Entity};
    let wanted = Entity::find()
        .filter(Column::Issuer.eq(identity.issuer.as_str()))
        .filter(Column::Subject.eq(identity.subject.as_str()));
    let Some(known) = wanted.one(transaction).await? else { return Ok(None) };
    app_user::Entity::find_by_id(known.user_id).one(transaction).await
}
