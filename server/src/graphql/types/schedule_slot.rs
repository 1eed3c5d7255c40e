//! `ScheduleSlot`: a time at which a schedule was due, and what became of it.

use async_graphql::{Context, Enum, Object};
use entity::schedule_slot;

use super::{DateTime, JobBatch, JobRun, schedule::ScheduleTime, stored::optional};
use crate::{
    graphql::{
        context::Hub,
        errors::Fault,
        loaders::{BatchId, RunsOfBatch},
    },
    inventory::schedules::job_name,
};

/// Why nobody took a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::schedule::PassedOver")]
pub enum PassedOverReason {
    /// No server took it when it was due (none ran, or the database was away), and by the misfire policy it was too late to
    /// make it up.
    TooLate,
    /// No server took it when it was due (none ran, or the database was away), and newer slots were made up in its place.
    Superseded,
    /// The schedule was paused.
    Paused,
}

/// A slot that was taken or passed over.
#[derive(Clone, Debug)]
pub struct ScheduleSlot(pub schedule_slot::Model);

/// A time at which a schedule was due, and what became of it.
#[Object]
impl ScheduleSlot {
    /// The name of the schedule.
    async fn schedule(&self) -> &str {
        &self.0.schedule
    }

    /// When it was due.
    async fn due(&self, ctx: &Context<'_>) -> ScheduleTime {
        ScheduleTime::of(ctx, self.0.slot_at)
    }

    /// When a server took it or passed it over.
    async fn claimed_at(&self) -> DateTime {
        self.0.claimed_at.into()
    }

    /// Why nobody took it; null when it was taken.
    async fn passed_over(&self) -> Result<Option<PassedOverReason>, Fault> {
        let read = |code: &str| domain::schedule::PassedOver::from_code(code).map(Into::into);
        optional("reason of a slot", self.0.passed_over.as_deref(), read)
    }

    /// The order that it started, which may be that of other schedules too; null when it was passed over.
    async fn batch(&self, ctx: &Context<'_>) -> Result<Option<JobBatch>, Fault> {
        match &self.0.batch_id {
            Some(id) => Ok(ctx.load(BatchId(id.clone())).await?.map(JobBatch)),
            None => Ok(None),
        }
    }

    /// The schedule's own part of that order; null when it was passed over, and for a schedule that this server does not
    /// run.
    async fn run(&self, ctx: &Context<'_>) -> Result<Option<JobRun>, Fault> {
        let schedule = ctx.inventory().find_schedule(&self.0.schedule);
        let (Some(batch), Some(schedule)) = (&self.0.batch_id, schedule) else { return Ok(None) };
        let name = job_name(schedule.work);
        let runs = ctx.load(RunsOfBatch(batch.clone())).await?.unwrap_or_default();
        Ok(runs.into_iter().find(|run| run.job_name == name).map(JobRun))
    }
}
