//! The same of each month's last complete day.

use sea_orm::entity::prelude::*;

/// A row of `month_end_counts`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "month_end_counts")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Month end date.
    pub month_end_date: Date,
    /// The last complete day of the month, which was counted; `None` in rows of the predecessor.
    pub counted_date: Option<Date>,
    /// Vendor id.
    pub vendor_id: i64,
    /// Site id.
    pub site_id: Option<i64>,
    /// Device type id.
    pub device_type_id: Option<i64>,
    /// Billing status id.
    pub billing_status_id: Option<i64>,
    /// Name of the location inside the site.
    pub location_name: Option<String>,
    /// Why a spare device is spare.
    pub spare_reason: Option<String>,
    /// Cnt.
    pub cnt: i64,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
