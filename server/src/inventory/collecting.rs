//! One run of one collector: fetch everything, then write in one transaction, or write nothing (rules section 4).

use domain::{
    collection::{Collection, Completeness},
    vendor::Vendor,
};
use entity::job_run;

use super::{
    Inventory, InventoryError,
    jobs::{Claimed, Ending, JobStatus},
    storing::{Record, Span, count},
};

impl Inventory {
    /// Collects a vendor for a job run and ends the run, in one of all its ways but failure.
    #[tracing::instrument(name = "collection", skip_all, fields(vendor = claimed.vendor.map(Vendor::slug), job_id = claimed.run.job_id))]
    pub(crate) async fn collect(&self, claimed: &Claimed) -> Result<job_run::Model, InventoryError> {
        let vendor =
            claimed.vendor.ok_or_else(|| InventoryError::Corrupt(format!("vendor of {}", claimed.run.job_id)))?;
        let collector = self.collector(vendor)?;
        let started_at = self.now();
        let collected = collector.collect(&*claimed.progress).await.map_err(InventoryError::Collect)?;
        let span = Span { date: claimed.run.business_date, started_at, ended_at: self.now() };
        let ended = self.keep(&collected, &claimed.run, span, claimed.progress.pages_fetched()).await?;
        tracing::info!(%vendor, status = ended.status, message = ended.message, "a collection ended");
        Ok(ended)
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
        self.renew_vendor(&*transaction, collected.vendor, run).await?;
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
