//! The keys by which linking and the checks bring identities together: of those that are present, as
//! `domain::linking::keys` makes them.

use sea_orm::entity::prelude::*;

/// A row of `link_key`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "link_key")]
pub struct Model {
    /// The identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub identity_id: i64,
    /// The key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
