//! The day that stands for the end of a vendor's month: the proof that the month was counted.

use sea_orm::entity::prelude::*;

/// A row of `month_end_day`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "month_end_day")]
pub struct Model {
    /// Vendor id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub vendor_id: i64,
    /// The calendar month's last day.
    #[sea_orm(primary_key, auto_increment = false)]
    pub month_end_date: Date,
    /// The last complete day of the month, which was counted.
    pub counted_date: Date,
    /// How many devices that day has.
    pub device_count: i64,
    /// When it was counted.
    pub counted_at: DateTimeUtc,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
