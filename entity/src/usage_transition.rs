//! How one identity was on the vendor's stored day before, and how it is on this one: what changed from day to day, kept
//! for ever. Nothing is written of what did not change.

use sea_orm::entity::prelude::*;

/// A row of `usage_transition`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "usage_transition")]
pub struct Model {
    /// Vendor id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub vendor_id: i64,
    /// The stored day that shows the change.
    #[sea_orm(primary_key, auto_increment = false)]
    pub snapshot_date: Date,
    /// Device identity id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub device_identity_id: i64,
    /// Host name on this day, or on the day before if it is gone.
    pub hostname: String,
    /// Whether the stored day before has it.
    pub was_there: bool,
    /// Whether this day has it.
    pub is_there: bool,
    /// Site id on the day before.
    pub from_site_id: Option<i64>,
    /// Site id on this day.
    pub to_site_id: Option<i64>,
    /// Device type id on the day before.
    pub from_device_type_id: Option<i64>,
    /// Device type id on this day.
    pub to_device_type_id: Option<i64>,
    /// Billing status id on the day before.
    pub from_billing_status_id: Option<i64>,
    /// Billing status id on this day.
    pub to_billing_status_id: Option<i64>,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
