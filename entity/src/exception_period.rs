//! A time during which an exception was open.

use sea_orm::entity::prelude::*;

/// A row of `exception_period`. An exception has at most one that is not closed, and has it while it is open.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "exception_period")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Exception id.
    pub exception_id: i64,
    /// The day it was found, or found again.
    pub opened_on: Date,
    /// Opened at.
    pub opened_at: DateTimeUtc,
    /// The day it was resolved; the same day as `opened_on` at the earliest.
    pub closed_on: Option<Date>,
    /// Closed at.
    pub closed_at: Option<DateTimeUtc>,
    /// How it was resolved then.
    pub resolution: Option<String>,
    /// By whom.
    pub resolved_by: Option<String>,
    /// Accepted until.
    pub accepted_until: Option<Date>,
    /// The note of that resolution.
    pub note: Option<String>,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
