//! A sign-in, until it is signed out of or expires: the family of its refresh tokens.

use sea_orm::entity::prelude::*;

/// A row of `session`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    /// Id, a UUID; access tokens carry it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The user.
    pub user_id: i64,
    /// Where the sign-in came from; `None` where that is not known.
    pub address: Option<String>,
    /// Created at.
    pub created_at: DateTimeUtc,
    /// When it ends, however often it is refreshed.
    pub expires_at: DateTimeUtc,
    /// When it was ended early; `None` while it was not.
    pub revoked_at: Option<DateTimeUtc>,
    /// Why it was ended early.
    pub revoked_for: Option<String>,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
