//! The record of attempts: who took a run, and what became of it.

use entity::{
    job_attempt::{ActiveModel, Column, Entity},
    job_run,
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter,
};

use crate::inventory::Inventory;

impl Inventory {
    /// Records that this process takes a run, by the number that the run has now.
    pub(super) async fn open_attempt(
        &self,
        connection: &impl ConnectionTrait,
        run: &job_run::Model,
    ) -> Result<(), DbErr> {
        let row = ActiveModel {
            job_id: Set(run.job_id.clone()),
            number: Set(run.attempt),
            holder: Set(self.at_work.holder().to_owned()),
            began_at: Set(self.now()),
            ended_at: NotSet,
            outcome: NotSet,
        };
        Entity::insert(row).exec_without_returning(connection).await?;
        Ok(())
    }

    /// Ends the run's attempt; one that was never begun has no record.
    pub(super) async fn close_attempt(
        &self,
        connection: &impl ConnectionTrait,
        run: &job_run::Model,
        outcome: &str,
    ) -> Result<(), DbErr> {
        let closed = ActiveModel {
            ended_at: Set(Some(self.now())),
            outcome: Set(Some(outcome.to_owned())),
            ..Default::default()
        };
        Entity::update_many()
            .set(closed)
            .filter(Column::JobId.eq(run.job_id.as_str()))
            .filter(Column::Number.eq(run.attempt))
            .filter(Column::EndedAt.is_null())
            .exec(connection)
            .await?;
        Ok(())
    }
}
