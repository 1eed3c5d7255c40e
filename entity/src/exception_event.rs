//! What happened to an exception.

use sea_orm::entity::prelude::*;

/// A row of `exception_event`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "exception_event")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Exception id.
    pub exception_id: i64,
    /// Happened at.
    pub happened_at: DateTimeUtc,
    /// The day of the business time zone to which it counts; unknown for old rows.
    pub happened_on: Option<Date>,
    /// The principal, or `checks`.
    pub actor: String,
    /// found, resolved, reopened, verified, assigned, unassigned, commented, snoozed, woken.
    pub kind: String,
    /// From which value to which.
    #[sea_orm(column_type = "JsonBinary")]
    pub detail: Json,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
