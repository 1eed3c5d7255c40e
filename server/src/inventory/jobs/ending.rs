//! How a run ends: in one transaction with what it did, and only by the attempt that still has it.

use chrono::{DateTime, Utc};
use entity::{job_run, vendor_lease};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
};

use super::{JobStatus, vendor_lease::token};
use crate::inventory::{Inventory, InventoryError};

/// How a run ended.
#[derive(Clone, Debug)]
pub(crate) struct Ending {
    pub(crate) status: JobStatus,
    pub(crate) message: String,
    pub(crate) error: Option<String>,
    pub(crate) pages_fetched: i64,
    pub(crate) rows_stored: i64,
    pub(crate) collection_id: Option<i64>,
}

impl Ending {
    pub(crate) fn new(status: JobStatus, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), error: None, pages_fetched: 0, rows_stored: 0, collection_id: None }
    }

    /// Failed, with the sentence as message and error.
    pub(crate) fn fault(error: impl Into<String>) -> Self {
        let error = error.into();
        Self { error: Some(error.clone()), ..Self::new(JobStatus::Failed, error) }
    }

    pub(crate) fn failed(error: &(dyn std::error::Error + 'static)) -> Self {
        Self::fault(spell_out(error))
    }
}

/// An error with its sources, one line.
pub(crate) fn spell_out(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

impl Inventory {
    /// Ends a run by itself: one that stored nothing.
    pub(crate) async fn end_run(&self, run: &job_run::Model, ending: Ending) -> Result<job_run::Model, InventoryError> {
        let transaction = self.database.begin().await?;
        let ended = self.close_run(&transaction, run, ending).await?;
        transaction.commit().await?;
        Ok(self.publish(ended))
    }

    /// Ends a run as part of the transaction that stores what it did, so that rows and record agree whatever happens;
    /// to be published after the commit. A run that was taken over meanwhile is lost, and so is the transaction.
    pub(crate) async fn close_run(
        &self,
        connection: &impl ConnectionTrait,
        run: &job_run::Model,
        ending: Ending,
    ) -> Result<job_run::Model, InventoryError> {
        let (now, status) = (self.now(), ending.status);
        let closed = job_run::ActiveModel {
            status: Set(status.code().to_owned()),
            message: Set(Some(ending.message)),
            error: Set(ending.error),
            pages_fetched: Set(ending.pages_fetched),
            rows_stored: Set(ending.rows_stored),
            collection_id: Set(ending.collection_id),
            progress_percent: if status == JobStatus::Completed { Set(100) } else { NotSet },
            updated_at: Set(now),
            ended_at: Set(Some(now)),
            duration_seconds: Set(Some(seconds(run.started_at.unwrap_or(now), now))),
            ..Default::default()
        };
        let ended = change_open(connection, run, closed).await?;
        self.close_attempt(connection, run, status.code()).await?;
        free_vendor(connection, run).await?;
        Ok(ended)
    }

    /// Gives a run back unfinished, for anybody to take at once. `was_lost` counts it among the attempts that failed it.
    pub(crate) async fn hand_back_run(&self, run: &job_run::Model, was_lost: bool) -> Result<(), InventoryError> {
        let now = self.now();
        let waiting = job_run::ActiveModel {
            status: Set(JobStatus::Queued.code().to_owned()),
            holder: Set(None),
            lost_attempts: Set(run.lost_attempts + i32::from(was_lost)),
            progress_percent: Set(0),
            pages_fetched: Set(0),
            message: Set(None),
            lease_expires_at: Set(now),
            updated_at: Set(now),
            estimated_completion: Set(None),
            ..Default::default()
        };
        let transaction = self.database.begin().await?;
        let waiting = change_open(&transaction, run, waiting).await?;
        self.close_attempt(&transaction, run, if was_lost { "lost" } else { "handed_back" }).await?;
        free_vendor(&transaction, run).await?;
        transaction.commit().await?;
        self.publish(waiting);
        Ok(())
    }
}

/// Changes a run that has not ended, and that nobody took since.
pub(super) async fn change_open(
    connection: &impl ConnectionTrait,
    run: &job_run::Model,
    change: job_run::ActiveModel,
) -> Result<job_run::Model, InventoryError> {
    let changed = job_run::Entity::update_many()
        .set(change)
        .filter(job_run::Column::JobId.eq(run.job_id.as_str()))
        .filter(job_run::Column::Attempt.eq(run.attempt))
        .filter(job_run::Column::EndedAt.is_null())
        .exec_with_returning(connection)
        .await?;
    changed.into_iter().next().ok_or(InventoryError::RunLost)
}

/// Lets others collect the run's vendor.
async fn free_vendor(connection: &impl ConnectionTrait, run: &job_run::Model) -> Result<(), InventoryError> {
    let Some(vendor_id) = run.vendor_id else { return Ok(()) };
    vendor_lease::Entity::delete_many()
        .filter(vendor_lease::Column::VendorId.eq(vendor_id))
        .filter(vendor_lease::Column::Holder.eq(token(run)))
        .exec(connection)
        .await?;
    Ok(())
}

pub(super) fn seconds(from: DateTime<Utc>, to: DateTime<Utc>) -> i32 {
    i32::try_from((to - from).num_seconds()).unwrap_or(i32::MAX)
}
