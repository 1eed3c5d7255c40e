//! The scheduler only decides when: it takes due slots and orders what belongs to them from `inventory`, the same way
//! as the mutation and the command line do.
//!
//! tokio-cron-scheduler is only the ticker that wakes it. Slots are our own (`domain::schedule`), because that crate keeps
//! a fixed UTC offset per job (an hour off after a daylight-saving change), lets runs overlap and makes nothing up after a
//! restart. Its next tick is an instant of the wall clock, too: after that is set back by hours, it is silent for hours. So
//! an interval that no clock moves ticks as well, once the ticker was silent; to be woken twice does nothing, as a slot is
//! taken once.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use domain::schedule::Misfire;
pub use domain::schedule::{Schedule, Work};
use tokio::{
    sync::Notify,
    time::{MissedTickBehavior, interval},
};
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};
use tokio_util::sync::CancellationToken;

use crate::inventory::{
    Inventory, InventoryError,
    batches::Order,
    jobs::{JobStatus, Trigger},
    slots::Slot,
};

/// Every fifteen seconds the ticker asks what is due.
const TICKS: &str = "*/15 * * * * *";

/// How long the ticker may be silent.
const SILENCE: Duration = Duration::from_secs(20);

/// Decides when.
#[derive(Clone, Debug)]
pub struct Scheduler {
    inventory: Inventory,
    silence: Duration,
}

impl Scheduler {
    /// A scheduler of the schedules that run on this server.
    pub fn new(inventory: Inventory) -> Self {
        Self { inventory, silence: SILENCE }
    }

    /// The same with a ticker that may be silent for this long.
    #[must_use]
    pub fn silent_for(self, silence: Duration) -> Self {
        Self { silence, ..self }
    }

    /// Ticks until it is cancelled.
    pub async fn run(self, cancel: CancellationToken) -> Result<(), JobSchedulerError> {
        let wake = Arc::new(Notify::new());
        let mut ticker = JobScheduler::new().await?;
        let woken = Arc::clone(&wake);
        ticker.add(Job::new(TICKS, move |_, _| woken.notify_one())?).await?;
        ticker.start().await?;
        // Its first tick comes at once.
        let mut silence = interval(self.silence);
        silence.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = cancel.cancelled() => break,
                () = wake.notified() => silence.reset(),
                _ = silence.tick() => {}
            }
            if let Err(error) = self.tick().await {
                tracing::error!(error = %error, "the scheduler could not take what is due; it tries again");
            }
        }
        ticker.shutdown().await
    }

    /// Takes every slot that is due now and orders its work, and passes over those that nobody will take. Whoever works on it
    /// knows what waits for what.
    pub async fn tick(&self) -> Result<(), InventoryError> {
        let due = self.list_due().await?;
        let (alone, due): (Vec<_>, Vec<_>) = due.into_iter().partition(|(schedule, _)| schedule.work.is_alone());
        self.start_work(&due).await?;
        for (schedule, at) in alone {
            self.inventory.start_scheduled_alone(schedule.work, &Slot { schedule: schedule.name, at }).await?;
        }
        Ok(())
    }

    async fn start_work(&self, due: &[(&Schedule, DateTime<Utc>)]) -> Result<(), InventoryError> {
        if due.is_empty() {
            return Ok(());
        }
        let slots: Vec<Slot> = due.iter().map(|(schedule, at)| Slot { schedule: schedule.name, at: *at }).collect();
        if let Some(batch) = self.inventory.start_scheduled(&order(due), &slots).await? {
            tracing::info!(batch_id = batch.batch_id, "scheduled work was ordered");
        }
        Ok(())
    }

    async fn list_due(&self) -> Result<Vec<(&Schedule, DateTime<Utc>)>, InventoryError> {
        let (zone, now) = (self.inventory.zone(), self.inventory.now());
        let mut found = Vec::new();
        for schedule in self.inventory.schedules() {
            let standing = self.inventory.schedule_standing(schedule.name, now).await?;
            let due = schedule.timing.due(zone, &standing, now);
            if !due.passed_over.is_empty() {
                self.inventory.pass_over(schedule.name, &due.passed_over).await?;
            }
            if let Some(slot) = due.take
                && !self.waits_for_itself(schedule).await?
            {
                found.push((schedule, slot));
            }
        }
        Ok(found)
    }

    /// Slots that are all made up come one after the other: side by side they would only find the vendor taken. Of the others
    /// one waits while another is at work, and no more, however long that takes: a slot that comes meanwhile is missed.
    async fn waits_for_itself(&self, schedule: &Schedule) -> Result<bool, InventoryError> {
        let at_work = self.inventory.schedule_at_work(schedule).await?;
        Ok(match schedule.timing.misfire {
            Misfire::All { .. } => at_work.is_some(),
            Misfire::Skip | Misfire::Once(_) => at_work == Some(JobStatus::Queued),
        })
    }
}

fn order(due: &[(&Schedule, DateTime<Utc>)]) -> Order {
    Order {
        vendors: due.iter().filter_map(|(schedule, _)| schedule.work.vendor()).collect(),
        run_checks: due.iter().any(|(schedule, _)| schedule.work == Work::Check),
        check_date: None,
        trigger: Trigger::Timer,
        requested_by: "schedule".to_owned(),
    }
}
