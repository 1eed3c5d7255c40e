//! A correction of an earlier closed month, billed with a later one.

use sea_orm::entity::prelude::*;

/// A row of `closed_month_adjustment`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "closed_month_adjustment")]
pub struct Model {
    /// The closed month with which it was billed, `YYYY-MM`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub month: String,
    /// Its place in the report, from 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i64,
    /// The closed month that it corrects.
    pub adjusted_month: String,
    /// The organization; `None` for the devices in none.
    pub organization_id: Option<i64>,
    /// Its name as billed.
    pub name: Option<String>,
    /// Endpoints more than billed; negative for fewer.
    pub endpoints: i64,
    /// Seats more than billed; negative for fewer.
    pub seats: i64,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
