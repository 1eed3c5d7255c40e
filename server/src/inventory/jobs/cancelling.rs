//! Stopping what a person does not want any more: what waits ends at once, what is at work is stopped by its own process,
//! and what a dead process left is not taken up again.

use entity::job_run;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, EntityTrait, QueryFilter,
};

use super::{Ending, JobStatus, at_work::Stopped};
use crate::inventory::{Inventory, InventoryError};

/// A batch with all its runs, or one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobSelection {
    /// All that is open of a batch.
    Batch(String),
    /// One run.
    Run(String),
}

/// What came of cancelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancelling {
    /// What waited has ended; what is at work will within seconds, or once the lease of a dead process has
    /// run out.
    Asked,
    /// There was nothing left to stop.
    AlreadyEnded,
    /// There is no such batch or run.
    NotFound,
}

impl JobSelection {
    pub(super) fn runs(&self) -> Condition {
        let named = match self {
            Self::Batch(id) => job_run::Column::BatchId.eq(id.as_str()),
            Self::Run(id) => job_run::Column::JobId.eq(id.as_str()),
        };
        Condition::all().add(named)
    }
}

impl Inventory {
    /// Stops what is selected, wherever it is at work. What was stored before stays; nothing is left half-written. A run
    /// that is about to commit may still complete, and says so.
    pub async fn cancel_jobs(&self, selected: &JobSelection, who: &str) -> Result<Cancelling, InventoryError> {
        let open = self.mark_cancelled(selected, who).await?;
        if open.is_empty() {
            let known = job_run::Entity::find().filter(selected.runs()).one(self.database.writer()).await?;
            return Ok(known.map_or(Cancelling::NotFound, |_| Cancelling::AlreadyEnded));
        }
        for run in open {
            let run = self.publish(run);
            if run.status == JobStatus::Queued.code() {
                self.end_unclaimed(&run, cancelled(&run)).await?;
            } else {
                self.at_work.stop(&run.job_id, Stopped::Cancelled);
            }
        }
        self.at_work.ring();
        Ok(Cancelling::Asked)
    }

    /// Says on the rows that they are unwanted. The first who wanted it is kept.
    async fn mark_cancelled(&self, selected: &JobSelection, who: &str) -> Result<Vec<job_run::Model>, InventoryError> {
        use job_run::{Column, Entity};
        let marked = job_run::ActiveModel {
            cancel_requested_at: Set(Some(self.now())),
            cancelled_by: Set(Some(who.to_owned())),
            updated_at: Set(self.now()),
            estimated_completion: NotSet,
            ..Default::default()
        };
        let open = selected.runs().add(Column::EndedAt.is_null());
        let new = Entity::update_many().set(marked).filter(open.clone()).filter(Column::CancelRequestedAt.is_null());
        new.exec(self.database.writer()).await?;
        Ok(Entity::find().filter(open).all(self.database.writer()).await?)
    }

    /// The end of a run that a person stopped while it was at work.
    pub(super) async fn cancelled_at_work(&self, run: &job_run::Model) -> Result<Ending, InventoryError> {
        let now = job_run::Entity::find_by_id(run.job_id.as_str()).one(self.database.writer()).await?;
        Ok(cancelled(now.as_ref().unwrap_or(run)))
    }
}

/// The end of a run that a person stopped.
pub(super) fn cancelled(run: &job_run::Model) -> Ending {
    let who = run.cancelled_by.as_deref().unwrap_or("a person");
    let when = if run.started_at.is_some() { "" } else { " before it began" };
    Ending::new(JobStatus::Cancelled, format!("cancelled by {who}{when}"))
}
