//! A vendor's day that is stored and complete.

use sea_orm::entity::prelude::*;

/// A row of `snapshot_day`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "snapshot_day")]
pub struct Model {
    /// Snapshot date.
    #[sea_orm(primary_key, auto_increment = false)]
    pub snapshot_date: Date,
    /// Vendor id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub vendor_id: i64,
    /// Collection id.
    pub collection_id: i64,
    /// Device count.
    pub device_count: i64,
    /// When the collection began: later changes at the vendor are not in it.
    pub collected_at: DateTimeUtc,
    /// When its snapshots were dropped; `None` while they are kept.
    pub dropped_at: Option<DateTimeUtc>,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
