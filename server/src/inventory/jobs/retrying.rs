//! Doing again what did not complete: a new batch, linked to the old one, whose record stays as it is.

use domain::vendor::Vendor;
use entity::job_run;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{CHECKS_JOB, JobSelection, JobStatus};
use crate::inventory::{
    Inventory, InventoryError,
    batches::{Errand, StartedBatch},
};

/// What came of a retry.
#[derive(Clone, Debug)]
pub enum Retrying {
    /// The batch that does it again, or that was at work on it already.
    Started(Box<StartedBatch>),
    /// What is selected has not ended yet.
    NotEnded,
    /// All of it completed.
    NothingToRetry,
    /// This server has no credentials for a vendor that would be collected.
    NotConfigured(Vendor),
    /// There is no such batch or run.
    NotFound,
}

impl Inventory {
    /// Orders anew what is selected and did not complete. What depends on a collector that is collected again is done again
    /// with it, and so are the checks of today that have ended without today's collector. Collections are of today; checks
    /// that are retried alone are of the day that they were of.
    pub async fn retry_jobs(&self, selected: &JobSelection, who: &str) -> Result<Retrying, InventoryError> {
        use job_run::{Column, Entity};
        let runs = Entity::find().filter(selected.runs()).order_by_asc(Column::JobName);
        let runs = runs.all(self.database.writer()).await?;
        let Some(batch) = runs.first().map(|run| run.batch_id.clone()) else { return Ok(Retrying::NotFound) };
        if runs.iter().any(|run| run.ended_at.is_none()) {
            return Ok(Retrying::NotEnded);
        }
        let again = unfinished(&runs);
        if again.is_empty() {
            return Ok(Retrying::NothingToRetry);
        }
        let vendors = again.iter().filter_map(|run| self.reference.vendor(run.vendor_id?));
        if let Some(missing) = vendors.into_iter().find(|vendor| !self.is_configured(*vendor)) {
            return Ok(Retrying::NotConfigured(missing));
        }
        let mut errand = Errand { retry_of: Some(batch), ..self.errand_of(&again, who) };
        if self.were_checked_without(&again).await? {
            errand = errand.with_checks(self.today());
        }
        let started = self.start_errand(errand).await?;
        Ok(Retrying::Started(Box::new(started)))
    }

    /// Whether a collector of today is among these, and checks of today have ended, of whatever batch: those of the schedule
    /// are no part of their collectors' batches. Checks that are still to come find what is collected.
    async fn were_checked_without(&self, runs: &[&job_run::Model]) -> Result<bool, InventoryError> {
        use job_run::{Column, Entity};
        let today = self.today();
        if !runs.iter().any(|run| run.vendor_id.is_some() && run.business_date == today) {
            return Ok(false);
        }
        let ended = Entity::find().filter(Column::JobName.eq(CHECKS_JOB)).filter(Column::EndedAt.is_not_null());
        let ended = ended.filter(Column::BusinessDate.eq(today)).one(self.database.writer()).await?;
        Ok(ended.is_some())
    }
}

/// The runs to do again: those that did not complete, and the checks if a collector is among them.
fn unfinished(runs: &[job_run::Model]) -> Vec<&job_run::Model> {
    let failed = |run: &&job_run::Model| run.status != JobStatus::Completed.code();
    let collects = runs.iter().filter(failed).any(|run| run.vendor_id.is_some());
    runs.iter().filter(|run| failed(run) || (collects && run.job_name == CHECKS_JOB)).collect()
}
