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
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use tokio::time::{Instant, Interval, MissedTickBehavior};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{Inventory, InventoryError, jobs::spell_out, lease::renewal_interval};

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

    pub(crate) fn pages_fetched(&self) -> i64 {
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

    /// Two loops side by side: while a collection is being stored, PostgreSQL keeps its vendor's lease locked, and the
    /// renewal that waits for it must not keep the runs from being renewed.
    async fn beat(&self, batch_id: &str, runs: &[Beating]) {
        futures::join!(self.keep_runs_alive(batch_id, runs), self.keep_leases(runs));
    }

    async fn keep_runs_alive(&self, batch_id: &str, runs: &[Beating]) {
        let mut ticks = ticks(TICK);
        let mut renewed = Instant::now();
        let mut shown = vec![0; runs.len()];
        loop {
            ticks.tick().await;
            let due = renewed.elapsed() >= renewal_interval(self.rules.lease);
            if due {
                renewed = Instant::now();
                report(batch_id, self.renew_runs(batch_id).await.map_err(InventoryError::from));
            }
            report(batch_id, self.show_all(runs, &mut shown).await);
        }
    }

    async fn keep_leases(&self, runs: &[Beating]) {
        let mut ticks = ticks(renewal_interval(self.rules.lease));
        loop {
            ticks.tick().await;
            for beating in runs {
                let Some(vendor) = beating.vendor else { continue };
                match self.renew_lease(self.database.writer(), vendor, &beating.run.job_id).await {
                    // Not ours (the run was skipped, or has ended): there is nothing to renew.
                    Err(InventoryError::LeaseLost(_)) => {}
                    renewed => report(&beating.run.batch_id, renewed),
                }
            }
        }
    }

    async fn show_all(&self, runs: &[Beating], shown: &mut [i64]) -> Result<(), InventoryError> {
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
        use job_run::{Column, Entity};
        let shown = Entity::update_many()
            .col_expr(Column::PagesFetched, Expr::value(pages))
            .col_expr(Column::ProgressPercent, Expr::value(beating.progress.percent()))
            .col_expr(Column::UpdatedAt, Expr::value(self.now()))
            .filter(Column::JobId.eq(beating.run.job_id.as_str()))
            // A run that has ended meanwhile says so better.
            .filter(Column::EndedAt.is_null())
            .exec_with_returning(self.database.writer())
            .await?;
        for run in shown {
            self.publish(run);
        }
        Ok(())
    }
}

fn ticks(every: Duration) -> Interval {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// A beat that failed is told and tried again: the lease says how long that may go on.
fn report(batch_id: &str, beat: Result<(), InventoryError>) {
    if let Err(error) = beat {
        tracing::warn!(batch_id, error = %spell_out(&error), "a heartbeat failed");
    }
}
