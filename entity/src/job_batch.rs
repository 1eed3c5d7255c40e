//! One order to run collectors and checks.

use sea_orm::entity::prelude::*;

/// A row of `job_batches`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "job_batches")]
pub struct Model {
    /// Batch id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub batch_id: String,
    /// Created at.
    pub created_at: DateTimeUtc,
    /// Status.
    pub status: String,
    /// Priority.
    pub priority: String,
    /// timer, mutation or command_line.
    pub trigger: String,
    /// Requested by.
    pub requested_by: String,
    /// Started at.
    pub started_at: Option<DateTimeUtc>,
    /// Ended at.
    pub ended_at: Option<DateTimeUtc>,
    /// Progress percent.
    pub progress_percent: i32,
    /// Estimated completion.
    pub estimated_completion: Option<DateTimeUtc>,
    /// Message.
    pub message: Option<String>,
    /// Error.
    pub error: Option<String>,
    /// Duration seconds.
    pub duration_seconds: Option<i32>,
    /// The batch whose unfinished work this one does again.
    pub retry_of: Option<String>,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
