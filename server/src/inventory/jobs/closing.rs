//! What the runs of a batch make of it: when it began, how far it is, how it ended.

use entity::{job_batch, job_run};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};

use super::{JobStatus, ending::seconds};
use crate::inventory::{Inventory, InventoryError};

impl Inventory {
    /// A run of the batch is at work now.
    pub(super) async fn begin_batch(&self, batch: &job_batch::Model) -> Result<(), InventoryError> {
        let runs = list_runs(self.database.writer(), &batch.batch_id).await?;
        let begun = job_batch::ActiveModel {
            status: Set(JobStatus::Running.code().to_owned()),
            started_at: Set(Some(batch.started_at.unwrap_or_else(|| self.now()))),
            estimated_completion: Set(self.estimate_batch(&runs).await?),
            ..Default::default()
        };
        self.change_open_batch(&batch.batch_id, begun).await
    }

    /// Ends the batch if its runs have all ended, the way its worst run ended; else tells how far it is.
    pub(super) async fn conclude_batch(&self, batch_id: &str) -> Result<(), InventoryError> {
        let runs = list_runs(self.database.writer(), batch_id).await?;
        if runs.iter().any(|run| run.ended_at.is_none()) {
            return self.show_batch(batch_id, &runs).await;
        }
        let Some(batch) = self.find_batch(batch_id).await?.filter(|batch| batch.ended_at.is_none()) else {
            return Ok(());
        };
        self.verify_after(&runs).await;
        let now = self.now();
        let statuses = runs.iter().filter_map(|run| JobStatus::from_code(&run.status));
        let worst = statuses.max_by_key(|status| status.weight()).unwrap_or(JobStatus::Completed);
        let message = runs.iter().map(|run| format!("{}: {}", run.job_name, run.status)).collect::<Vec<_>>();
        let closed = job_batch::ActiveModel {
            status: Set(worst.code().to_owned()),
            progress_percent: Set(100),
            message: Set(Some(message.join(", "))),
            error: Set(runs.iter().find_map(|run| run.error.clone())),
            ended_at: Set(Some(now)),
            duration_seconds: Set(Some(seconds(batch.started_at.unwrap_or(now), now))),
            ..Default::default()
        };
        self.change_open_batch(batch_id, closed).await
    }

    /// How far a batch is, from how far its runs are.
    pub(super) async fn show_batch(&self, batch_id: &str, runs: &[job_run::Model]) -> Result<(), InventoryError> {
        let done = |run: &job_run::Model| if run.ended_at.is_some() { 100 } else { run.progress_percent };
        let percent = runs.iter().map(done).sum::<i32>() / i32::try_from(runs.len().max(1)).unwrap_or(i32::MAX);
        let estimate = self.estimate_batch(runs).await?;
        let estimate = if estimate.is_some() { Set(estimate) } else { NotSet };
        let shown = job_batch::ActiveModel {
            progress_percent: Set(percent),
            estimated_completion: estimate,
            ..Default::default()
        };
        self.change_open_batch(batch_id, shown).await
    }

    async fn change_open_batch(&self, batch_id: &str, change: job_batch::ActiveModel) -> Result<(), InventoryError> {
        let changed = job_batch::Entity::update_many()
            .set(change)
            .filter(job_batch::Column::BatchId.eq(batch_id))
            .filter(job_batch::Column::EndedAt.is_null())
            .exec_with_returning(self.database.writer())
            .await?;
        for batch in changed {
            self.publish_batch(batch);
        }
        Ok(())
    }

    /// Ends batches whose runs have all ended, and whose processes ended before they could say so.
    pub(super) async fn conclude_orphans(&self) -> Result<(), InventoryError> {
        let open = job_run::Entity::find()
            .select_only()
            .column(job_run::Column::BatchId)
            .filter(job_run::Column::EndedAt.is_null());
        let orphans = job_batch::Entity::find()
            .filter(job_batch::Column::EndedAt.is_null())
            .filter(job_batch::Column::BatchId.not_in_subquery(open.into_query()));
        // Whoever ends a batch's last run here is about to end it. Asked before the list is read: one that leaves meanwhile
        // has ended its batch.
        let cared_for = self.at_work.batch_ids();
        for batch in orphans.all(self.database.reader()).await? {
            if !cared_for.contains(&batch.batch_id) {
                self.conclude_batch(&batch.batch_id).await?;
            }
        }
        Ok(())
    }

    pub(crate) async fn find_batch(&self, batch_id: &str) -> Result<Option<job_batch::Model>, InventoryError> {
        Ok(job_batch::Entity::find_by_id(batch_id).one(self.database.writer()).await?)
    }
}

/// The runs of a batch, by name.
pub(crate) async fn list_runs(
    connection: &impl ConnectionTrait,
    batch_id: &str,
) -> Result<Vec<job_run::Model>, InventoryError> {
    use job_run::{Column, Entity};
    let of_batch = Entity::find().filter(Column::BatchId.eq(batch_id)).order_by_asc(Column::JobName);
    Ok(of_batch.all(connection).await?)
}
