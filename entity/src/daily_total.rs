//! A day's counts of a vendor without its organizations.

use sea_orm::entity::prelude::*;

/// A row of `daily_totals`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "daily_totals")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Snapshot date.
    pub snapshot_date: Date,
    /// Vendor id.
    pub vendor_id: i64,
    /// Device type id.
    pub device_type_id: Option<i64>,
    /// Billing status id.
    pub billing_status_id: Option<i64>,
    /// Why a spare device is spare.
    pub spare_reason: Option<String>,
    /// Cnt.
    pub cnt: i64,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
