//! Client organizations, one per canonical name (rules section 6).

use sea_orm::entity::prelude::*;

/// A row of `organization`.
#[derive(Clone, Debug, Default, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "organization")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// As the reference vendor writes it; else as first written by another vendor or an alias.
    pub name: String,
    /// The key: see `domain::organization::canonical`.
    pub canonical_name: String,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
