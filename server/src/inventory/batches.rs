//! Orders: collectors side by side, then what depends on them.

use std::sync::Arc;

use chrono::NaiveDate;
use domain::vendor::Vendor;
use entity::{job_batch, job_run};
use futures::future::join_all;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::{
    Inventory, InventoryError,
    bulk,
    checking::CheckReport,
    heartbeat::{Beating, RunProgress},
    jobs::{CHECKS_JOB, Ending, JobStatus, Trigger},
    slots::Slot,
};

/// An order to run collectors, checks or both.
#[derive(Clone, Debug)]
pub struct Order {
    /// The vendors to collect; none runs the checks alone.
    pub vendors: Vec<Vendor>,
    /// Whether to run the checks afterwards.
    pub run_checks: bool,
    /// The day to check, when it is not today; collections are always of today.
    pub check_date: Option<NaiveDate>,
    /// What gave the order.
    pub trigger: Trigger,
    /// The principal behind it.
    pub requested_by: String,
    /// The scheduled slots that this order takes; each can be taken once, by one server.
    pub slots: Vec<Slot>,
}

/// A batch that was asked for.
#[derive(Clone, Debug)]
pub struct StartedBatch {
    /// The batch.
    pub batch: job_batch::Model,
    /// It was at work already: nothing new was started.
    pub already_running: bool,
}

/// A batch that has ended.
#[derive(Clone, Debug)]
pub struct BatchReport {
    /// The batch.
    pub batch: job_batch::Model,
    /// Its runs, in the order of the job.
    pub runs: Vec<job_run::Model>,
    /// What the checks found, where they ran.
    pub checks: Option<CheckReport>,
}

impl Inventory {
    /// Starts a batch for scheduled slots; `None` when one of them is taken.
    pub async fn start_scheduled(&self, order: Order) -> Result<Option<job_batch::Model>, InventoryError> {
        let Some((batch, runs)) = self.open_batch(&order).await? else { return Ok(None) };
        self.work_in_background(batch.clone(), runs);
        Ok(Some(batch))
    }

    /// Starts a batch and returns at once. While a batch that collects these vendors is at work, returns that one.
    pub async fn start_batch(&self, order: Order) -> Result<StartedBatch, InventoryError> {
        self.fail_dead_runs().await?;
        if let Some(batch) = self.find_running(&order).await? {
            return Ok(StartedBatch { batch, already_running: true });
        }
        let (batch, runs) = self.open_batch(&order).await?.ok_or_else(slot_taken)?;
        self.work_in_background(batch.clone(), runs);
        Ok(StartedBatch { batch, already_running: false })
    }

    /// Runs a batch to its end.
    pub async fn run_batch(&self, order: Order) -> Result<BatchReport, InventoryError> {
        self.fail_dead_runs().await?;
        let (batch, runs) = self.open_batch(&order).await?.ok_or_else(slot_taken)?;
        self.work(batch, runs).await
    }

    fn work_in_background(&self, batch: job_batch::Model, runs: Vec<job_run::Model>) {
        let hub = self.clone();
        self.tasks.spawn(async move {
            let batch_id = batch.batch_id.clone();
            if let Err(error) = hub.work(batch, runs).await {
                tracing::error!(batch_id, error = %super::jobs::spell_out(&error), "a batch could not be recorded");
            }
        });
    }

    /// A batch at work whose open runs are for all of these vendors.
    async fn find_running(&self, order: &Order) -> Result<Option<job_batch::Model>, InventoryError> {
        use job_run::{Column, Entity};
        let reader = self.database.reader();
        let mut open = Entity::find().filter(Column::EndedAt.is_null());
        open = match order.vendors.first() {
            Some(vendor) => open.filter(Column::VendorId.eq(self.reference.vendor_id(*vendor))),
            None => open.filter(Column::JobName.eq(CHECKS_JOB)),
        };
        let Some(run) = open.order_by_asc(Column::CreatedAt).one(reader).await? else { return Ok(None) };
        let runs = Entity::find().filter(Column::BatchId.eq(run.batch_id.as_str())).all(reader).await?;
        let wanted = order.vendors.iter().map(|vendor| self.reference.vendor_id(*vendor));
        let covered = wanted.into_iter().all(|id| runs.iter().any(|run| run.vendor_id == Some(id)));
        let checks = !order.run_checks || runs.iter().any(|run| run.job_name == CHECKS_JOB);
        if covered && checks { Ok(job_batch::Entity::find_by_id(run.batch_id).one(reader).await?) } else { Ok(None) }
    }

    async fn open_batch(
        &self,
        order: &Order,
    ) -> Result<Option<(job_batch::Model, Vec<job_run::Model>)>, InventoryError> {
        let transaction = self.database.begin().await?;
        let batch = job_batch::ActiveModel {
            batch_id: Set(format!("bc_{}", Uuid::new_v4().simple())),
            created_at: Set(self.now()),
            status: Set(JobStatus::Running.code().to_owned()),
            priority: Set("normal".to_owned()),
            trigger: Set(order.trigger.code().to_owned()),
            requested_by: Set(order.requested_by.clone()),
            started_at: Set(Some(self.now())),
            progress_percent: Set(0),
            ..Default::default()
        };
        let batch = batch.insert(&transaction).await?;
        if !self.claim_slots(&transaction, &order.slots, &batch.batch_id).await? {
            return Ok(None);
        }
        let collections = order.vendors.iter().map(|vendor| {
            let row = self.queued(&batch, format!("{}-collector", vendor.slug()), self.today());
            job_run::ActiveModel { vendor_id: Set(Some(self.reference.vendor_id(*vendor))), ..row }
        });
        let check_date = order.check_date.unwrap_or_else(|| self.today());
        let checks = order.run_checks.then(|| self.queued(&batch, CHECKS_JOB.to_owned(), check_date));
        bulk::insert(&transaction, collections.chain(checks).collect(), None).await?;
        transaction.commit().await?;
        let runs = self.list_runs(&batch.batch_id).await?;
        Ok(Some((batch, runs)))
    }

    fn queued(&self, batch: &job_batch::Model, job_name: String, date: NaiveDate) -> job_run::ActiveModel {
        job_run::ActiveModel {
            job_id: Set(format!("job_{}", Uuid::new_v4().simple())),
            batch_id: Set(batch.batch_id.clone()),
            job_name: Set(job_name),
            status: Set(JobStatus::Queued.code().to_owned()),
            vendor_id: Set(None),
            business_date: Set(date),
            collection_id: Set(None),
            created_at: Set(batch.created_at),
            started_at: Set(None),
            updated_at: Set(batch.created_at),
            ended_at: Set(None),
            lease_expires_at: Set(self.expiry()),
            progress_percent: Set(0),
            pages_fetched: Set(0),
            rows_stored: Set(0),
            message: Set(None),
            error: Set(None),
            duration_seconds: Set(None),
        }
    }

    async fn list_runs(&self, batch_id: &str) -> Result<Vec<job_run::Model>, InventoryError> {
        use job_run::{Column, Entity};
        let of_batch = Entity::find().filter(Column::BatchId.eq(batch_id)).order_by_asc(Column::JobName);
        Ok(of_batch.all(self.database.writer()).await?)
    }

    async fn work(&self, batch: job_batch::Model, runs: Vec<job_run::Model>) -> Result<BatchReport, InventoryError> {
        let beating = runs.iter().map(|run| self.beating(run)).collect::<Vec<_>>();
        let heartbeat = self.start_heartbeat(batch.batch_id.clone(), beating.clone());
        let (collections, checks): (Vec<_>, Vec<_>) = beating.into_iter().partition(|run| run.vendor.is_some());
        let collected = join_all(collections.into_iter().map(|run| self.run_collection(run))).await;
        collected.into_iter().collect::<Result<Vec<_>, _>>()?;
        let mut report = None;
        for run in checks {
            report = self.run_check_job(run.run).await?;
        }
        drop(heartbeat);
        let runs = self.list_runs(&batch.batch_id).await?;
        let batch = self.close_batch(&batch, &runs).await?;
        Ok(BatchReport { batch, runs, checks: report })
    }

    fn beating(&self, run: &job_run::Model) -> Beating {
        let vendor = run.vendor_id.and_then(|id| self.reference.vendor(id));
        Beating { run: run.clone(), vendor, progress: Arc::new(RunProgress::default()) }
    }

    async fn run_collection(&self, beating: Beating) -> Result<(), InventoryError> {
        let Some(vendor) = beating.vendor else { return Ok(()) };
        let run = self.start_run(beating.run).await?;
        let ending = self.collect(vendor, &run, beating.progress).await;
        tracing::info!(%vendor, status = ending.status.code(), message = %ending.message, "a collection ended");
        self.close_run(&run, ending).await.map(drop)
    }

    async fn run_check_job(&self, run: job_run::Model) -> Result<Option<CheckReport>, InventoryError> {
        let run = self.start_run(run).await?;
        let outcome = self.run_checks(run.business_date).await;
        let ending = match &outcome {
            Ok(report) => check_ending(report),
            Err(error) => Ending::failed(error),
        };
        tracing::info!(status = ending.status.code(), message = %ending.message, "the checks ended");
        self.close_run(&run, ending).await?;
        Ok(outcome.ok())
    }
}

fn slot_taken() -> InventoryError {
    InventoryError::Corrupt("an order without slots found one taken".to_owned())
}

fn check_ending(report: &CheckReport) -> Ending {
    let found: usize = report.ran.iter().map(|check| check.found).sum();
    let opened: usize = report.ran.iter().map(|check| check.opened + check.reopened).sum();
    let verified: usize = report.ran.iter().map(|check| check.verified).sum();
    let mut message = format!("{found} findings on {}, {opened} opened, {verified} verified", report.date);
    for skipped in &report.skipped {
        message.push_str(&format!("; {} skipped: {}", skipped.exception_type, skipped.reason));
    }
    let status = match (report.applied, report.ran.is_empty(), report.skipped.is_empty()) {
        (_, true, false) => JobStatus::Skipped,
        (false, ..) => {
            message.push_str("; an older day: nothing was changed");
            JobStatus::Skipped
        }
        (_, _, false) => JobStatus::Partial,
        _ => JobStatus::Completed,
    };
    Ending::new(status, message)
}
