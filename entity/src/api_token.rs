//! A token of a service.

use sea_orm::entity::prelude::*;

/// A row of `api_token`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "api_token")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The name as it was given.
    pub name: String,
    /// The name as it is compared; unique.
    pub folded_name: String,
    /// SHA-256 of the token, in hexadecimal.
    pub token_hash: String,
    /// The code of the role.
    pub role: String,
    /// Whether only the organizations of `api_token_organization` may be seen.
    pub is_restricted: bool,
    /// Created at.
    pub created_at: DateTimeUtc,
    /// Created by.
    pub created_by: String,
    /// When it ends.
    pub expires_at: DateTimeUtc,
    /// When it was used last, to the minute; `None` before.
    pub last_used_at: Option<DateTimeUtc>,
    /// When it was taken away; `None` while it was not.
    pub revoked_at: Option<DateTimeUtc>,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
