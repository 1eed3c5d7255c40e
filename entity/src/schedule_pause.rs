//! A time in which nothing of a schedule is started by the clock.

use sea_orm::entity::prelude::*;

/// A row of `schedule_pause`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "schedule_pause")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Schedule.
    pub schedule: String,
    /// Paused at.
    pub paused_at: DateTimeUtc,
    /// Paused by.
    pub paused_by: String,
    /// Why; `None` when nobody said.
    pub reason: Option<String>,
    /// Resumed at; `None` while it lasts.
    pub resumed_at: Option<DateTimeUtc>,
    /// Resumed by.
    pub resumed_by: Option<String>,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
