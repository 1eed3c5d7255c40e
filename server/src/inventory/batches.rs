//! Orders: collectors side by side, then what depends on them. An order is rows; `jobs` works on them.

use chrono::NaiveDate;
use domain::{schedule::Work, vendor::Vendor};
use entity::{job_batch, job_run};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    QueryOrder,
};
use uuid::Uuid;

use super::{
    Inventory, InventoryError, bulk,
    checking::CheckReport,
    database::{Section, serialize},
    jobs::{CHECKS_JOB, Ending, JobStatus, RETENTION_JOB, Report, Trigger, VERIFICATION_JOB, list_runs},
    retention::RetentionReport,
    schedules::job_name,
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

/// An order in terms of runs, and how it is carried out.
#[derive(Clone, Debug)]
pub(crate) struct Errand {
    /// The jobs to run; collectors by their vendor.
    pub(crate) jobs: Vec<Wanted>,
    /// What gave the order.
    pub(crate) trigger: Trigger,
    /// The principal behind it.
    pub(crate) requested_by: String,
    /// Whether it waits for others' work; whoever does not, skips a vendor that is being collected.
    pub(crate) patient: bool,
    /// Whether this process keeps it for itself for as long as it lives.
    pub(crate) own: bool,
    /// Whether it is given although the same is at work.
    pub(crate) force: bool,
    /// The batch whose work it does again.
    pub(crate) retry_of: Option<String>,
}

impl Errand {
    /// One that waits for nobody else's work, and gives way to the same that is at work.
    fn new(jobs: Vec<Wanted>, trigger: Trigger, requested_by: &str) -> Self {
        let requested_by = requested_by.to_owned();
        Self { jobs, trigger, requested_by, patient: false, own: false, force: false, retry_of: None }
    }

    /// The same with checks of a day, if they are not among it.
    pub(crate) fn with_checks(mut self, date: NaiveDate) -> Self {
        if self.jobs.iter().all(|wanted| wanted.name != CHECKS_JOB) {
            self.jobs.push(job(CHECKS_JOB, date));
        }
        self
    }
}

/// A run that is wanted.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    name: String,
    vendor: Option<Vendor>,
    date: NaiveDate,
}

impl Wanted {
    /// Whether a run that has not ended will do this. Collections are of the day on which they begin.
    fn is_done_by(&self, run: &job_run::Model) -> bool {
        run.job_name == self.name && (run.vendor_id.is_some() || run.business_date == self.date)
    }
}

impl Inventory {
    /// Orders what belongs to scheduled slots; `None` when one of them is taken.
    pub async fn start_scheduled(
        &self,
        order: &Order,
        slots: &[Slot],
    ) -> Result<Option<job_batch::Model>, InventoryError> {
        self.start_for_slots(Errand { patient: true, ..self.errand(order) }, slots).await
    }

    /// Orders what is a batch of its own for a scheduled slot; `None` when it is taken.
    pub async fn start_scheduled_alone(
        &self,
        work: Work,
        slot: &Slot,
    ) -> Result<Option<job_batch::Model>, InventoryError> {
        let errand = self.alone(&job_name(work), Trigger::Timer, "schedule");
        self.start_for_slots(Errand { patient: true, ..errand }, std::slice::from_ref(slot)).await
    }

    async fn start_for_slots(
        &self,
        errand: Errand,
        slots: &[Slot],
    ) -> Result<Option<job_batch::Model>, InventoryError> {
        let transaction = self.database.begin().await?;
        let opened = self.open_batch(&transaction, &errand).await?;
        if !self.claim_slots(&transaction, slots, &opened.0.batch_id).await? {
            return Ok(None);
        }
        transaction.commit().await?;
        Ok(Some(self.announce(opened)))
    }

    /// Runs a retention to its end.
    pub async fn retain(&self, trigger: Trigger, requested_by: &str) -> Result<BatchReport, InventoryError> {
        self.run_errand(self.alone(RETENTION_JOB, trigger, requested_by)).await
    }

    /// Looks whether all is as it should be after a night.
    pub async fn verify(&self, trigger: Trigger, requested_by: &str) -> Result<BatchReport, InventoryError> {
        self.run_errand(self.alone(VERIFICATION_JOB, trigger, requested_by)).await
    }

    /// Orders a batch and returns at once. While the open runs of a batch will do all of it, returns that one.
    pub async fn start_batch(&self, order: Order) -> Result<StartedBatch, InventoryError> {
        self.start_errand(self.errand(&order)).await
    }

    /// Orders a batch whatever is at work: what collects these vendors now is waited for, and then they are collected anew.
    pub async fn start_batch_anew(&self, order: Order) -> Result<StartedBatch, InventoryError> {
        self.start_errand(Errand { patient: true, force: true, ..self.errand(&order) }).await
    }

    /// Runs a batch to its end in this process.
    pub async fn run_batch(&self, order: Order) -> Result<BatchReport, InventoryError> {
        self.run_errand(self.errand(&order)).await
    }

    async fn run_errand(&self, errand: Errand) -> Result<BatchReport, InventoryError> {
        let transaction = self.database.begin().await?;
        let opened = self.open_batch(&transaction, &Errand { own: true, ..errand }).await?;
        transaction.commit().await?;
        let batch_id = self.announce(opened).batch_id;
        let reports = self.work_on(&batch_id).await?;
        let runs = list_runs(self.database.writer(), &batch_id).await?;
        let batch = self.find_batch(&batch_id).await?;
        let batch = batch.ok_or_else(|| InventoryError::Corrupt(format!("batch {batch_id} is gone")))?;
        let (mut checks, mut retention) = (None, None);
        for report in reports {
            match report {
                Report::Checks(report) => checks = Some(report),
                Report::Retention(report) => retention = Some(report),
                Report::Collection | Report::Verification => {}
            }
        }
        Ok(BatchReport { batch, runs, checks, retention })
    }

    /// One order at a time asks what is at work, so that of two alike one starts it.
    pub(crate) async fn start_errand(&self, errand: Errand) -> Result<StartedBatch, InventoryError> {
        let transaction = self.database.begin().await?;
        serialize(&transaction, Section::Ordering).await?;
        if !errand.force
            && let Some(batch) = self.find_running(&transaction, &errand).await?
        {
            return Ok(StartedBatch { batch, already_running: true });
        }
        let opened = self.open_batch(&transaction, &errand).await?;
        transaction.commit().await?;
        Ok(StartedBatch { batch: self.announce(opened), already_running: false })
    }

    /// Tells what was ordered: to those who follow, and to those who work.
    fn announce(&self, (batch, runs): Opened) -> job_batch::Model {
        for run in runs {
            self.publish(run);
        }
        self.at_work.ring();
        batch
    }

    fn errand(&self, order: &Order) -> Errand {
        let today = self.today();
        let collectors = order.vendors.iter().map(|vendor| collector(*vendor, today));
        let checks = order.run_checks.then(|| job(CHECKS_JOB, order.check_date.unwrap_or(today)));
        Errand::new(collectors.chain(checks).collect(), order.trigger, &order.requested_by)
    }

    fn alone(&self, job_name: &str, trigger: Trigger, requested_by: &str) -> Errand {
        Errand::new(vec![job(job_name, self.today())], trigger, requested_by)
    }

    /// These runs once more, by a person: checks alone are of the day that they were of, all else is of today.
    pub(crate) fn errand_of(&self, runs: &[&job_run::Model], requested_by: &str) -> Errand {
        let collects = runs.iter().any(|run| run.vendor_id.is_some());
        let wanted = |run: &&job_run::Model| Wanted {
            name: run.job_name.clone(),
            vendor: run.vendor_id.and_then(|id| self.reference.vendor(id)),
            date: if run.job_name == CHECKS_JOB && !collects { run.business_date } else { self.today() },
        };
        let errand = Errand::new(runs.iter().map(wanted).collect(), Trigger::Mutation, requested_by);
        Errand { patient: true, ..errand }
    }

    /// The oldest batch whose open runs will do all of this, and that nobody wants stopped.
    async fn find_running(
        &self,
        connection: &impl ConnectionTrait,
        errand: &Errand,
    ) -> Result<Option<job_batch::Model>, InventoryError> {
        use job_run::{Column, Entity};
        let open = Entity::find().filter(Column::EndedAt.is_null()).filter(Column::CancelRequestedAt.is_null());
        let open = open.order_by_asc(Column::CreatedAt).order_by_asc(Column::JobId).all(connection).await?;
        let Some((first, others)) = errand.jobs.split_first() else { return Ok(None) };
        let does =
            |batch_id: &str, wanted: &Wanted| open.iter().any(|run| run.batch_id == batch_id && wanted.is_done_by(run));
        let candidates = open.iter().filter(|run| first.is_done_by(run));
        let mut whole = candidates.filter(|run| others.iter().all(|wanted| does(&run.batch_id, wanted)));
        let Some(run) = whole.next() else { return Ok(None) };
        Ok(job_batch::Entity::find_by_id(run.batch_id.as_str()).one(connection).await?)
    }

    async fn open_batch(&self, transaction: &DatabaseTransaction, errand: &Errand) -> Result<Opened, InventoryError> {
        let batch = job_batch::ActiveModel {
            batch_id: Set(format!("bc_{}", Uuid::new_v4().simple())),
            created_at: Set(self.now()),
            status: Set(JobStatus::Queued.code().to_owned()),
            priority: Set("normal".to_owned()),
            trigger: Set(errand.trigger.code().to_owned()),
            requested_by: Set(errand.requested_by.clone()),
            progress_percent: Set(0),
            retry_of: Set(errand.retry_of.clone()),
            ..Default::default()
        };
        let batch = batch.insert(transaction).await?;
        let rows = errand.jobs.iter().map(|wanted| self.queued(&batch, wanted, errand)).collect();
        bulk::insert(transaction, rows, None).await?;
        let runs = list_runs(transaction, &batch.batch_id).await?;
        Ok((batch, runs))
    }

    fn queued(&self, batch: &job_batch::Model, wanted: &Wanted, errand: &Errand) -> job_run::ActiveModel {
        job_run::ActiveModel {
            job_id: Set(format!("job_{}", Uuid::new_v4().simple())),
            batch_id: Set(batch.batch_id.clone()),
            job_name: Set(wanted.name.clone()),
            status: Set(JobStatus::Queued.code().to_owned()),
            vendor_id: Set(wanted.vendor.map(|vendor| self.reference.vendor_id(vendor))),
            business_date: Set(wanted.date),
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
            holder: Set(errand.own.then(|| self.at_work.holder().to_owned())),
            attempt: Set(0),
            lost_attempts: Set(0),
            patient: Set(errand.patient),
            cancel_requested_at: Set(None),
            cancelled_by: Set(None),
            estimated_completion: Set(None),
        }
    }
}

fn collector(vendor: Vendor, date: NaiveDate) -> Wanted {
    Wanted { name: job_name(Work::Collect(vendor)), vendor: Some(vendor), date }
}

fn job(name: &str, date: NaiveDate) -> Wanted {
    Wanted { name: name.to_owned(), vendor: None, date }
}

/// A batch and its runs, queued.
type Opened = (job_batch::Model, Vec<job_run::Model>);

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
