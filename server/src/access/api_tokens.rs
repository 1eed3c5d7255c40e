//! API tokens: for services, which have no password to type. Each has a name, a role, an end, and is shown once.

use chrono::{DateTime, TimeDelta, Utc};
use domain::access::{Principal, Reach, Role, folded_name, is_plain_name};
use entity::api_token::{self, ActiveModel, Column, Entity};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait, OnConflict},
};
use secrecy::{ExposeSecret, SecretString};

use super::{
    Access, AccessError, NotDone,
    restriction::{self, Owner},
    secret,
    users::role_of,
};

/// How long a token lasts at most.
const LONGEST: TimeDelta = TimeDelta::days(366);

/// How fine the time of the last use is: a token that is used a thousand times a second is written once a minute.
const USE_STEP: TimeDelta = TimeDelta::minutes(1);

/// A token that is to be made.
#[derive(Clone, Debug)]
pub struct ApiTokenOrder {
    /// The name.
    pub name: String,
    /// The role.
    pub role: Role,
    /// What may be seen.
    pub reach: Reach,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

/// A token that was made.
#[derive(Debug)]
pub struct Issued {
    /// Its row.
    pub row: api_token::Model,
    /// The token itself, which is stored nowhere.
    pub token: SecretString,
}

impl Access {
    /// Makes a token.
    pub async fn create_api_token(
        &self,
        order: ApiTokenOrder,
        actor: &str,
    ) -> Result<Result<Issued, NotDone>, AccessError> {
        let now = self.now();
        if !is_plain_name(&order.name) {
            return Ok(Err(NotDone::BadName));
        }
        if order.expires_at <= now || order.expires_at > now + LONGEST {
            return Ok(Err(NotDone::BadEnd));
        }
        let token = secret::make_api_token();
        let hash = secret::fingerprint(token.expose_secret());
        let transaction = self.database.begin().await?;
        if !restriction::are_known(&transaction, &order.reach).await? {
            return Ok(Err(NotDone::UnknownOrganization));
        }
        let row = ActiveModel {
            id: NotSet,
            folded_name: Set(folded_name(&order.name)),
            name: Set(order.name),
            token_hash: Set(hash.clone()),
            role: Set(order.role.code().to_owned()),
            is_restricted: Set(order.reach.is_restricted()),
            created_at: Set(now),
            created_by: Set(actor.to_owned()),
            expires_at: Set(order.expires_at),
            last_used_at: Set(None),
            revoked_at: Set(None),
        };
        let once = OnConflict::column(Column::FoldedName).do_nothing().to_owned();
        if Entity::insert(row).on_conflict(once).exec_without_returning(&transaction).await? == 0 {
            return Ok(Err(NotDone::Taken));
        }
        let row = Entity::find().filter(Column::TokenHash.eq(hash)).one(&transaction).await?;
        let Some(row) = row else { return Err(AccessError::Corrupt("an API token that was just stored".to_owned())) };
        restriction::store(&transaction, Owner::ApiToken(row.id), &order.reach).await?;
        transaction.commit().await?;
        Ok(Ok(Issued { row, token }))
    }

    /// Takes a token away; doing it twice changes nothing. Its name stays taken.
    pub async fn revoke_api_token(&self, name: &str) -> Result<Result<api_token::Model, NotDone>, AccessError> {
        if !is_plain_name(name) {
            return Ok(Err(NotDone::NotFound));
        }
        let writer = self.database.writer();
        let of_name = Column::FoldedName.eq(folded_name(name));
        Entity::update_many()
            .col_expr(Column::RevokedAt, Expr::value(self.now()))
            .filter(of_name.clone().and(Column::RevokedAt.is_null()))
            .exec(writer)
            .await?;
        self.tell_revocation();
        Ok(Entity::find().filter(of_name).one(writer).await?.ok_or(NotDone::NotFound))
    }

    /// Whose API token it is.
    pub(super) async fn identify_service(&self, token: &str) -> Result<Option<Principal>, AccessError> {
        let now = self.now();
        let reader = self.database.reader();
        let of_token = Entity::find().filter(Column::TokenHash.eq(secret::fingerprint(token)));
        let row = of_token.one(reader).await?.filter(|row| row.revoked_at.is_none() && row.expires_at > now);
        let Some(row) = row else { return Ok(None) };
        let reach = restriction::load(reader, Owner::ApiToken(row.id), row.is_restricted).await?;
        let principal = Principal::new(format!("token:{}", row.name), role_of(&row.role)?, reach);
        if row.last_used_at.is_none_or(|used| used + USE_STEP <= now) {
            self.note_use(row.id, now);
        }
        Ok(Some(principal))
    }

    /// Beside the request: a database that is busy storing keeps no reader waiting.
    fn note_use(&self, id: i64, now: DateTime<Utc>) {
        let writer = self.database.writer().clone();
        let is_older = Column::LastUsedAt.is_null().or(Column::LastUsedAt.lte(now - USE_STEP));
        let noted = Entity::update_many()
            .col_expr(Column::LastUsedAt, Expr::value(now))
            .filter(Column::Id.eq(id))
            .filter(is_older);
        self.tasks.spawn(async move {
            if let Err(error) = noted.exec(&writer).await {
                tracing::warn!(%error, "the last use of an API token could not be noted");
            }
        });
    }
}
