//! Where schedules stand.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use entity::{schedule_pause, schedule_slot};
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait, Func, Query},
};

use super::Rows;

/// The pause that the schedule of this name is in; none is no entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OpenPause(pub &'static str);

impl Loader<OpenPause> for Rows {
    type Value = schedule_pause::Model;
    type Error = DbErr;

    async fn load(&self, keys: &[OpenPause]) -> Result<HashMap<OpenPause, schedule_pause::Model>, DbErr> {
        use schedule_pause::{Column, Entity};
        let wanted = Column::Schedule.is_in(keys.iter().map(|key| key.0));
        let rows = Entity::find().filter(wanted).filter(Column::ResumedAt.is_null()).all(&self.reader).await?;
        let key_of = |name: &str| keys.iter().find(|key| key.0 == name).copied();
        Ok(rows.into_iter().filter_map(|row| Some((key_of(&row.schedule)?, row))).collect())
    }
}

/// The newest slot that was taken of the schedule of this name; none is no entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LastTaken(pub &'static str);

impl Loader<LastTaken> for Rows {
    type Value = schedule_slot::Model;
    type Error = DbErr;

    async fn load(&self, keys: &[LastTaken]) -> Result<HashMap<LastTaken, schedule_slot::Model>, DbErr> {
        use schedule_slot::{Column, Entity};
        let newest = Query::select()
            .column(Column::Schedule)
            .expr(Func::max(Expr::col(Column::SlotAt)))
            .from(Entity)
            .and_where(Expr::col(Column::Schedule).is_in(keys.iter().map(|key| key.0)))
            .and_where(Expr::col(Column::BatchId).is_not_null())
            .group_by_col(Column::Schedule)
            .take();
        let slot = Expr::tuple([Column::Schedule, Column::SlotAt].map(|column| Expr::col(column.as_column_ref())));
        let rows = Entity::find().filter(slot.in_subquery(newest)).all(&self.reader).await?;
        let key_of = |name: &str| keys.iter().find(|key| key.0 == name).copied();
        Ok(rows.into_iter().filter_map(|row| Some((key_of(&row.schedule)?, row))).collect())
    }
}
