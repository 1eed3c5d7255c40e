//! What changed the lines of a closed month, as it was when the month was closed.

use sea_orm::entity::prelude::*;

/// A row of `closed_month_change`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "closed_month_change")]
pub struct Model {
    /// The month, `YYYY-MM`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub month: String,
    /// Its place in the report, from 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i64,
    /// The stored day that showed it first.
    pub day: Date,
    /// Device identity id.
    pub device_identity_id: i64,
    /// Ninja's own id of the device.
    pub vendor_device_key: String,
    /// The host name on that day; on the day before for a device that left.
    pub hostname: String,
    /// Whose line; `None` for the devices in no organization.
    pub organization_id: Option<i64>,
    /// The organization's name as billed.
    pub organization_name: Option<String>,
    /// Why, by the code of `domain::billing_report::ChangeKind`.
    pub kind: String,
    /// Endpoints more: 1, 0 or -1.
    pub endpoints: i64,
    /// Seats more: 1, 0 or -1.
    pub seats: i64,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
