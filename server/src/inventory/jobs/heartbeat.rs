//! While a run is at work: its leases are renewed, its progress is written, and whether it is still wanted is looked at,
//! off the job's way.

use std::time::Duration;

use entity::job_run;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use tokio::time::{Instant, Interval, MissedTickBehavior};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{Claimed, at_work::Stopped, closing::list_runs, ending::spell_out, vendor_lease::renewal_interval};
use crate::inventory::{Inventory, InventoryError};

/// How often progress is looked at.
const TICK: Duration = Duration::from_millis(250);

/// How often is looked whether a run is still wanted: a person may say so on another server.
const LOOK: Duration = Duration::from_secs(1);

/// Beats until it is dropped.
#[derive(Debug)]
pub(super) struct Heartbeat {
    _stop: DropGuard,
}

impl Inventory {
    pub(super) fn start_heartbeat(&self, claimed: &Claimed) -> Heartbeat {
        let ended = CancellationToken::new();
        let (hub, claimed, stopped) = (self.clone(), claimed.clone(), ended.clone());
        self.tasks.spawn(async move {
            tokio::select! {
                () = stopped.cancelled() => {}
                () = hub.beat(&claimed) => {}
            }
        });
        Heartbeat { _stop: ended.drop_guard() }
    }

    /// Loops side by side: while a collection is being stored, PostgreSQL keeps its vendor's lease locked, and the
    /// renewal that waits for it must not keep the run from being renewed.
    async fn beat(&self, claimed: &Claimed) {
        futures::join!(self.keep_run(claimed), self.keep_vendor(claimed), self.show_all(claimed));
    }

    /// Renews the run's lease and stops the run when it is another's by now, or unwanted.
    async fn keep_run(&self, claimed: &Claimed) {
        let mut ticks = ticks(LOOK.min(renewal_interval(self.rules.lease)));
        let mut renewed = Instant::now();
        loop {
            ticks.tick().await;
            let is_due = renewed.elapsed() >= renewal_interval(self.rules.lease);
            let looked = if is_due { self.renew_run(&claimed.run).await } else { self.look_at_run(&claimed.run).await };
            match looked {
                Ok(Some(why)) => claimed.stop.stop(why),
                Ok(None) if is_due => renewed = Instant::now(),
                Ok(None) => {}
                Err(error) => warn(&claimed.run, &error),
            }
        }
    }

    async fn renew_run(&self, run: &job_run::Model) -> Result<Option<Stopped>, InventoryError> {
        use job_run::{Column, Entity};
        let renewed = Entity::update_many()
            .col_expr(Column::LeaseExpiresAt, Expr::value(self.expiry()))
            .filter(Column::JobId.eq(run.job_id.as_str()))
            .filter(Column::Attempt.eq(run.attempt))
            .filter(Column::EndedAt.is_null())
            .exec(self.database.writer())
            .await?;
        if renewed.rows_affected == 0 { self.look_at_run(run).await } else { Ok(None) }
    }

    /// Why the run is to stop. One that has just ended is not: its end is on the way to whoever waits for it.
    async fn look_at_run(&self, run: &job_run::Model) -> Result<Option<Stopped>, InventoryError> {
        let now = job_run::Entity::find_by_id(run.job_id.as_str()).one(self.database.reader()).await?;
        Ok(match now {
            Some(now) if now.attempt == run.attempt && now.ended_at.is_some() => None,
            Some(now) if now.attempt == run.attempt => now.cancel_requested_at.map(|_| Stopped::Cancelled),
            _ => Some(Stopped::Lost),
        })
    }

    async fn keep_vendor(&self, claimed: &Claimed) {
        let Some(vendor) = claimed.vendor else { return };
        let mut ticks = ticks(renewal_interval(self.rules.lease));
        loop {
            ticks.tick().await;
            match self.renew_vendor(self.database.writer(), vendor, &claimed.run).await {
                // Not ours any more: storing finds out, and stores nothing.
                Ok(()) | Err(InventoryError::LeaseLost(_)) => {}
                Err(error) => warn(&claimed.run, &error),
            }
        }
    }

    async fn show_all(&self, claimed: &Claimed) {
        let mut ticks = ticks(TICK);
        let mut shown = 0;
        loop {
            ticks.tick().await;
            let pages = claimed.progress.pages_fetched();
            if pages == shown {
                continue;
            }
            match self.show_progress(claimed, pages).await {
                Ok(()) => shown = pages,
                Err(error) => warn(&claimed.run, &error),
            }
        }
    }

    async fn show_progress(&self, claimed: &Claimed, pages: i64) -> Result<(), InventoryError> {
        use job_run::{Column, Entity};
        let change = job_run::ActiveModel {
            pages_fetched: Set(pages),
            progress_percent: Set(claimed.progress.percent()),
            message: Set(Some(claimed.progress.sentence())),
            updated_at: Set(self.now()),
            ..Default::default()
        };
        let shown = Entity::update_many()
            .set(change)
            .filter(Column::JobId.eq(claimed.run.job_id.as_str()))
            .filter(Column::Attempt.eq(claimed.run.attempt))
            // A run that has ended meanwhile says so better.
            .filter(Column::EndedAt.is_null())
            .exec_with_returning(self.database.writer())
            .await?;
        for run in shown {
            self.publish(run);
        }
        let runs = list_runs(self.database.reader(), &claimed.run.batch_id).await?;
        self.show_batch(&claimed.run.batch_id, &runs).await
    }

    /// Extends the leases of runs that wait in a batch which this process keeps for itself, until it is dropped.
    pub(super) fn keep_batch(&self, batch_id: &str) -> Heartbeat {
        let ended = CancellationToken::new();
        let (hub, batch_id, stopped) = (self.clone(), batch_id.to_owned(), ended.clone());
        self.tasks.spawn(async move {
            tokio::select! {
                () = stopped.cancelled() => {}
                () = hub.renew_waiting(&batch_id) => {}
            }
        });
        Heartbeat { _stop: ended.drop_guard() }
    }

    async fn renew_waiting(&self, batch_id: &str) {
        use job_run::{Column, Entity};
        let mut ticks = ticks(renewal_interval(self.rules.lease));
        loop {
            ticks.tick().await;
            let renewed = Entity::update_many()
                .col_expr(Column::LeaseExpiresAt, Expr::value(self.expiry()))
                .filter(Column::BatchId.eq(batch_id))
                .filter(Column::Holder.eq(self.at_work.holder()))
                .filter(Column::StartedAt.is_null())
                .filter(Column::EndedAt.is_null())
                .exec(self.database.writer())
                .await;
            if let Err(error) = renewed {
                tracing::warn!(batch_id, error = %spell_out(&error), "a heartbeat failed");
            }
        }
    }
}

/// The first comes after that time, and not at once.
fn ticks(every: Duration) -> Interval {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.reset();
    ticks
}

/// A beat that failed is told and tried again: the lease says how long that may go on.
fn warn(run: &job_run::Model, error: &InventoryError) {
    tracing::warn!(job_id = run.job_id, error = %spell_out(error), "a heartbeat failed");
}
