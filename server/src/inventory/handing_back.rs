//! What this server is at work on when it must end: stopped, nothing of it stored, and free for others at once.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use entity::{job_run, vendor_lease};
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait},
};
use tokio_util::sync::CancellationToken;

use super::{
    Inventory, InventoryError,
    jobs::{JobStatus, spell_out},
};

/// What became of a run that was handed back.
const HANDED_BACK: &str = "its server was stopped before it was done; nothing of it was stored";

/// The batches that this server runs in the background.
#[derive(Clone, Debug, Default)]
pub(crate) struct AtWork {
    batches: Arc<AtomicUsize>,
    leaving: CancellationToken,
}

impl Inventory {
    /// Stops what this server is at work on, for good; how many batches that were. Their tasks roll back, end their runs as
    /// failed with the reason and free their vendors: wait for them.
    pub fn hand_back(&self) -> usize {
        self.at_work.leaving.cancel();
        self.at_work.batches.load(Ordering::Relaxed)
    }

    /// Runs a batch's work to its end, or until this server leaves.
    pub(super) async fn work_until_leaving(
        &self,
        batch_id: &str,
        work: impl Future<Output = Result<(), InventoryError>>,
    ) {
        self.at_work.batches.fetch_add(1, Ordering::Relaxed);
        let worked = match self.at_work.leaving.run_until_cancelled(work).await {
            Some(worked) => worked,
            None => self.give_up(batch_id).await,
        };
        if let Err(error) = worked {
            tracing::error!(batch_id, error = %spell_out(&error), "a batch could not be recorded");
        }
        self.at_work.batches.fetch_sub(1, Ordering::Relaxed);
    }

    async fn give_up(&self, batch_id: &str) -> Result<(), InventoryError> {
        use job_run::{Column, Entity};
        let now = self.now();
        let ended = Entity::update_many()
            .col_expr(Column::Status, Expr::value(JobStatus::Failed.code()))
            .col_expr(Column::Error, Expr::value(HANDED_BACK))
            .col_expr(Column::Message, Expr::value(HANDED_BACK))
            .col_expr(Column::UpdatedAt, Expr::value(now))
            .col_expr(Column::EndedAt, Expr::value(now))
            .filter(Column::BatchId.eq(batch_id).and(Column::EndedAt.is_null()))
            .exec_with_returning(self.database.writer())
            .await?;
        let jobs = ended.iter().map(|run| run.job_id.as_str());
        let held = vendor_lease::Entity::delete_many().filter(vendor_lease::Column::Holder.is_in(jobs));
        held.exec(self.database.writer()).await?;
        for run in ended {
            self.publish(run);
        }
        self.close_orphans().await
    }
}
