//! When a vendor may be asked for a device again.

use sea_orm::entity::prelude::*;

/// A row of `sync_turn`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sync_turn")]
pub struct Model {
    /// The vendor.
    #[sea_orm(primary_key, auto_increment = false)]
    pub vendor_id: i64,
    /// What is asked for: a key or a canonical host name.
    #[sea_orm(primary_key, auto_increment = false)]
    pub asked: String,
    /// The next request may be made then.
    pub free_at: DateTimeUtc,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
