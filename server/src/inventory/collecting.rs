//! One run of one collector: fetch everything, then write in one transaction, or write nothing (rules section 4).

use std::sync::Arc;

use domain::{
    collection::{Collection, Completeness},
    vendor::Vendor,
};
use entity::job_run;

use super::{
    Inventory, InventoryError,
    heartbeat::RunProgress,
    jobs::{Ending, JobStatus},
    storing::{Record, Span, count},
};

impl Inventory {
    /// Collects a vendor for a job run; every way it can end is an ending.
    pub(crate) async fn collect(&self, vendor: Vendor, run: &job_run::Model, progress: Arc<RunProgress>) -> Ending {
        match self.acquire_lease(vendor, &run.job_id).await {
            Err(error) => return Ending::failed(&error),
            Ok(false) => {
                return Ending::new(JobStatus::Skipped, format!("another collection of {vendor} is running"));
            }
            Ok(true) => {}
        }
        let ending = self.collect_leased(vendor, run, &progress).await.unwrap_or_else(|error| Ending::failed(&error));
        if let Err(error) = self.release_lease(vendor, &run.job_id).await {
            tracing::warn!(%vendor, %error, "the lease could not be given back; it will run out");
        }
        ending
    }

    async fn collect_leased(
        &self,
        vendor: Vendor,
        run: &job_run::Model,
        progress: &RunProgress,
    ) -> Result<Ending, InventoryError> {
        let collector = self.collector(vendor)?;
        let started_at = self.now();
        let collected = match collector.collect(progress).await {
            Ok(collected) => collected,
            Err(error) => return Ok(Ending::failed(&error)),
        };
        let span = Span { date: run.business_date, started_at, ended_at: self.now() };
        self.keep(&collected, &run.job_id, span).await
    }

    /// Stores, holds or only records what came back.
    async fn keep(&self, collected: &Collection, job_id: &str, span: Span) -> Result<Ending, InventoryError> {
        let transaction = self.database.begin_storing().await?;
        self.renew_lease(&transaction, collected.vendor, job_id).await?;
        let (status, reasons) = match &collected.completeness {
            Completeness::Partial { reasons } => (JobStatus::Partial, reasons.clone()),
            Completeness::Complete => match self.reason_to_hold(&transaction, collected).await? {
                Some(reason) => (JobStatus::Held, vec![reason]),
                None => (JobStatus::Completed, Vec::new()),
            },
        };
        let outcome = if status == JobStatus::Completed { "complete" } else { status.code() };
        let record = Record { outcome, reasons: &reasons, span };
        let collection_id = self.record_collection(&transaction, collected, &record).await?;
        let mut rows_stored = 0;
        match status {
            JobStatus::Completed => {
                self.store_day(&transaction, collected, collection_id, span).await?;
                self.relink_devices(&transaction).await?;
                rows_stored = count(collected.observations.len());
            }
            JobStatus::Held => self.keep_held(&transaction, collection_id, collected).await?,
            _ => {}
        }
        transaction.commit().await?;
        let ending = Ending::new(status, message(collected, &reasons));
        Ok(Ending { rows_stored, collection_id: Some(collection_id), ..ending })
    }
}

fn message(collected: &Collection, reasons: &[String]) -> String {
    let devices = collected.observations.len();
    let aside = collected.set_aside.len();
    let why = if reasons.is_empty() { String::new() } else { format!("; {}", reasons.join("; ")) };
    format!("{devices} devices, {aside} records set aside{why}")
}
