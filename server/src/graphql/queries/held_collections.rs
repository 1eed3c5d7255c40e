//! `heldCollections` and `missingDevices`.

use async_graphql::{Context, ID, Object};
use entity::{collection, device_identity, device_snapshot, held_device, snapshot_day};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use crate::graphql::{
    context::Hub,
    errors::Fault,
    filters::OrderDirection,
    node_id::NodeId,
    pagination::{Connection, Order, PageArguments, page_cost, page_of_rows},
    types::{DeviceSnapshot, HeldCollection},
};

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct HeldCollectionQueries;

#[Object]
impl HeldCollectionQueries {
    /// The collections that wait for a person, the newest first.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn held_collections(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows from the start of the range: 1 to 500, 50 if null.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor; null is from the start.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range, instead of `first`: 1 to 500.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor; null is to the end.")] before: Option<String>,
    ) -> Result<Connection<HeldCollection>, Fault> {
        use collection::{Column, Entity};
        let arguments = PageArguments { first, after, last, before };
        let rows = Entity::find().filter(Column::Outcome.eq("held"));
        let newest_first = Order::new("heldCollections", Column::EndedAt, Column::Id, OrderDirection::Desc);
        page_of_rows(ctx.reader(), (rows, newest_first), &arguments, HeldCollection).await
    }

    /// The devices of the vendor's latest stored day that a held collection lacks, by host name; none when nothing waits
    /// under this id any more.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn missing_devices(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The collection that waits.")] held_collection: ID,
        #[graphql(desc = "How many rows from the start of the range: 1 to 500, 50 if null.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor; null is from the start.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range, instead of `first`: 1 to 500.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor; null is to the end.")] before: Option<String>,
    ) -> Result<Connection<DeviceSnapshot>, Fault> {
        use device_snapshot::{Column, Entity};
        let arguments = PageArguments { first, after, last, before };
        let id = NodeId::held_collection(&held_collection)?;
        let held = collection::Entity::find_by_id(id).filter(collection::Column::Outcome.eq("held"));
        let day = match held.one(ctx.reader()).await? {
            Some(held) => latest_day(ctx, held.vendor_id).await?,
            None => None,
        };
        let keys = held_device::Entity::find().select_only().column(held_device::Column::VendorDeviceKey);
        let keys = keys.filter(held_device::Column::CollectionId.eq(id)).into_query();
        // A collection that waits no more, or a vendor without a stored day, lacks nothing.
        let (date, vendor_id) = day.map_or((chrono::NaiveDate::default(), 0), |day| (day.snapshot_date, day.vendor_id));
        let absent = device_identity::Entity::find()
            .select_only()
            .column(device_identity::Column::Id)
            .filter(device_identity::Column::VendorId.eq(vendor_id))
            .filter(device_identity::Column::VendorDeviceKey.not_in_subquery(keys));
        let rows = Entity::find()
            .filter(Column::SnapshotDate.eq(date))
            .filter(Column::VendorId.eq(vendor_id))
            .filter(Column::DeviceIdentityId.in_subquery(absent.into_query()));
        let by_name =
            Order::new("missingDevices", Column::CanonicalHostname, Column::DeviceIdentityId, OrderDirection::Asc);
        page_of_rows(ctx.reader(), (rows, by_name), &arguments, DeviceSnapshot).await
    }
}

async fn latest_day(ctx: &Context<'_>, vendor_id: i64) -> Result<Option<snapshot_day::Model>, Fault> {
    use snapshot_day::{Column, Entity};
    let kept = Entity::find().filter(Column::VendorId.eq(vendor_id)).filter(Column::DroppedAt.is_null());
    Ok(kept.order_by_desc(Column::SnapshotDate).one(ctx.reader()).await?)
}
