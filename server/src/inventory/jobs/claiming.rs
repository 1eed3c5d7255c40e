//! Taking a run: by one conditional update, so that of many servers one gets it.

use std::sync::Arc;

use domain::vendor::Vendor;
use entity::{job_batch, job_run};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
};

use super::{
    Ending, JobStatus, Trigger, VERIFICATION_JOB,
    at_work::{Entry, Stop},
    cancelling::cancelled,
    ending::spell_out,
    kinds::Job,
    progress::RunProgress,
    turn::{Looker, Scope},
};
use crate::inventory::{Inventory, InventoryError};

/// How many processes may die over a run before it is called failed: what kills them may be the run itself.
const MOST_LOST: i32 = 3;

/// A run that this process has.
#[derive(Clone, Debug)]
pub(crate) struct Claimed {
    pub(crate) run: job_run::Model,
    pub(crate) vendor: Option<Vendor>,
    pub(crate) progress: Arc<RunProgress>,
    pub(super) stop: Stop,
}

impl Inventory {
    /// Takes the next run whose turn it is; `None` when there is none now.
    pub(super) async fn claim_next(&self, scope: Scope<'_>) -> Result<Option<(Claimed, Entry)>, InventoryError> {
        let _turn = self.at_work.take_turn().await;
        let open = self.list_open_runs().await?;
        let looker = Looker { holder: self.at_work.holder(), now: self.now(), lease: self.rules.lease };
        let is_free = |run: &&job_run::Model| {
            looker.may_take(run, scope)
                && !self.at_work.is_running(&run.job_id)
                && !looker.must_wait(run, &open)
                && (self.could_collect(run) || !looker.leaves(run))
        };
        for run in open.iter().filter(is_free) {
            if let Some(run) = self.claim_run(run).await? {
                let vendor = run.vendor_id.and_then(|id| self.reference.vendor(id));
                let entry = self.at_work.enter(&run);
                let claimed = Claimed { run, vendor, progress: Arc::default(), stop: entry.stop.clone() };
                return Ok(Some((claimed, entry)));
            }
        }
        Ok(None)
    }

    /// Whether it is no collector, or one whose vendor's credentials are here.
    fn could_collect(&self, run: &job_run::Model) -> bool {
        run.vendor_id.is_none_or(|id| self.reference.vendor(id).is_some_and(|vendor| self.is_configured(vendor)))
    }

    async fn list_open_runs(&self) -> Result<Vec<job_run::Model>, InventoryError> {
        use job_run::{Column, Entity};
        let open = Entity::find().filter(Column::EndedAt.is_null());
        Ok(open.order_by_asc(Column::CreatedAt).order_by_asc(Column::JobId).all(self.database.reader()).await?)
    }

    /// Takes a run, or ends one that is not to be run any more; `None` when it can't be had, or has ended.
    async fn claim_run(&self, run: &job_run::Model) -> Result<Option<job_run::Model>, InventoryError> {
        let Some(batch) = self.find_batch(&run.batch_id).await? else { return Ok(None) };
        if let Some(ending) = self.reason_to_end(run, &batch) {
            self.end_unclaimed(run, ending).await?;
            return Ok(None);
        }
        let estimate = self.estimate_run(&run.job_name).await?;
        let transaction = self.database.begin().await?;
        if let Some(vendor_id) = run.vendor_id
            && !self.take_vendor(&transaction, vendor_id, run).await?
        {
            transaction.rollback().await?;
            return self.give_way(run).await.map(|()| None);
        }
        let mut taken = self.taken(run);
        taken.estimated_completion = Set(estimate);
        let Some(taken) = self.take_run(&transaction, run, taken).await? else { return Ok(None) };
        if run.status == JobStatus::Running.code() {
            self.close_attempt(&transaction, run, "lost").await?;
        }
        self.open_attempt(&transaction, &taken).await?;
        transaction.commit().await?;
        if taken.lost_attempts > run.lost_attempts {
            tracing::warn!(job_id = run.job_id, holder = run.holder, "a run was taken over: its process was silent");
        }
        // The run is this process's by now, whatever its batch says.
        if let Err(error) = self.begin_batch(&batch).await {
            let error = spell_out(&error);
            tracing::warn!(
                batch_id = batch.batch_id,
                error,
                "a batch could not be told that it began; its run goes on"
            );
        }
        Ok(Some(self.publish(taken)))
    }

    /// The run as it is once it is taken. What is collected is of the day on which that begins.
    fn taken(&self, run: &job_run::Model) -> job_run::ActiveModel {
        let now = self.now();
        let was_running = run.status == JobStatus::Running.code();
        let is_new_collection = run.vendor_id.is_some() && run.attempt == 0;
        job_run::ActiveModel {
            status: Set(JobStatus::Running.code().to_owned()),
            holder: Set(Some(self.at_work.holder().to_owned())),
            attempt: Set(run.attempt + 1),
            lost_attempts: Set(run.lost_attempts + i32::from(was_running)),
            business_date: if is_new_collection { Set(self.today()) } else { NotSet },
            started_at: Set(Some(run.started_at.unwrap_or(now))),
            updated_at: Set(now),
            lease_expires_at: Set(self.expiry()),
            progress_percent: Set(0),
            pages_fetched: Set(0),
            message: Set(None),
            ..Default::default()
        }
    }

    async fn take_run(
        &self,
        transaction: &DatabaseTransaction,
        run: &job_run::Model,
        taken: job_run::ActiveModel,
    ) -> Result<Option<job_run::Model>, InventoryError> {
        let unwanted = job_run::Column::CancelRequestedAt.is_null();
        let taken = job_run::Entity::update_many().set(taken).filter(unchanged(run)).filter(unwanted);
        Ok(taken.exec_with_returning(transaction).await?.into_iter().next())
    }

    /// A collector that does not wait says that another collects its vendor.
    async fn give_way(&self, run: &job_run::Model) -> Result<(), InventoryError> {
        if run.patient {
            return Ok(());
        }
        let vendor = run.vendor_id.and_then(|id| self.reference.vendor(id)).map_or("it", Vendor::name);
        let busy = format!("another collection of {vendor} is running");
        self.end_unclaimed(run, Ending::new(JobStatus::Skipped, busy)).await
    }

    /// Why a run that nobody has is not to be run any more.
    fn reason_to_end(&self, run: &job_run::Model, batch: &job_batch::Model) -> Option<Ending> {
        if run.cancel_requested_at.is_some() {
            return Some(cancelled(run));
        }
        let lost = run.lost_attempts + i32::from(run.status == JobStatus::Running.code());
        let when_lost = Job::of(run).map_or("", |job| job.when_lost);
        let is_past = run.business_date < self.today();
        let is_over = run.vendor_id.is_some() && is_past;
        let late = "its day was over before it could begin";
        // It would compare an old day with what is known of today.
        if is_past && run.job_name == VERIFICATION_JOB {
            return Some(Ending::new(JobStatus::Skipped, late));
        }
        if lost >= MOST_LOST {
            let times = format!("its process ended without a word, or lost the database, {lost} times; {when_lost}");
            return Some(Ending::fault(times));
        }
        if is_over && run.attempt > 0 {
            let left = if run.status == JobStatus::Running.code() {
                "its process ended without a word"
            } else {
                "its process gave it back"
            };
            return Some(Ending::fault(format!("{left}, and its day is over; {when_lost}")));
        }
        let is_of_schedule = batch.trigger == Trigger::Timer.code();
        (is_over && is_of_schedule).then(|| Ending::new(JobStatus::Skipped, late))
    }

    /// Ends a run that nobody has, unless somebody took it meanwhile.
    pub(super) async fn end_unclaimed(&self, run: &job_run::Model, ending: Ending) -> Result<(), InventoryError> {
        let transaction = self.database.begin().await?;
        let seen = job_run::ActiveModel { updated_at: Set(self.now()), ..Default::default() };
        let seen = job_run::Entity::update_many().set(seen).filter(unchanged(run)).exec(&transaction).await?;
        if seen.rows_affected == 0 {
            return Ok(());
        }
        if run.status == JobStatus::Running.code() {
            self.close_attempt(&transaction, run, "lost").await?;
        }
        let ended = self.close_run(&transaction, run, ending).await?;
        transaction.commit().await?;
        tracing::info!(job_id = ended.job_id, status = ended.status, message = ended.message, "a run ended unrun");
        self.publish(ended);
        self.conclude_batch(&run.batch_id).await
    }
}

/// The run is as it was seen: whoever comes second finds another attempt, or another lease.
fn unchanged(run: &job_run::Model) -> Condition {
    use job_run::Column;
    Condition::all()
        .add(Column::JobId.eq(run.job_id.as_str()))
        .add(Column::Attempt.eq(run.attempt))
        .add(Column::Status.eq(run.status.as_str()))
        .add(Column::LeaseExpiresAt.eq(run.lease_expires_at))
        .add(Column::EndedAt.is_null())
}
