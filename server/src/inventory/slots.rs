//! Scheduled slots in the database: each is taken once, by one server, together with the batch it starts, or passed over.

use chrono::{DateTime, Utc};
use domain::schedule::{PassedOver, Schedule, Standing};
use entity::{
    job_run, schedule_pause,
    schedule_slot::{ActiveModel, Column, Entity},
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
    sea_query::{Expr, ExprTrait, OnConflict},
};

use super::{Inventory, InventoryError, bulk, jobs::JobStatus, schedules::job_name};

/// An instant at which a schedule is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The schedule's name.
    pub schedule: &'static str,
    /// When it is due.
    pub at: DateTime<Utc>,
}

impl Inventory {
    /// Where a schedule stands. One that was never seen before begins now: what was due earlier today is not made up for
    /// a hub that did not exist.
    ///
    /// A clock that was ahead for a while may have left slots of the future behind. Those that it took stay taken; of
    /// those that it passed over nothing is known.
    pub async fn schedule_standing(
        &self,
        schedule: &'static str,
        now: DateTime<Utc>,
    ) -> Result<Standing, InventoryError> {
        let known = Column::BatchId.is_not_null().or(Column::ClaimedAt.lte(now));
        let seen = Entity::find().filter(Column::Schedule.eq(schedule)).filter(Column::SlotAt.lte(now)).filter(known);
        let last = match seen.order_by_desc(Column::SlotAt).one(self.database.reader()).await? {
            Some(last) => last.slot_at,
            None => self.begin_schedule(schedule, now).await?,
        };
        let pause = newest_pause(schedule).one(self.database.reader()).await?;
        let paused = pause.as_ref().is_some_and(|pause| pause.resumed_at.is_none());
        Ok(Standing { last, paused, resumed_at: pause.and_then(|pause| pause.resumed_at) })
    }

    async fn begin_schedule(
        &self,
        schedule: &'static str,
        now: DateTime<Utc>,
    ) -> Result<DateTime<Utc>, InventoryError> {
        let first = slot_row(&Slot { schedule, at: now }, now);
        write_free(self.database.writer(), vec![first]).await?;
        Ok(now)
    }

    /// Records slots that nobody will take. Those that are taken already stay so.
    pub async fn pass_over(
        &self,
        schedule: &'static str,
        slots: &[(DateTime<Utc>, PassedOver)],
    ) -> Result<(), InventoryError> {
        let row = |(at, reason): &(DateTime<Utc>, PassedOver)| ActiveModel {
            passed_over: Set(Some(reason.code().to_owned())),
            ..slot_row(&Slot { schedule, at: *at }, self.now())
        };
        let passed = write_free(self.database.writer(), slots.iter().map(row).collect()).await?;
        if passed > 0 {
            tracing::warn!(schedule, slots = passed, "slots were passed over");
        }
        Ok(())
    }

    /// How the run of the newest slot that the schedule took stands; `None` when it has ended, or none was taken.
    pub async fn schedule_at_work(&self, schedule: &Schedule) -> Result<Option<JobStatus>, InventoryError> {
        use job_run::Column as Run;
        let taken = Entity::find().filter(Column::Schedule.eq(schedule.name)).filter(Column::BatchId.is_not_null());
        let Some(last) = taken.order_by_desc(Column::SlotAt).one(self.database.reader()).await? else {
            return Ok(None);
        };
        let open = job_run::Entity::find().filter(Run::BatchId.eq(last.batch_id)).filter(Run::EndedAt.is_null());
        let run = open.filter(Run::JobName.eq(job_name(schedule.work))).one(self.database.reader()).await?;
        Ok(run.and_then(|run| JobStatus::from_code(&run.status)))
    }

    /// Takes slots for a batch; `false` when one is taken already.
    pub(crate) async fn claim_slots(
        &self,
        transaction: &DatabaseTransaction,
        slots: &[Slot],
        batch_id: &str,
    ) -> Result<bool, InventoryError> {
        let row = |slot| ActiveModel { batch_id: Set(Some(batch_id.to_owned())), ..slot_row(slot, self.now()) };
        let taken = write_free(transaction, slots.iter().map(row).collect()).await?;
        Ok(taken == slots.len() as u64)
    }
}

/// The pause of a schedule that counts.
pub(super) fn newest_pause(schedule: &str) -> sea_orm::Select<schedule_pause::Entity> {
    use schedule_pause::{Column, Entity};
    Entity::find().filter(Column::Schedule.eq(schedule)).order_by_desc(Column::Id)
}

/// The slot that marks when a schedule began, unless more is said.
fn slot_row(slot: &Slot, now: DateTime<Utc>) -> ActiveModel {
    ActiveModel {
        schedule: Set(slot.schedule.to_owned()),
        slot_at: Set(slot.at),
        claimed_at: Set(now),
        batch_id: Set(None),
        passed_over: Set(None),
    }
}

/// Writes the slots that are free; answers how many were. Free is also what was passed over by a clock that was ahead.
async fn write_free(connection: &impl ConnectionTrait, rows: Vec<ActiveModel>) -> Result<u64, DbErr> {
    let of_the_future = Expr::col((Entity, Column::ClaimedAt)).gt(Expr::cust("excluded.claimed_at"));
    let free = OnConflict::columns([Column::Schedule, Column::SlotAt])
        .update_columns([Column::ClaimedAt, Column::BatchId, Column::PassedOver])
        .action_and_where(Expr::col((Entity, Column::BatchId)).is_null().and(of_the_future))
        .to_owned();
    bulk::insert(connection, rows, Some(free)).await
}
