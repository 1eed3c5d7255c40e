//! One collector or check of an order.

use sea_orm::entity::prelude::*;

/// A row of `job_runs`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "job_runs")]
pub struct Model {
    /// Job id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub job_id: String,
    /// Batch id.
    pub batch_id: String,
    /// Job name.
    pub job_name: String,
    /// Status.
    pub status: String,
    /// `None` for checks.
    pub vendor_id: Option<i64>,
    /// The day it works on.
    pub business_date: Date,
    /// Collection id.
    pub collection_id: Option<i64>,
    /// Created at.
    pub created_at: DateTimeUtc,
    /// Started at.
    pub started_at: Option<DateTimeUtc>,
    /// Updated at.
    pub updated_at: DateTimeUtc,
    /// Ended at.
    pub ended_at: Option<DateTimeUtc>,
    /// A run that has not ended by then has lost its process.
    pub lease_expires_at: DateTimeUtc,
    /// Progress percent.
    pub progress_percent: i32,
    /// Pages fetched.
    pub pages_fetched: i64,
    /// Rows stored.
    pub rows_stored: i64,
    /// Message.
    pub message: Option<String>,
    /// Error.
    pub error: Option<String>,
    /// Duration seconds.
    pub duration_seconds: Option<i32>,
    /// The process that works on it, or that will, having ordered it for itself; `None` is anybody's.
    pub holder: Option<String>,
    /// How often it was taken, 0 while it waits. Whoever writes for it names the number it took: an older one is too late.
    pub attempt: i32,
    /// How many of these ended without a word.
    pub lost_attempts: i32,
    /// Whether it waits for others' work: while its vendor is being collected, or what came before is not done.
    pub patient: bool,
    /// When somebody wanted it stopped.
    pub cancel_requested_at: Option<DateTimeUtc>,
    /// Who.
    pub cancelled_by: Option<String>,
    /// When it should be done, by what runs of its name took.
    pub estimated_completion: Option<DateTimeUtc>,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
