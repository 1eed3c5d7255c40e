//! What changes, told to whoever follows: by this process as it changes, and by one watcher for what other servers change.
//! However many follow, the tables are read by one.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{job_batch, job_run};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder};
use tokio::{sync::broadcast, time::MissedTickBehavior};

use crate::inventory::Inventory;

/// How many updates a slow follower may fall behind before it misses some.
const UPDATES_KEPT: usize = 1024;

/// How often other servers' changes are looked for.
const LOOK: Duration = Duration::from_secs(1);

/// How far back is looked: servers' clocks differ, and transactions become visible later than they say.
const LOOK_BACK: TimeDelta = TimeDelta::minutes(1);

/// A run or a batch after a change.
#[derive(Clone, Debug)]
pub enum JobUpdate {
    /// A run.
    Run(Arc<job_run::Model>),
    /// A batch; its end is told after that of its last run.
    Batch(Arc<job_batch::Model>),
}

/// Where changes are told. Every clone is the same.
#[derive(Clone, Debug)]
pub(crate) struct Updates {
    sender: broadcast::Sender<JobUpdate>,
    is_watched: Arc<AtomicBool>,
}

impl Updates {
    pub(crate) fn new() -> Self {
        Self { sender: broadcast::Sender::new(UPDATES_KEPT), is_watched: Arc::default() }
    }
}

/// When a row changed last, as far as this server knows.
#[derive(Default)]
struct Known {
    /// When was last looked; `None` before the first look.
    looked_at: Option<DateTime<Utc>>,
    runs: HashMap<String, job_run::Model>,
    batches: HashMap<String, job_batch::Model>,
}

impl Inventory {
    /// Every change of a run or a batch from now on, whichever server makes it; those of others a second later.
    pub fn subscribe(&self) -> broadcast::Receiver<JobUpdate> {
        let receiver = self.updates.sender.subscribe();
        if !self.updates.is_watched.swap(true, Ordering::AcqRel) {
            let hub = self.clone();
            self.tasks.spawn(async move { hub.watch().await });
        }
        receiver
    }

    /// Tells followers, and rings for those who wait for their turn; nobody listening is no trouble.
    pub(crate) fn publish(&self, run: job_run::Model) -> job_run::Model {
        self.count_ended(&run);
        let _ = self.updates.sender.send(JobUpdate::Run(Arc::new(run.clone())));
        if run.ended_at.is_some() {
            self.at_work.ring();
        }
        run
    }

    pub(super) fn publish_batch(&self, batch: job_batch::Model) {
        let _ = self.updates.sender.send(JobUpdate::Batch(Arc::new(batch)));
    }

    /// Looks until nobody follows any more.
    async fn watch(&self) {
        let mut own = self.updates.sender.subscribe();
        let mut known = Known::default();
        let mut ticks = tokio::time::interval(LOOK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The last receiver is our own. One that comes between the look and the store below finds no watcher only if it came
        // before the store, and then starts none; so we look once more after it.
        loop {
            ticks.tick().await;
            if self.updates.sender.receiver_count() <= 1 {
                self.updates.is_watched.store(false, Ordering::Release);
                let is_needed = self.updates.sender.receiver_count() > 1;
                if !is_needed || self.updates.is_watched.swap(true, Ordering::AcqRel) {
                    return;
                }
            }
            known.hear(&mut own);
            if let Err(error) = self.tell_changes(&mut known).await {
                tracing::warn!(error = %error, "other servers' jobs could not be looked at; the watcher tries again");
            }
        }
    }

    async fn tell_changes(&self, known: &mut Known) -> Result<(), DbErr> {
        let now = self.now();
        // The last look may be long ago: the database was away, or this process stood still.
        let since = known.looked_at.map_or(now, |looked_at| looked_at.min(now)) - LOOK_BACK;
        // Batches first: of a batch that has ended, every run has.
        let batches = self.list_recent_batches(since).await?;
        let runs = self.list_recent_runs(since).await?;
        let news = known.learn(runs, batches);
        // The first look tells all that is recent: what changed since a follower read it is among that.
        let is_first = known.looked_at.replace(now).is_none();
        for update in news {
            if !is_first && matches!(&update, JobUpdate::Run(run) if run.ended_at.is_some()) {
                self.at_work.ring();
            }
            let _ = self.updates.sender.send(update);
        }
        Ok(())
    }

    async fn list_recent_batches(&self, since: DateTime<Utc>) -> Result<Vec<job_batch::Model>, DbErr> {
        use job_batch::{Column, Entity};
        let recent = Condition::any().add(Column::EndedAt.is_null()).add(Column::EndedAt.gte(since));
        Entity::find().filter(recent).order_by_asc(Column::CreatedAt).all(self.database.reader()).await
    }

    /// Runs that are open or changed since then.
    pub async fn list_recent_runs(&self, since: DateTime<Utc>) -> Result<Vec<job_run::Model>, DbErr> {
        use job_run::{Column, Entity};
        let recent = Condition::any().add(Column::EndedAt.is_null()).add(Column::UpdatedAt.gte(since));
        let runs = Entity::find().filter(recent).order_by_asc(Column::CreatedAt).order_by_asc(Column::JobId);
        runs.all(self.database.reader()).await
    }
}

impl Known {
    /// What this process told by itself is no news.
    fn hear(&mut self, own: &mut broadcast::Receiver<JobUpdate>) {
        loop {
            match own.try_recv() {
                Ok(JobUpdate::Run(run)) => drop(self.runs.insert(run.job_id.clone(), run.as_ref().clone())),
                Ok(JobUpdate::Batch(batch)) => {
                    drop(self.batches.insert(batch.batch_id.clone(), batch.as_ref().clone()));
                }
                // Missed ones are told twice; followers compare.
                Err(broadcast::error::TryRecvError::Lagged(_)) => {}
                Err(_) => return,
            }
        }
    }

    /// Forgets all but what is there now, and answers what differs: runs before batches.
    fn learn(&mut self, runs: Vec<job_run::Model>, batches: Vec<job_batch::Model>) -> Vec<JobUpdate> {
        let is_news = |run: &&job_run::Model| self.runs.get(&run.job_id).is_none_or(|known| is_change(known, run));
        let changed = runs.iter().filter(is_news).map(|run| JobUpdate::Run(Arc::new(run.clone())));
        let is_other = |batch: &&job_batch::Model| self.batches.get(&batch.batch_id) != Some(*batch);
        let others = batches.iter().filter(is_other).map(|batch| JobUpdate::Batch(Arc::new(batch.clone())));
        let news = changed.chain(others).collect();
        self.runs = runs.into_iter().map(|run| (run.job_id.clone(), run)).collect();
        self.batches = batches.into_iter().map(|batch| (batch.batch_id.clone(), batch)).collect();
        news
    }
}

/// Whether a run is not as it was known. A lease that was extended is no change, and older news is none.
pub fn is_change(known: &job_run::Model, run: &job_run::Model) -> bool {
    let known = job_run::Model { lease_expires_at: run.lease_expires_at, ..known.clone() };
    known.updated_at <= run.updated_at && known != *run
}
