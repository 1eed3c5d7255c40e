//! One organization's line of a closed month.

use sea_orm::entity::prelude::*;

/// A row of `closed_month_line`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "closed_month_line")]
pub struct Model {
    /// The month, `YYYY-MM`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub month: String,
    /// Its place in the report, from 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i64,
    /// The organization; `None` for the devices in none.
    pub organization_id: Option<i64>,
    /// Its name as billed.
    pub name: Option<String>,
    /// Endpoints on the day that was billed by.
    pub endpoints: i64,
    /// Seats on that day.
    pub seats: i64,
    /// Endpoints before the month.
    pub start_endpoints: i64,
    /// Seats before the month.
    pub start_seats: i64,
    /// The most endpoints on one day.
    pub highest_endpoints: i64,
    /// The most seats on one day.
    pub highest_seats: i64,
    /// Endpoints that came.
    pub added_endpoints: i64,
    /// Seats that came.
    pub added_seats: i64,
    /// Endpoints that went.
    pub removed_endpoints: i64,
    /// Seats that went.
    pub removed_seats: i64,
    /// The average of the endpoints, times 100.
    pub average_endpoints_hundredths: i64,
    /// The average of the seats, times 100.
    pub average_seats_hundredths: i64,
    /// ThreatLocker's devices; `None` when it had no day in the month.
    pub threatlocker_devices: Option<i64>,
    /// Endpoints that are neither server nor workstation.
    pub other_endpoints: i64,
    /// Open exceptions by type: a list of `{ type, count, effect }`.
    #[sea_orm(column_type = "JsonBinary")]
    pub exceptions: Json,
    /// What of the difference to ThreatLocker no exception explained.
    pub unexplained: Option<i64>,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
