//! One run of one collector: fetch everything, then write in one transaction, or write nothing (rules section 4).

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
    /// Collects a vendor for a job run and ends the run, in one of all its ways.
    #[tracing::instrument(name = "collection", skip_all, fields(vendor = vendor.slug(), job_id = run.job_id))]
    pub(crate) async fn collect(
        &self,
        vendor: Vendor,
        run: &job_run::Model,
        progress: &RunProgress,
    ) -> Result<job_run::Model, InventoryError> {
        if !self.acquire_lease(vendor, &run.job_id).await? {
            let busy = format!("another collection of {vendor} is running");
            return self.end_run(run, Ending::new(JobStatus::Skipped, busy)).await;
        }
        let ended = match self.collect_leased(vendor, run, progress).await {
            Err(InventoryError::RunLost) => Err(InventoryError::RunLost),
            Err(error) => {
                let ending = Ending { pages_fetched: progress.pages_fetched(), ..Ending::failed(&error) };
                self.end_run(run, ending).await
            }
            ended => ended,
        };
        if let Err(error) = self.release_lease(vendor, &run.job_id).await {
            tracing::warn!(%vendor, %error, "the lease could not be given back; it will run out");
        }
        ended
    }

    async fn collect_leased(
        &self,
        vendor: Vendor,
        run: &job_run::Model,
        progress: &RunProgress,
    ) -> Result<job_run::Model, InventoryError> {
        let collector = self.collector(vendor)?;
        let started_at = self.now();
        let collected = collector.collect(progress).await.map_err(InventoryError::Collect)?;
        let span = Span { date: run.business_date, started_at, ended_at: self.now() };
        self.keep(&collected, run, span, progress.pages_fetched()).await
    }

    /// Stores, holds or only records what came back, and ends the run, in one transaction.
    async fn keep(
        &self,
        collected: &Collection,
        run: &job_run::Model,
        span: Span,
        pages_fetched: i64,
    ) -> Result<job_run::Model, InventoryError> {
        let transaction = self.database.begin_storing().await?;
        self.renew_lease(&*transaction, collected.vendor, &run.job_id).await?;
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
        let ending = Ending::new(status, message(collected, &reasons));
        let ending = Ending { rows_stored, pages_fetched, collection_id: Some(collection_id), ..ending };
        let ended = self.close_run(&*transaction, run, ending).await?;
        transaction.commit().await?;
        Ok(self.publish(ended))
    }
}

fn message(collected: &Collection, reasons: &[String]) -> String {
    let devices = collected.observations.len();
    let aside = collected.set_aside.len();
    let why = if reasons.is_empty() { String::new() } else { format!("; {}", reasons.join("; ")) };
    format!("{devices} devices, {aside} records set aside{why}")
}
