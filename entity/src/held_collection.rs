//! The devices of a collection that waits for a person to apply or discard it.

use sea_orm::entity::prelude::*;

/// A row of `held_collection`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "held_collection")]
pub struct Model {
    /// Collection id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub collection_id: i64,
    /// The collection as JSON text.
    pub body: String,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
