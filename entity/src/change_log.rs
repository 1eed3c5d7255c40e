//! Totals per day and vendor and what changed them.

use sea_orm::entity::prelude::*;

/// A row of `change_log`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "change_log")]
pub struct Model {
    /// Change date.
    #[sea_orm(primary_key, auto_increment = false)]
    pub change_date: Date,
    /// Vendor id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub vendor_id: i64,
    /// Metric.
    #[sea_orm(primary_key, auto_increment = false)]
    pub metric: String,
    /// Prev value.
    pub prev_value: Option<i64>,
    /// New value.
    pub new_value: Option<i64>,
    /// Delta.
    pub delta: Option<i64>,
    /// Details.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub details: Option<Json>,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
