//! Users: made, changed and disabled by admins. None is deleted, because what they did names them.

use domain::access::{Reach, Role, folded_name, is_plain_name};
use entity::{app_user, session};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter,
    sea_query::{Expr, OnConflict},
};
use secrecy::{ExposeSecret, SecretString};

use super::{
    Access, AccessError,
    password::{FEWEST, LONGEST},
    restriction::{self, Owner},
    sessions::revoke,
};
use crate::inventory::database::{Section, serialize};

/// What somebody signs in with.
#[derive(Debug)]
pub struct Credentials {
    /// The name.
    pub name: String,
    /// The password.
    pub password: SecretString,
}

/// A user who is to be made.
#[derive(Debug)]
pub struct UserOrder {
    /// The name.
    pub name: String,
    /// The first password.
    pub password: SecretString,
    /// The role.
    pub role: Role,
    /// What may be seen.
    pub reach: Reach,
}

/// What is to be different of a user; `None` stays as it is.
#[derive(Debug, Default)]
pub struct UserChange {
    /// The password; a new one ends all sessions.
    pub password: Option<SecretString>,
    /// The role.
    pub role: Option<Role>,
    /// What may be seen.
    pub reach: Option<Reach>,
    /// Whether sign-in is taken away, which ends all sessions.
    pub disabled: Option<bool>,
    /// An issuer and its name for them, by which they sign in too from now on.
    pub identity: Option<(String, String)>,
}

/// Why nothing was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotDone {
    /// A name that can't be one.
    BadName,
    /// A password that is too short or too long.
    BadPassword,
    /// An end that is past, or too far away.
    BadEnd,
    /// The name is taken.
    Taken,
    /// Another user signs in by this identity, or it can't be one.
    BadIdentity,
    /// There is nobody of that name.
    NotFound,
    /// An organization is not there.
    UnknownOrganization,
    /// Nobody would be left who may administer everything.
    LastAdmin,
}

/// The stored role.
pub(super) fn role_of(code: &str) -> Result<Role, AccessError> {
    Role::from_code(code).ok_or_else(|| AccessError::Corrupt(format!("role `{code}`")))
}

pub(super) fn is_good(password: &SecretString) -> bool {
    let password = password.expose_secret();
    password.chars().count() >= FEWEST && password.len() <= LONGEST
}

impl Access {
    /// Makes a user.
    pub async fn create_user(
        &self,
        order: UserOrder,
        actor: &str,
    ) -> Result<Result<app_user::Model, NotDone>, AccessError> {
        use app_user::{ActiveModel, Column, Entity};
        if !is_plain_name(&order.name) {
            return Ok(Err(NotDone::BadName));
        }
        if !is_good(&order.password) {
            return Ok(Err(NotDone::BadPassword));
        }
        let password_hash = self.passwords.hash(order.password).await?;
        let folded = folded_name(&order.name);
        let transaction = self.database.begin().await?;
        if !restriction::are_known(&transaction, &order.reach).await? {
            return Ok(Err(NotDone::UnknownOrganization));
        }
        let row = ActiveModel {
            id: NotSet,
            name: Set(order.name),
            folded_name: Set(folded.clone()),
            password_hash: Set(password_hash),
            role: Set(order.role.code().to_owned()),
            is_restricted: Set(order.reach.is_restricted()),
            created_at: Set(self.now()),
            created_by: Set(actor.to_owned()),
            disabled_at: Set(None),
        };
        let once = OnConflict::column(Column::FoldedName).do_nothing().to_owned();
        if Entity::insert(row).on_conflict(once).exec_without_returning(&transaction).await? == 0 {
            return Ok(Err(NotDone::Taken));
        }
        let user = find(&transaction, &folded).await?;
        let Some(user) = user else { return Err(AccessError::Corrupt(format!("user `{folded}`"))) };
        restriction::store(&transaction, Owner::User(user.id), &order.reach).await?;
        transaction.commit().await?;
        Ok(Ok(user))
    }

    /// Changes a user.
    pub async fn change_user(
        &self,
        name: &str,
        change: UserChange,
    ) -> Result<Result<app_user::Model, NotDone>, AccessError> {
        if change.password.as_ref().is_some_and(|password| !is_good(password)) {
            return Ok(Err(NotDone::BadPassword));
        }
        let hash = match change.password.clone() {
            Some(password) => Some(self.passwords.hash(password).await?),
            None => None,
        };
        let transaction = self.database.begin().await?;
        // Two admins who demote each other at once must not both succeed.
        serialize(&transaction, Section::Access).await?;
        // What no user can be called finds none: a name is compared without its control characters.
        let found = if is_plain_name(name) { find(&transaction, &folded_name(name)).await? } else { None };
        let Some(user) = found else { return Ok(Err(NotDone::NotFound)) };
        if let Some(reach) = &change.reach {
            if !restriction::are_known(&transaction, reach).await? {
                return Ok(Err(NotDone::UnknownOrganization));
            }
            restriction::store(&transaction, Owner::User(user.id), reach).await?;
        }
        if let Some(identity) = &change.identity
            && !self.link(&transaction, user.id, identity).await?
        {
            return Ok(Err(NotDone::BadIdentity));
        }
        let user = self.write_user(&transaction, user, (&change, hash)).await?;
        if admins(&transaction).await? == 0 {
            return Ok(Err(NotDone::LastAdmin));
        }
        if change.password.is_some() || user.disabled_at.is_some() {
            revoke(&transaction, session::Column::UserId.eq(user.id), ("user changed", self.now())).await?;
        }
        transaction.commit().await?;
        self.tell_revocation();
        Ok(Ok(user))
    }

    async fn write_user(
        &self,
        transaction: &DatabaseTransaction,
        user: app_user::Model,
        (change, hash): (&UserChange, Option<String>),
    ) -> Result<app_user::Model, AccessError> {
        use app_user::{Column, Entity};
        let disabled_at = match change.disabled {
            None => user.disabled_at,
            Some(true) => user.disabled_at.or_else(|| Some(self.now())),
            Some(false) => None,
        };
        let changed = app_user::Model {
            password_hash: hash.unwrap_or(user.password_hash),
            role: change.role.map_or(user.role, |role| role.code().to_owned()),
            is_restricted: change.reach.as_ref().map_or(user.is_restricted, Reach::is_restricted),
            disabled_at,
            ..user
        };
        Entity::update_many()
            .col_expr(Column::PasswordHash, Expr::value(changed.password_hash.clone()))
            .col_expr(Column::Role, Expr::value(changed.role.clone()))
            .col_expr(Column::IsRestricted, Expr::value(changed.is_restricted))
            .col_expr(Column::DisabledAt, Expr::value(changed.disabled_at))
            .filter(Column::Id.eq(changed.id))
            .exec(transaction)
            .await?;
        Ok(changed)
    }
}

pub(super) async fn find(
    transaction: &DatabaseTransaction,
    folded: &str,
) -> Result<Option<app_user::Model>, sea_orm::DbErr> {
    app_user::Entity::find().filter(app_user::Column::FoldedName.eq(folded)).one(transaction).await
}

/// Those who may administer everything.
pub(super) async fn admins(transaction: &DatabaseTransaction) -> Result<u64, sea_orm::DbErr> {
    use app_user::{Column, Entity};
    let unrestricted = Entity::find().filter(Column::IsRestricted.eq(false)).filter(Column::DisabledAt.is_null());
    unrestricted.filter(Column::Role.eq(Role::Admin.code())).count(transaction).await
}
