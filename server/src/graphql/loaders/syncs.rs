//! Syncs of devices, and what held collections lack.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use entity::{collection, device_identity, sync};
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait,
    sea_query::{Alias, Expr, ExprTrait, Func, Order, Query, SelectStatement, WindowStatement},
};

use super::{KEY, Keyed, Rows, grouped_by_key};
use crate::inventory::{InventoryError, held_comparison::HeldComparison};

/// Syncs of one device that are shown at most.
const MAX_SYNCS: usize = 100;

/// The last [`MAX_SYNCS`] syncs of a device's records, the newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SyncsOfDevice(pub i64);

impl Loader<SyncsOfDevice> for Rows {
    type Value = Vec<sync::Model>;
    type Error = DbErr;

    async fn load(&self, keys: &[SyncsOfDevice]) -> Result<HashMap<SyncsOfDevice, Vec<sync::Model>>, DbErr> {
        use sync::{Column, Entity};
        let rows = Entity::find()
            .column_as(device_identity::Column::DeviceId, KEY)
            .join(JoinType::InnerJoin, sync::Relation::DeviceIdentity.def())
            .filter(Column::Id.in_subquery(last_of_each(keys)))
            .order_by_desc(Column::RequestedAt)
            .order_by_desc(Column::Id)
            .into_model::<Keyed<sync::Model>>()
            .all(&self.reader)
            .await?;
        Ok(grouped_by_key(rows, SyncsOfDevice))
    }
}

/// Ids of the last syncs of each device.
fn last_of_each(keys: &[SyncsOfDevice]) -> SelectStatement {
    use sync::{Column, Entity};
    let device = (device_identity::Entity, device_identity::Column::DeviceId);
    let newest = WindowStatement::partition_by(device)
        .order_by((Entity, Column::RequestedAt), Order::Desc)
        .order_by((Entity, Column::Id), Order::Desc)
        .take();
    let of_record =
        Expr::col((device_identity::Entity, device_identity::Column::Id)).equals((Entity, Column::DeviceIdentityId));
    let numbered = Query::select()
        .column((Entity, Column::Id))
        .expr_window_as(Func::cust("ROW_NUMBER"), newest, "place")
        .from(Entity)
        .inner_join(device_identity::Entity, of_record)
        .and_where(Expr::col(device).is_in(keys.iter().map(|key| key.0)))
        .take();
    let place = Expr::col("place").lte(i64::try_from(MAX_SYNCS).unwrap_or(i64::MAX));
    Query::select().column(Alias::new("id")).from_subquery(numbered, "numbered").and_where(place).take()
}

/// What a collection that waits lacks against what is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ComparisonOfHeld(pub i64);

impl Loader<ComparisonOfHeld> for Rows {
    type Value = HeldComparison;
    type Error = DbErr;

    /// A few statements per collection: one or two wait, if any.
    async fn load(&self, keys: &[ComparisonOfHeld]) -> Result<HashMap<ComparisonOfHeld, HeldComparison>, DbErr> {
        use collection::{Column, Entity};
        let rows = Entity::find().filter(Column::Id.is_in(keys.iter().map(|key| key.0))).all(&self.reader).await?;
        let mut found = HashMap::new();
        for row in rows {
            let compared = self.inventory.compare_held(&row).await.map_err(|error| match error {
                InventoryError::Database(error) => error,
                other => DbErr::Custom(other.to_string()),
            })?;
            found.insert(ComparisonOfHeld(row.id), compared);
        }
        Ok(found)
    }
}
