//! Job batches, their runs, and what runs brought back.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use entity::{collection, job_attempt, job_batch, job_run, set_aside_record};
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
    sea_query::{Expr, ExprTrait, Func, Order, Query, SelectStatement, WindowStatement},
};

use super::{Rows, grouped, one_each};

/// Set-aside records of one collection that are shown at most.
pub const MAX_SET_ASIDE: usize = 100;

/// A batch by its id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BatchId(pub String);

impl Loader<BatchId> for Rows {
    type Value = job_batch::Model;
    type Error = DbErr;

    async fn load(&self, keys: &[BatchId]) -> Result<HashMap<BatchId, job_batch::Model>, DbErr> {
        let wanted = job_batch::Column::BatchId.is_in(keys.iter().map(|key| key.0.as_str()));
        let rows = job_batch::Entity::find().filter(wanted).all(&self.reader).await?;
        Ok(one_each(rows, |row| BatchId(row.batch_id.clone())))
    }
}

/// A run by its id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RunId(pub String);

impl Loader<RunId> for Rows {
    type Value = job_run::Model;
    type Error = DbErr;

    async fn load(&self, keys: &[RunId]) -> Result<HashMap<RunId, job_run::Model>, DbErr> {
        let wanted = job_run::Column::JobId.is_in(keys.iter().map(|key| key.0.as_str()));
        let rows = job_run::Entity::find().filter(wanted).all(&self.reader).await?;
        Ok(one_each(rows, |row| RunId(row.job_id.clone())))
    }
}

/// The runs of a batch, by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RunsOfBatch(pub String);

impl Loader<RunsOfBatch> for Rows {
    type Value = Vec<job_run::Model>;
    type Error = DbErr;

    async fn load(&self, keys: &[RunsOfBatch]) -> Result<HashMap<RunsOfBatch, Vec<job_run::Model>>, DbErr> {
        use job_run::{Column, Entity};
        let wanted = Entity::find().filter(Column::BatchId.is_in(keys.iter().map(|key| key.0.as_str())));
        let rows = wanted.order_by_asc(Column::JobName).order_by_asc(Column::JobId).all(&self.reader).await?;
        Ok(grouped(rows, |row| RunsOfBatch(row.batch_id.clone())))
    }
}

/// The attempts at a run, the first first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AttemptsOfRun(pub String);

impl Loader<AttemptsOfRun> for Rows {
    type Value = Vec<job_attempt::Model>;
    type Error = DbErr;

    async fn load(&self, keys: &[AttemptsOfRun]) -> Result<HashMap<AttemptsOfRun, Vec<job_attempt::Model>>, DbErr> {
        use job_attempt::{Column, Entity};
        let wanted = Entity::find().filter(Column::JobId.is_in(keys.iter().map(|key| key.0.as_str())));
        let rows = wanted.order_by_asc(Column::Number).all(&self.reader).await?;
        Ok(grouped(rows, |row| AttemptsOfRun(row.job_id.clone())))
    }
}

/// A collection by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CollectionId(pub i64);

impl Loader<CollectionId> for Rows {
    type Value = collection::Model;
    type Error = DbErr;

    async fn load(&self, keys: &[CollectionId]) -> Result<HashMap<CollectionId, collection::Model>, DbErr> {
        let wanted = collection::Column::Id.is_in(keys.iter().map(|key| key.0));
        let rows = collection::Entity::find().filter(wanted).all(&self.reader).await?;
        Ok(one_each(rows, |row| CollectionId(row.id)))
    }
}

/// The first [`MAX_SET_ASIDE`] records that a collection set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SetAsideOfCollection(pub i64);

impl Loader<SetAsideOfCollection> for Rows {
    type Value = Vec<set_aside_record::Model>;
    type Error = DbErr;

    async fn load(
        &self,
        keys: &[SetAsideOfCollection],
    ) -> Result<HashMap<SetAsideOfCollection, Vec<set_aside_record::Model>>, DbErr> {
        use set_aside_record::{Column, Entity};
        let first = Column::Id.in_subquery(first_of_each(keys));
        let rows = Entity::find().filter(first).order_by_asc(Column::Id).all(&self.reader).await?;
        Ok(grouped(rows, |row| SetAsideOfCollection(row.collection_id)))
    }
}

/// Ids of the first records of each collection.
fn first_of_each(keys: &[SetAsideOfCollection]) -> SelectStatement {
    use set_aside_record::{Column, Entity};
    let by_collection = WindowStatement::partition_by(Column::CollectionId).order_by(Column::Id, Order::Asc).take();
    let numbered = Query::select()
        .column(Column::Id)
        .expr_window_as(Func::cust("ROW_NUMBER"), by_collection, "place")
        .from(Entity)
        .and_where(Expr::col(Column::CollectionId).is_in(keys.iter().map(|key| key.0)))
        .take();
    let place = Expr::col("place").lte(i64::try_from(MAX_SET_ASIDE).unwrap_or(i64::MAX));
    Query::select().column(Column::Id).from_subquery(numbered, "numbered").and_where(place).take()
}
