//! What is newest of a vendor.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use entity::{job_run, snapshot_day, vendor};
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait, Func, Order, Query},
};

use super::{Rows, one_each};

/// The newest stored day of a vendor, by the id of its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LatestDay(pub i64);

impl Loader<LatestDay> for Rows {
    type Value = snapshot_day::Model;
    type Error = DbErr;

    async fn load(&self, keys: &[LatestDay]) -> Result<HashMap<LatestDay, snapshot_day::Model>, DbErr> {
        use snapshot_day::{Column, Entity};
        let newest = Query::select()
            .column(Column::VendorId)
            .expr(Func::max(Expr::col(Column::SnapshotDate)))
            .from(Entity)
            .and_where(Expr::col(Column::VendorId).is_in(keys.iter().map(|key| key.0)))
            .group_by_col(Column::VendorId)
            .take();
        let day = Expr::tuple([Column::VendorId, Column::SnapshotDate].map(|column| Expr::col(column.as_column_ref())));
        let rows = Entity::find().filter(day.in_subquery(newest)).all(&self.reader).await?;
        Ok(one_each(rows, |row| LatestDay(row.vendor_id)))
    }
}

/// The newest run that collected a vendor, by the id of the vendor's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LatestRun(pub i64);

impl Loader<LatestRun> for Rows {
    type Value = job_run::Model;
    type Error = DbErr;

    async fn load(&self, keys: &[LatestRun]) -> Result<HashMap<LatestRun, job_run::Model>, DbErr> {
        use job_run::{Column, Entity};
        let of_vendor = Expr::col(Column::VendorId).equals((vendor::Entity, vendor::Column::Id));
        let newest = Query::select()
            .column(Column::JobId)
            .from(Entity)
            .and_where(of_vendor)
            .order_by(Column::CreatedAt, Order::Desc)
            .order_by(Column::JobId, Order::Desc)
            .limit(1)
            .take();
        let of_each = Query::select()
            .expr(newest)
            .from(vendor::Entity)
            .and_where(Expr::col((vendor::Entity, vendor::Column::Id)).is_in(keys.iter().map(|key| key.0)))
            .take();
        let rows = Entity::find().filter(Column::JobId.in_subquery(of_each)).all(&self.reader).await?;
        Ok(one_each(rows, |row| LatestRun(row.vendor_id.unwrap_or_default())))
    }
}
