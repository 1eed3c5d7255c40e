//! A scheduled slot that was taken, by one server only, or passed over.

use sea_orm::entity::prelude::*;

/// A row of `schedule_slot`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "schedule_slot")]
pub struct Model {
    /// Schedule.
    #[sea_orm(primary_key, auto_increment = false)]
    pub schedule: String,
    /// Slot at.
    #[sea_orm(primary_key, auto_increment = false)]
    pub slot_at: DateTimeUtc,
    /// When it was taken or passed over.
    pub claimed_at: DateTimeUtc,
    /// `None` for a slot that was passed over, and for the one that marks when the schedule began.
    pub batch_id: Option<String>,
    /// Why nobody took it; `None` for a slot that was taken, and for the one that marks when the schedule began.
    pub passed_over: Option<String>,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
