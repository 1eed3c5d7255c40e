//! `jobProgress`: an order as it goes.

use std::{collections::HashMap, time::Duration};

use async_graphql::{Context, ID, Subscription as GraphqlSubscription};
use entity::{job_batch, job_run};
use futures::{Stream, StreamExt, TryStreamExt, stream};
use sea_orm::{ColumnTrait, DatabaseConnection, DbErr, EntityTrait, QueryFilter, QueryOrder};
use tokio::sync::broadcast::{Receiver, error::RecvError};

use super::{context::Hub, errors::Fault, node_id::NodeId, types::JobRun};
use crate::inventory::RunUpdate;

/// How often the tables are read again: runs of other servers tell this one nothing.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

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
        let progress = Progress {
            updates: ctx.inventory().subscribe(),
            reader: ctx.reader().clone(),
            batch_id,
            shown: HashMap::new(),
            ended: false,
        };
        progress.require_batch().await?;
        Ok(progress.stream())
    }
}

/// What is known of a batch that somebody follows.
struct Progress {
    updates: Receiver<RunUpdate>,
    reader: DatabaseConnection,
    batch_id: String,
    /// The runs as they were last shown.
    shown: HashMap<String, job_run::Model>,
    ended: bool,
}

impl Progress {
    async fn require_batch(&self) -> Result<(), Fault> {
        match self.find_batch().await? {
            Some(_) => Ok(()),
            None => Err(Fault::NotFound("there is no such job batch".to_owned())),
        }
    }

    fn stream(self) -> impl Stream<Item = Result<JobRun, Fault>> {
        stream::try_unfold((self, true), |(mut progress, is_first)| async move {
            if progress.ended {
                return Ok(None);
            }
            let changed = if is_first { progress.look().await? } else { progress.next_changes().await? };
            Ok::<_, Fault>(Some((stream::iter(changed).map(Ok), (progress, false))))
        })
        .try_flatten()
    }

    /// Waits until something of this batch may have changed.
    async fn next_changes(&mut self) -> Result<Vec<JobRun>, DbErr> {
        loop {
            match tokio::time::timeout(LOOK_AGAIN, self.updates.recv()).await {
                Ok(Ok(update)) if update.batch_id != self.batch_id => {}
                Ok(Ok(update)) if update.run.ended_at.is_none() => return Ok(self.changed(vec![update.run])),
                // A run that ended may have ended the batch; what was missed is in the tables.
                Ok(Ok(_) | Err(RecvError::Lagged(_))) | Err(_) => return self.look().await,
                // The hub is gone: no run of it will change any more.
                Ok(Err(RecvError::Closed)) => {
                    let last = self.look().await;
                    self.ended = true;
                    return last;
                }
            }
        }
    }

    /// Reads the tables: the batch first, so that its last run's end is not missed.
    async fn look(&mut self) -> Result<Vec<JobRun>, DbErr> {
        use job_run::{Column, Entity};
        let batch = self.find_batch().await?;
        let runs = Entity::find().filter(Column::BatchId.eq(self.batch_id.as_str()));
        let runs = runs.order_by_asc(Column::JobName).order_by_asc(Column::JobId).all(&self.reader).await?;
        self.ended = batch.is_none_or(|batch| batch.ended_at.is_some());
        Ok(self.changed(runs))
    }

    async fn find_batch(&self) -> Result<Option<job_batch::Model>, DbErr> {
        job_batch::Entity::find_by_id(self.batch_id.as_str()).one(&self.reader).await
    }

    /// Those that are not as they were last shown. Older news than what was shown is none.
    fn changed(&mut self, runs: Vec<job_run::Model>) -> Vec<JobRun> {
        let is_news = |run: &job_run::Model| {
            let known = self.shown.get(&run.job_id);
            known.is_none_or(|known| known.updated_at <= run.updated_at && differs(known, run))
        };
        let news: Vec<job_run::Model> = runs.into_iter().filter(is_news).collect();
        self.shown.extend(news.iter().map(|run| (run.job_id.clone(), run.clone())));
        news.into_iter().map(JobRun).collect()
    }
}

/// A lease that was extended is no news.
fn differs(one: &job_run::Model, other: &job_run::Model) -> bool {
    let one = job_run::Model { lease_expires_at: other.lease_expires_at, ..one.clone() };
    one != *other
}
