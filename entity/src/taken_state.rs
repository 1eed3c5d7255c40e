//! An answer of an OIDC issuer that was taken, so that it is taken once.

use sea_orm::entity::prelude::*;

/// A row of `taken_state`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "taken_state")]
pub struct Model {
    /// SHA-256 of the state that the sign-in was begun with.
    #[sea_orm(primary_key, auto_increment = false)]
    pub state_hash: String,
    /// When the answer came.
    pub taken_at: DateTimeUtc,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
