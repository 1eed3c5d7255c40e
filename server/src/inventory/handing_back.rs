//! What this server is at work on when it must end: stopped, nothing of it stored, and free for others at once.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use entity::{job_run, vendor_lease};
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait},
};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{Inventory, InventoryError, jobs::JobStatus};

/// What became of a run that was handed back.
const HANDED_BACK: &str = "its server was stopped before it was done; nothing of it was stored";

/// How long stopped work may take to roll back.
const ROLLING_BACK: Duration = Duration::from_secs(2);

/// The batches that this server runs in the background.
#[derive(Clone, Debug, Default)]
pub(crate) struct AtWork {
    batches: Arc<Mutex<BTreeSet<String>>>,
    leaving: CancellationToken,
}

impl AtWork {
    /// Runs a batch's work to its end, or until this server leaves; `None` then.
    pub(super) async fn run<T>(&self, batch_id: &str, work: impl Future<Output = T>) -> Option<T> {
        self.batches().insert(batch_id.to_owned());
        let done = self.leaving.run_until_cancelled(work).await;
        if done.is_some() {
            self.batches().remove(batch_id);
        }
        done
    }

    fn batches(&self) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
        self.batches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inventory {
    /// Stops what this server is at work on, for good: its open transactions roll back, its runs end as failed with the
    /// reason, its vendors are free. Answers how many runs that were.
    pub async fn hand_back(&self) -> Result<u64, InventoryError> {
        self.at_work.leaving.cancel();
        self.tasks.close();
        // What can't be stopped is no reason not to say so in the tables.
        let _ = timeout(ROLLING_BACK, self.tasks.wait()).await;
        let batches: Vec<String> = std::mem::take(&mut *self.at_work.batches()).into_iter().collect();
        let of_ours = job_run::Column::BatchId.is_in(batches).and(job_run::Column::EndedAt.is_null());
        let runs = job_run::Entity::find().filter(of_ours.clone()).all(self.database.writer()).await?;
        let ended = self.end_handed_back(of_ours).await?;
        let jobs = runs.iter().map(|run| run.job_id.as_str());
        let held = vendor_lease::Entity::delete_many().filter(vendor_lease::Column::Holder.is_in(jobs));
        held.exec(self.database.writer()).await?;
        self.close_orphans().await?;
        Ok(ended)
    }

    async fn end_handed_back(&self, of_ours: Expr) -> Result<u64, InventoryError> {
        use job_run::{Column, Entity};
        let now = self.now();
        let ended = Entity::update_many()
            .col_expr(Column::Status, Expr::value(JobStatus::Failed.code()))
            .col_expr(Column::Error, Expr::value(HANDED_BACK))
            .col_expr(Column::Message, Expr::value(HANDED_BACK))
            .col_expr(Column::UpdatedAt, Expr::value(now))
            .col_expr(Column::EndedAt, Expr::value(now))
            .filter(of_ours)
            .exec(self.database.writer())
            .await?;
        Ok(ended.rows_affected)
    }
}
