//! Job batches and job runs: the record of what was ordered, how far it is and how it ended (rules section 12).
//!
//! Written by the one thing that runs jobs (`batches`), for timer, mutation and command line alike.

use chrono::{DateTime, Utc};
use entity::{job_batch, job_run};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait},
};

use super::{Inventory, InventoryError};

/// Job name of the cross-vendor checks.
pub const CHECKS_JOB: &str = "cross-vendor-checks";

/// Job name of counting month ends and dropping old days.
pub const RETENTION_JOB: &str = "retention";

/// The state of a batch or a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobStatus {
    /// Waits for its turn.
    Queued,
    /// At work.
    Running,
    /// Ended as it should.
    Completed,
    /// Something was missing: what was stored before stands.
    Partial,
    /// Complete, but so much smaller than the last that a person must decide.
    Held,
    /// Ended by a fault.
    Failed,
    /// Ended by a person.
    Cancelled,
    /// Not done, for a reason that is no fault.
    Skipped,
}

impl JobStatus {
    /// Every status.
    pub const ALL: [Self; 8] = [
        Self::Queued,
        Self::Running,
        Self::Completed,
        Self::Partial,
        Self::Held,
        Self::Failed,
        Self::Cancelled,
        Self::Skipped,
    ];

    /// The code that is stored.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Partial => "partial",
            Self::Held => "held",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Skipped => "skipped",
        }
    }

    /// The status of a stored code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }

    /// Whether nothing more will happen.
    pub const fn has_ended(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }

    /// How much attention an end deserves: a batch ends like its worst run.
    const fn weight(self) -> u8 {
        match self {
            Self::Completed => 0,
            Self::Skipped => 1,
            Self::Cancelled => 2,
            Self::Held => 3,
            Self::Partial => 4,
            Self::Failed => 5,
            Self::Queued | Self::Running => 6,
        }
    }
}

/// What gave an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trigger {
    /// The scheduler.
    Timer,
    /// A GraphQL mutation.
    Mutation,
    /// The command line.
    CommandLine,
}

impl Trigger {
    /// The code that is stored.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Timer => "timer",
            Self::Mutation => "mutation",
            Self::CommandLine => "command_line",
        }
    }
}

/// A job run after a change.
#[derive(Clone, Debug)]
pub struct RunUpdate {
    /// The batch it belongs to.
    pub batch_id: String,
    /// The run as it is now.
    pub run: job_run::Model,
}

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

    pub(crate) fn failed(error: &(dyn std::error::Error + 'static)) -> Self {
        let error = spell_out(error);
        Self { error: Some(error.clone()), ..Self::new(JobStatus::Failed, error) }
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
    pub(crate) async fn start_run(&self, run: &job_run::Model) -> Result<job_run::Model, InventoryError> {
        let now = self.now();
        let started = job_run::ActiveModel {
            status: Set(JobStatus::Running.code().to_owned()),
            started_at: Set(Some(now)),
            updated_at: Set(now),
            lease_expires_at: Set(self.expiry()),
            ..Default::default()
        };
        Ok(self.publish(change_open(self.database.writer(), run, started).await?))
    }

    /// Ends a run by itself: one that stored nothing.
    pub(crate) async fn end_run(&self, run: &job_run::Model, ending: Ending) -> Result<job_run::Model, InventoryError> {
        Ok(self.publish(self.close_run(self.database.writer(), run, ending).await?))
    }

    /// Ends a run as part of the transaction that stores what it did, so that rows and record agree whatever happens;
    /// to be published after the commit. A run that was taken for dead meanwhile is lost, and so is the transaction.
    pub(crate) async fn close_run(
        &self,
        connection: &impl ConnectionTrait,
        run: &job_run::Model,
        ending: Ending,
    ) -> Result<job_run::Model, InventoryError> {
        let now = self.now();
        let completed = ending.status == JobStatus::Completed;
        let closed = job_run::ActiveModel {
            status: Set(ending.status.code().to_owned()),
            message: Set(Some(ending.message)),
            error: Set(ending.error),
            pages_fetched: Set(ending.pages_fetched),
            rows_stored: Set(ending.rows_stored),
            collection_id: Set(ending.collection_id),
            progress_percent: if completed { Set(100) } else { sea_orm::ActiveValue::NotSet },
            updated_at: Set(now),
            ended_at: Set(Some(now)),
            duration_seconds: Set(Some(seconds(run.started_at.unwrap_or(now), now))),
            ..Default::default()
        };
        change_open(connection, run, closed).await
    }

    /// Ends a batch the way its worst run ended.
    pub(crate) async fn close_batch(
        &self,
        batch: &job_batch::Model,
        runs: &[job_run::Model],
    ) -> Result<job_batch::Model, InventoryError> {
        let now = self.now();
        let statuses = runs.iter().filter_map(|run| JobStatus::from_code(&run.status));
        let worst = statuses.max_by_key(|status| status.weight()).unwrap_or(JobStatus::Completed);
        let message = runs.iter().map(|run| format!("{}: {}", run.job_name, run.status)).collect::<Vec<_>>();
        let closed = job_batch::ActiveModel {
            batch_id: Set(batch.batch_id.clone()),
            status: Set(worst.code().to_owned()),
            progress_percent: Set(100),
            message: Set(Some(message.join(", "))),
            error: Set(runs.iter().find_map(|run| run.error.clone())),
            ended_at: Set(Some(now)),
            duration_seconds: Set(Some(seconds(batch.started_at.unwrap_or(now), now))),
            ..Default::default()
        };
        Ok(closed.update(self.database.writer()).await?)
    }

    /// Marks runs failed whose process has been silent for longer than its lease, and ends the batches whose runs have
    /// all ended.
    pub async fn fail_dead_runs(&self) -> Result<usize, InventoryError> {
        use job_run::{Column, Entity};
        let now = self.now();
        let silent = Column::EndedAt.is_null().and(Column::LeaseExpiresAt.lt(now));
        let dead = Entity::find().filter(silent.clone()).all(self.database.reader()).await?;
        if dead.is_empty() {
            self.close_orphans().await?;
            return Ok(0);
        }
        // Retention works in steps, and a step that is done stays done.
        let error = Expr::case(
            Column::JobName.eq(RETENTION_JOB),
            "its process ended without a word; the next retention finishes what it began",
        )
        .finally("its process ended without a word; nothing of it was stored");
        let failed = Entity::update_many()
            .col_expr(Column::Status, Expr::value(JobStatus::Failed.code()))
            .col_expr(Column::Error, error.clone().into())
            .col_expr(Column::Message, error.into())
            .col_expr(Column::UpdatedAt, Expr::value(now))
            .col_expr(Column::EndedAt, Expr::value(now))
            .filter(silent)
            .filter(Column::JobId.is_in(dead.iter().map(|run| run.job_id.as_str())))
            .exec(self.database.writer())
            .await?;
        self.close_orphans().await?;
        tracing::warn!(runs = failed.rows_affected, "runs of a dead process were marked failed");
        Ok(usize::try_from(failed.rows_affected).unwrap_or(usize::MAX))
    }

    /// Ends batches whose runs have all ended: those of dead processes. One whose own process is just about to end it is
    /// ended twice, alike.
    pub(super) async fn close_orphans(&self) -> Result<(), InventoryError> {
        let open = job_run::Entity::find()
            .select_only()
            .column(job_run::Column::BatchId)
            .filter(job_run::Column::EndedAt.is_null());
        let orphans = job_batch::Entity::find()
            .filter(job_batch::Column::EndedAt.is_null())
            .filter(job_batch::Column::BatchId.not_in_subquery(open.into_query()));
        for batch in orphans.all(self.database.reader()).await? {
            let of_batch = job_run::Column::BatchId.eq(batch.batch_id.as_str());
            let runs = job_run::Entity::find().filter(of_batch).all(self.database.reader()).await?;
            self.close_batch(&batch, &runs).await?;
        }
        Ok(())
    }

    /// Tells subscribers; nobody listening is no trouble.
    pub(crate) fn publish(&self, run: job_run::Model) -> job_run::Model {
        self.count_ended(&run);
        let _ = self.updates.send(RunUpdate { batch_id: run.batch_id.clone(), run: run.clone() });
        run
    }

    /// Extends the leases of a batch's open runs.
    pub(crate) async fn renew_runs(&self, batch_id: &str) -> Result<(), DbErr> {
        use job_run::{Column, Entity};
        Entity::update_many()
            .col_expr(Column::LeaseExpiresAt, Expr::value(self.expiry()))
            .filter(Column::BatchId.eq(batch_id))
            .filter(Column::EndedAt.is_null())
            .exec(self.database.writer())
            .await?;
        Ok(())
    }
}

/// Changes a run that has not ended.
async fn change_open(
    connection: &impl ConnectionTrait,
    run: &job_run::Model,
    change: job_run::ActiveModel,
) -> Result<job_run::Model, InventoryError> {
    let changed = job_run::Entity::update_many()
        .set(change)
        .filter(job_run::Column::JobId.eq(run.job_id.as_str()))
        .filter(job_run::Column::EndedAt.is_null())
        .exec_with_returning(connection)
        .await?;
    changed.into_iter().next().ok_or(InventoryError::RunLost)
}

fn seconds(from: DateTime<Utc>, to: DateTime<Utc>) -> i32 {
    i32::try_from((to - from).num_seconds()).unwrap_or(i32::MAX)
}
