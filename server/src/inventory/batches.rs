//! Orders: collectors side by side, then what depends on them.

use std::sync::Arc;

use chrono::NaiveDate;
use domain::vendor::Vendor;
use entity::{job_batch, job_run};
use futures::future::join_all;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    QueryOrder,
};
use uuid::Uuid;

use super::{
    Inventory, InventoryError, bulk,
    checking::CheckReport,
    heartbeat::{Beating, RunProgress},
    jobs::{CHECKS_JOB, Ending, JobStatus, RETENTION_JOB, Trigger, spell_out},
    retention::RetentionReport,
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
}

impl Order {
    /// An order of nothing, to which a retention is added.
    fn of_nothing(trigger: Trigger, requested_by: &str) -> Self {
        let requested_by = requested_by.to_owned();
        Self { vendors: Vec::new(), run_checks: false, check_date: None, trigger, requested_by }
    }
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
    /// What the retention did, where one ran.
    pub retention: Option<RetentionReport>,
}

impl Inventory {
    /// Starts a batch for scheduled slots; `None` when one of them is taken.
    pub async fn start_scheduled(
        &self,
        order: &Order,
        slots: &[Slot],
    ) -> Result<Option<job_batch::Model>, InventoryError> {
        let transaction = self.database.begin().await?;
        let (batch, runs) = self.open_batch(&transaction, order).await?;
        if !self.claim_slots(&transaction, slots, &batch.batch_id).await? {
            return Ok(None);
        }
        transaction.commit().await?;
        self.work_in_background(batch.clone(), runs);
        Ok(Some(batch))
    }

    /// Starts a retention for a scheduled slot; `None` when it is taken.
    pub async fn start_scheduled_retention(&self, slot: &Slot) -> Result<Option<job_batch::Model>, InventoryError> {
        let transaction = self.database.begin().await?;
        let batch = self.insert_batch(&transaction, &Order::of_nothing(Trigger::Timer, "schedule")).await?;
        let runs = self.insert_runs(&transaction, &batch, vec![self.queued_retention(&batch)]).await?;
        if !self.claim_slots(&transaction, std::slice::from_ref(slot), &batch.batch_id).await? {
            return Ok(None);
        }
        transaction.commit().await?;
        self.work_in_background(batch.clone(), runs);
        Ok(Some(batch))
    }

    /// Runs a retention to its end.
    pub async fn retain(&self, trigger: Trigger, requested_by: &str) -> Result<BatchReport, InventoryError> {
        self.fail_dead_runs().await?;
        let transaction = self.database.begin().await?;
        let batch = self.insert_batch(&transaction, &Order::of_nothing(trigger, requested_by)).await?;
        let runs = self.insert_runs(&transaction, &batch, vec![self.queued_retention(&batch)]).await?;
        transaction.commit().await?;
        self.work(batch, runs).await
    }

    /// Starts a batch and returns at once. While a batch that collects these vendors is at work, returns that one.
    pub async fn start_batch(&self, order: Order) -> Result<StartedBatch, InventoryError> {
        self.fail_dead_runs().await?;
        if let Some(batch) = self.find_running(&order).await? {
            return Ok(StartedBatch { batch, already_running: true });
        }
        let (batch, runs) = self.open_at_once(&order).await?;
        self.work_in_background(batch.clone(), runs);
        Ok(StartedBatch { batch, already_running: false })
    }

    /// Runs a batch to its end.
    pub async fn run_batch(&self, order: Order) -> Result<BatchReport, InventoryError> {
        self.fail_dead_runs().await?;
        let (batch, runs) = self.open_at_once(&order).await?;
        self.work(batch, runs).await
    }

    async fn open_at_once(&self, order: &Order) -> Result<Opened, InventoryError> {
        let transaction = self.database.begin().await?;
        let opened = self.open_batch(&transaction, order).await?;
        transaction.commit().await?;
        Ok(opened)
    }

    fn work_in_background(&self, batch: job_batch::Model, runs: Vec<job_run::Model>) {
        let hub = self.clone();
        self.tasks.spawn(async move {
            let batch_id = batch.batch_id.clone();
            let work = Box::pin(async { hub.work(batch, runs).await.map(drop) });
            hub.work_until_leaving(&batch_id, work).await;
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

    async fn open_batch(&self, transaction: &DatabaseTransaction, order: &Order) -> Result<Opened, InventoryError> {
        let batch = self.insert_batch(transaction, order).await?;
        let collections = order.vendors.iter().map(|vendor| {
            let row = self.queued(&batch, format!("{}-collector", vendor.slug()), self.today());
            job_run::ActiveModel { vendor_id: Set(Some(self.reference.vendor_id(*vendor))), ..row }
        });
        let check_date = order.check_date.unwrap_or_else(|| self.today());
        let checks = order.run_checks.then(|| self.queued(&batch, CHECKS_JOB.to_owned(), check_date));
        let runs = self.insert_runs(transaction, &batch, collections.chain(checks).collect()).await?;
        Ok((batch, runs))
    }

    async fn insert_batch(
        &self,
        transaction: &DatabaseTransaction,
        order: &Order,
    ) -> Result<job_batch::Model, InventoryError> {
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
        Ok(batch.insert(transaction).await?)
    }

    async fn insert_runs(
        &self,
        transaction: &DatabaseTransaction,
        batch: &job_batch::Model,
        runs: Vec<job_run::ActiveModel>,
    ) -> Result<Vec<job_run::Model>, InventoryError> {
        bulk::insert(transaction, runs, None).await?;
        list_runs(transaction, &batch.batch_id).await
    }

    fn queued_retention(&self, batch: &job_batch::Model) -> job_run::ActiveModel {
        self.queued(batch, RETENTION_JOB.to_owned(), self.today())
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

    async fn work(&self, batch: job_batch::Model, runs: Vec<job_run::Model>) -> Result<BatchReport, InventoryError> {
        let beating = runs.iter().map(|run| self.beating(run)).collect::<Vec<_>>();
        let heartbeat = self.start_heartbeat(batch.batch_id.clone(), beating.clone());
        let (collections, checks): (Vec<_>, Vec<_>) = beating.into_iter().partition(|run| run.vendor.is_some());
        let collected = join_all(collections.into_iter().map(|run| self.run_collection(run))).await;
        for error in collected.into_iter().filter_map(Result::err) {
            // Its run could not be ended as it should: others find it by its lease.
            tracing::error!(batch_id = batch.batch_id, error = %spell_out(&error), "a run could not be recorded");
        }
        let (mut report, mut retention) = (None, None);
        for run in checks {
            if run.run.job_name == RETENTION_JOB {
                retention = self.run_retention_job(run.run).await?;
            } else {
                report = self.run_check_job(run.run).await?;
            }
        }
        drop(heartbeat);
        let runs = list_runs(self.database.writer(), &batch.batch_id).await?;
        let batch = self.close_batch(&batch, &runs).await?;
        Ok(BatchReport { batch, runs, checks: report, retention })
    }

    fn beating(&self, run: &job_run::Model) -> Beating {
        let vendor = run.vendor_id.and_then(|id| self.reference.vendor(id));
        Beating { run: run.clone(), vendor, progress: Arc::new(RunProgress::default()) }
    }

    async fn run_collection(&self, beating: Beating) -> Result<(), InventoryError> {
        let Some(vendor) = beating.vendor else { return Ok(()) };
        let run = self.start_run(&beating.run).await?;
        let ended = self.collect(vendor, &run, &beating.progress).await?;
        tracing::info!(%vendor, status = ended.status, message = ended.message, "a collection ended");
        Ok(())
    }

    async fn run_check_job(&self, run: job_run::Model) -> Result<Option<CheckReport>, InventoryError> {
        let run = self.start_run(&run).await?;
        let (ended, report) = match self.run_checks(&run).await {
            Ok((ended, report)) => (ended, Some(report)),
            Err(error) => (self.end_run(&run, Ending::failed(&error)).await?, None),
        };
        tracing::info!(status = ended.status, message = ended.message, "the checks ended");
        Ok(report)
    }
}

impl Inventory {
    async fn run_retention_job(&self, run: job_run::Model) -> Result<Option<RetentionReport>, InventoryError> {
        let run = self.start_run(&run).await?;
        let (ended, report) = match self.run_retention(&run).await {
            Ok((ended, report)) => (ended, Some(report)),
            Err(error) => (self.end_run(&run, Ending::failed(&error)).await?, None),
        };
        tracing::info!(status = ended.status, message = ended.message, "the retention ended");
        Ok(report)
    }
}

/// A batch and its runs, queued.
type Opened = (job_batch::Model, Vec<job_run::Model>);

async fn list_runs(connection: &impl ConnectionTrait, batch_id: &str) -> Result<Vec<job_run::Model>, InventoryError> {
    use job_run::{Column, Entity};
    let of_batch = Entity::find().filter(Column::BatchId.eq(batch_id)).order_by_asc(Column::JobName);
    Ok(of_batch.all(connection).await?)
}

/// How a report ends its run.
pub(super) fn check_ending(report: &CheckReport) -> Ending {
    let found: usize = report.ran.iter().map(|check| check.found).sum();
    let opened: usize = report.ran.iter().map(|check| check.opened + check.reopened).sum();
    let verified: usize = report.ran.iter().map(|check| check.verified).sum();
    let mut message = format!("{found} findings on {}, {opened} opened, {verified} verified", report.date);
    for skipped in &report.skipped {
        let reason = format!("; {} skipped: {}", skipped.exception_type, skipped.reason);
        message.push_str(&reason);
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
