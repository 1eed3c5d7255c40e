//! The scheduler only decides when: it takes due slots and orders what belongs to them from `inventory`, the same way
//! as the mutation and the command line do.
//!
//! tokio-cron-scheduler is only the ticker that wakes it. Slots are our own, because that crate keeps a fixed UTC offset
//! per job (an hour off after a daylight-saving change), lets runs overlap and makes nothing up after a restart.

mod slots;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use croner::Cron;
use domain::vendor::Vendor;
use tokio::sync::Notify;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};
use tokio_util::sync::CancellationToken;

pub use self::slots::due_slot;
use crate::inventory::{Inventory, InventoryError, batches::Order, jobs::Trigger, slots::Slot};

/// Every fifteen seconds the ticker asks what is due.
const TICKS: &str = "*/15 * * * * *";

/// What a schedule runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// A vendor's collector.
    Collect(Vendor),
    /// The cross-vendor checks, once no collector is at work.
    Check,
    /// Counting month ends and dropping old days, once nothing else is at work.
    Retain,
    /// Looking whether the night went well, once nothing else is at work.
    Verify,
}

/// A daily run: its name, when it is due in the business time zone, and what it runs.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// The name its slots are stored under.
    pub name: &'static str,
    /// When it is due.
    pub cron: Cron,
    /// What it runs.
    pub work: Work,
}

/// Decides when.
#[derive(Clone, Debug)]
pub struct Scheduler {
    inventory: Inventory,
    schedules: Vec<Schedule>,
}

impl Scheduler {
    /// A scheduler of these runs; those of vendors without credentials are left out.
    pub fn new(inventory: Inventory, schedules: Vec<Schedule>) -> Self {
        let possible = |schedule: &Schedule| match schedule.work {
            Work::Collect(vendor) => inventory.is_configured(vendor),
            Work::Check | Work::Retain | Work::Verify => true,
        };
        let schedules = schedules.into_iter().filter(possible).collect();
        Self { inventory, schedules }
    }

    /// Ticks until it is cancelled.
    pub async fn run(self, cancel: CancellationToken) -> Result<(), JobSchedulerError> {
        let wake = Arc::new(Notify::new());
        let mut ticker = JobScheduler::new().await?;
        let woken = Arc::clone(&wake);
        ticker.add(Job::new(TICKS, move |_, _| woken.notify_one())?).await?;
        ticker.start().await?;
        wake.notify_one();
        while cancel.run_until_cancelled(wake.notified()).await.is_some() {
            if let Err(error) = self.tick().await {
                tracing::error!(error = %error, "the scheduler could not take what is due; it tries again");
            }
        }
        ticker.shutdown().await
    }

    /// Takes every slot that is due now and orders its work as one batch.
    pub async fn tick(&self) -> Result<(), InventoryError> {
        self.inventory.fail_dead_runs().await?;
        let mut due = self.list_due().await?;
        if due.iter().any(|(schedule, _)| schedule.work == Work::Check) && self.inventory.is_collecting().await? {
            due.retain(|(schedule, _)| schedule.work != Work::Check);
        }
        let (retentions, due): (Vec<_>, Vec<_>) =
            due.into_iter().partition(|(schedule, _)| schedule.work == Work::Retain);
        let (verifications, due): (Vec<_>, Vec<_>) =
            due.into_iter().partition(|(schedule, _)| schedule.work == Work::Verify);
        self.start_work(&due).await?;
        if !retentions.is_empty() && !self.inventory.is_working().await? {
            for (schedule, at) in retentions {
                self.inventory.start_scheduled_retention(&Slot { schedule: schedule.name, at }).await?;
            }
        }
        if !verifications.is_empty() && !self.inventory.is_working().await? {
            for (schedule, at) in verifications {
                self.inventory.start_scheduled_verification(&Slot { schedule: schedule.name, at }).await?;
            }
        }
        Ok(())
    }

    async fn start_work(&self, due: &[(&Schedule, DateTime<Utc>)]) -> Result<(), InventoryError> {
        if due.is_empty() {
            return Ok(());
        }
        let slots: Vec<Slot> = due.iter().map(|(schedule, at)| Slot { schedule: schedule.name, at: *at }).collect();
        if let Some(batch) = self.inventory.start_scheduled(&order(due), &slots).await? {
            tracing::info!(batch_id = batch.batch_id, "scheduled work began");
        }
        Ok(())
    }

    async fn list_due(&self) -> Result<Vec<(&Schedule, DateTime<Utc>)>, InventoryError> {
        let mut due = Vec::new();
        for schedule in &self.schedules {
            let last = self.inventory.last_slot(schedule.name).await?;
            let slot = due_slot(&schedule.cron, self.inventory.zone(), last, self.inventory.now());
            due.extend(slot.map(|slot| (schedule, slot)));
        }
        Ok(due)
    }
}

fn order(due: &[(&Schedule, DateTime<Utc>)]) -> Order {
    let vendors = due.iter().filter_map(|(schedule, _)| match schedule.work {
        Work::Collect(vendor) => Some(vendor),
        Work::Check | Work::Retain | Work::Verify => None,
    });
    Order {
        vendors: vendors.collect(),
        run_checks: due.iter().any(|(schedule, _)| schedule.work == Work::Check),
        check_date: None,
        trigger: Trigger::Timer,
        requested_by: "schedule".to_owned(),
    }
}
