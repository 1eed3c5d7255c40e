//! `jobProgress` and `jobs`: orders as they go.
//!
//! Followers read the tables once, when they come; from then on they hear what changes from the one watcher of this server.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, ID, Subscription as GraphqlSubscription};
use chrono::TimeDelta;
use entity::{job_batch, job_run};
use futures::{Stream, TryStreamExt, stream};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use tokio::sync::broadcast::{Receiver, error::RecvError};

use super::{context::Hub, errors::Fault, loaders::BatchId, node_id::NodeId, types::JobRun};
use crate::inventory::{Inventory, JobUpdate, jobs::is_change};

/// How long a run that has ended is remembered: nothing older is told again by another server's clock.
const REMEMBERED: TimeDelta = TimeDelta::minutes(5);

/// What can be followed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Subscription;

/// What can be followed.
#[GraphqlSubscription]
impl Subscription {
    /// The runs of an order: first each as it is now, then each as it changes. Ends when the order has ended.
    async fn job_progress(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of a job batch.")] batch_id: ID,
    ) -> Result<impl Stream<Item = Result<JobRun, Fault>>, Fault> {
        let batch_id = NodeId::job_batch(&batch_id)?;
        // It listens before it looks: what changes meanwhile is heard.
        let followed = Followed::new(ctx.inventory(), Some(batch_id.clone()));
        let batch = ctx.load(BatchId(batch_id)).await?;
        let batch = batch.ok_or_else(|| Fault::NotFound("there is no such job batch".to_owned()))?;
        Ok(Followed { ended: batch.ended_at.is_some(), ..followed }.stream())
    }

    /// The runs of all orders, whichever server works on them: first those that have not ended, then each as it changes, also
    /// those that are ordered later. Never ends by itself.
    #[expect(clippy::unused_async, reason = "async-graphql takes asynchronous resolvers only")]
    async fn jobs(&self, ctx: &Context<'_>) -> Result<impl Stream<Item = Result<JobRun, Fault>>, Fault> {
        Ok(Followed::new(ctx.inventory(), None).stream())
    }
}

/// What somebody follows.
struct Followed {
    hub: Inventory,
    updates: Receiver<JobUpdate>,
    /// The order that is followed; `None` is all.
    batch_id: Option<String>,
    /// The runs as they were last shown.
    shown: HashMap<String, Arc<job_run::Model>>,
    is_new: bool,
    ended: bool,
}

impl Followed {
    fn new(hub: &Inventory, batch_id: Option<String>) -> Self {
        let updates = hub.subscribe();
        Self { hub: hub.clone(), updates, batch_id, shown: HashMap::new(), is_new: true, ended: false }
    }

    fn stream(self) -> impl Stream<Item = Result<JobRun, Fault>> {
        stream::try_unfold(self, |mut followed| async move {
            if followed.ended && !followed.is_new {
                return Ok(None);
            }
            let changed = followed.next_changes().await?;
            Ok::<_, Fault>(Some((stream::iter(changed.into_iter().map(Ok)), followed)))
        })
        .try_flatten()
    }

    async fn next_changes(&mut self) -> Result<Vec<JobRun>, DbErr> {
        if self.is_new {
            return self.look().await;
        }
        match self.updates.recv().await {
            Ok(JobUpdate::Run(run)) if self.is_followed(&run.batch_id) => Ok(self.changed(&run).into_iter().collect()),
            Ok(JobUpdate::Batch(batch)) if self.batch_id.as_deref() == Some(&batch.batch_id) => {
                self.ended = batch.ended_at.is_some();
                // The end of another server's run may not have been told yet; it is in the tables.
                let is_told = self.shown.values().all(|run| run.ended_at.is_some());
                if self.ended && !is_told { self.look().await } else { Ok(Vec::new()) }
            }
            Ok(_) => Ok(Vec::new()),
            Err(RecvError::Lagged(_)) => self.look().await,
            // The hub is gone: no run of it will change any more.
            Err(RecvError::Closed) => {
                self.ended = true;
                Ok(Vec::new())
            }
        }
    }

    fn is_followed(&self, batch_id: &str) -> bool {
        self.batch_id.as_deref().is_none_or(|followed| followed == batch_id)
    }

    /// Reads the tables: the batch first (whoever comes has read it), so that its last run's end is not missed.
    async fn look(&mut self) -> Result<Vec<JobRun>, DbErr> {
        let is_first = std::mem::take(&mut self.is_new);
        let runs = if let Some(batch_id) = &self.batch_id {
            let reader = self.hub.database().reader();
            if !is_first {
                let batch = job_batch::Entity::find_by_id(batch_id.as_str()).one(reader).await?;
                self.ended = batch.is_none_or(|batch| batch.ended_at.is_some());
            }
            let of_batch = job_run::Entity::find().filter(job_run::Column::BatchId.eq(batch_id.as_str()));
            of_batch.order_by_asc(job_run::Column::JobName).all(reader).await?
        } else {
            self.hub.list_recent_runs(self.hub.now() - REMEMBERED).await?
        };
        let news = runs.into_iter().filter_map(|run| self.changed(&Arc::new(run))).collect::<Vec<_>>();
        // Of all orders, what had ended by then is known, and not told.
        let is_told = |run: &JobRun| !is_first || self.batch_id.is_some() || run.0.ended_at.is_none();
        Ok(news.into_iter().filter(is_told).collect())
    }

    /// The run, if it is not as it was last shown.
    fn changed(&mut self, run: &Arc<job_run::Model>) -> Option<JobRun> {
        let is_news = self.shown.get(&run.job_id).is_none_or(|known| is_change(known, run));
        if !is_news {
            return None;
        }
        let old = run.updated_at - REMEMBERED;
        self.shown.retain(|_, known| self.batch_id.is_some() || known.ended_at.is_none_or(|ended| ended > old));
        self.shown.insert(run.job_id.clone(), Arc::clone(run));
        Some(JobRun(run.as_ref().clone()))
    }
}
