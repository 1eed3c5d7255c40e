//! A refresh token of a session, used or not.

use sea_orm::entity::prelude::*;

/// A row of `refresh_token`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "refresh_token")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The session.
    pub session_id: String,
    /// SHA-256 of the token, in hexadecimal.
    pub token_hash: String,
    /// Created at.
    pub created_at: DateTimeUtc,
    /// When it was used; using it once more ends the session.
    pub rotated_at: Option<DateTimeUtc>,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
