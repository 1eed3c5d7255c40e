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
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
