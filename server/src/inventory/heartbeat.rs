//! While a batch is at work: its leases are renewed and its progress is written, off the collectors' way.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use collectors::Progress;
use domain::vendor::Vendor;
use entity::job_run;
use sea_orm::{ActiveModelTrait, ActiveValue::Set};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{Inventory, InventoryError, lease::renewal_interval};

/// How often progress is looked at.
const TICK: Duration = Duration::from_millis(250);

/// How far a run is: pages and rows fetched so far, out of how many pages where the vendor says.
#[derive(Debug, Default)]
pub(crate) struct RunProgress {
    pages: AtomicU64,
    of: AtomicU64,
    rows: AtomicU64,
}

impl Progress for RunProgress {
    fn pages(&self, fetched: u64, of: Option<u64>, rows: u64) {
        self.pages.store(fetched, Ordering::Relaxed);
        self.of.store(of.unwrap_or(0), Ordering::Relaxed);
        self.rows.store(rows, Ordering::Relaxed);
    }
}

impl RunProgress {
    /// Percent fetched, at most 90: the rest is storing. Without a total, 10 from the first page on.
    fn percent(&self) -> i32 {
        let (pages, of) = (self.pages.load(Ordering::Relaxed), self.of.load(Ordering::Relaxed));
        match (pages, of) {
            (0, _) => 0,
            (_, 0) => 10,
            (pages, of) => i32::try_from((pages * 90 / of).min(90)).unwrap_or(90),
        }
    }

    fn pages_fetched(&self) -> i64 {
        i64::try_from(self.pages.load(Ordering::Relaxed)).unwrap_or(i64::MAX)
    }
}

/// Beats until it is dropped.
#[derive(Debug)]
pub(crate) struct Heartbeat {
    _stop: DropGuard,
}

/// One run that is kept alive.
#[derive(Clone, Debug)]
pub(crate) struct Beating {
    pub(crate) run: job_run::Model,
    pub(crate) vendor: Option<Vendor>,
    pub(crate) progress: Arc<RunProgress>,
}

impl Inventory {
    pub(crate) fn start_heartbeat(&self, batch_id: String, runs: Vec<Beating>) -> Heartbeat {
        let stop = CancellationToken::new();
        let (hub, stopped) = (self.clone(), stop.clone());
        self.tasks.spawn(async move {
            tokio::select! {
                () = stopped.cancelled() => {}
                () = hub.beat(&batch_id, &runs) => {}
            }
        });
        Heartbeat { _stop: stop.drop_guard() }
    }

    async fn beat(&self, batch_id: &str, runs: &[Beating]) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut renewed = Instant::now();
        let mut shown = vec![0; runs.len()];
        loop {
            ticks.tick().await;
            let due = renewed.elapsed() >= renewal_interval(self.rules.lease);
            if due {
                renewed = Instant::now();
            }
            let beat = self.beat_once(batch_id, runs, &mut shown, due).await;
            if let Err(error) = beat {
                tracing::warn!(batch_id, error = %super::jobs::spell_out(&error), "a heartbeat failed");
            }
        }
    }

    async fn beat_once(
        &self,
        batch_id: &str,
        runs: &[Beating],
        shown: &mut [i64],
        renew: bool,
    ) -> Result<(), InventoryError> {
        if renew {
            self.renew_runs(batch_id).await?;
            for beating in runs {
                if let Some(vendor) = beating.vendor {
                    // A lease that isn't ours (the run was skipped, or has ended) has nothing to renew.
                    let renewed = self.renew_lease(self.database.writer(), vendor, &beating.run.job_id).await;
                    renewed.or_else(|error| if matches!(error, InventoryError::LeaseLost(_)) { Ok(()) } else { Err(error) })?;
                }
            }
        }
        for (beating, shown) in runs.iter().zip(shown) {
            let pages = beating.progress.pages_fetched();
            if pages != *shown {
                *shown = pages;
                self.show_progress(beating, pages).await?;
            }
        }
        Ok(())
    }

    async fn show_progress(&self, beating: &Beating, pages: i64) -> Result<(), InventoryError> {
        let row = job_run::ActiveModel {
            job_id: Set(beating.run.job_id.clone()),
            pages_fetched: Set(pages),
            progress_percent: Set(beating.progress.percent()),
            updated_at: Set(self.now()),
            ..Default::default()
        };
        self.publish(row.update(self.database.writer()).await?).map(drop)
    }
}
