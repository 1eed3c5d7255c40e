//! `devicesAsOf`.

use async_graphql::{Context, Object};
use chrono::NaiveDate;
use domain::vendor::Vendor;
use entity::{device_identity, device_snapshot};
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter,
    sea_query::{Alias, Condition, Expr, ExprTrait, Query},
};

use super::{SnapshotFilter, snapshots::require_kept};
use crate::graphql::{
    context::Hub,
    errors::Fault,
    filters::{OrderDirection, condition},
    pagination::{Connection, Order, PageArguments, page_cost, page_of_rows},
    types::{Date, DeviceAsOf},
};

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DeviceAsOfQueries;

#[Object]
impl DeviceAsOfQueries {
    /// The machines as they were on a stored day, each once however many vendors listed it, by host name of that day. A day
    /// that no vendor has stored is refused with the code NO_DATA and the nearest days that are stored.
    #[expect(clippy::too_many_arguments, reason = "the arguments of every list")]
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn devices_as_of(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day.")] date: Date,
        #[graphql(desc = "How many rows from the start of the range: 1 to 500, 50 if null.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor; null is from the start.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range, instead of `first`: 1 to 500.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor; null is to the end.")] before: Option<String>,
        #[graphql(desc = "Which devices, by what the record that led them said that day; null is all.")] filter: Option<
            SnapshotFilter,
        >,
    ) -> Result<Connection<DeviceAsOf>, Fault> {
        use device_snapshot::{Column, Entity};
        let arguments = PageArguments { first, after, last, before };
        let reference = ctx.inventory().reference();
        let asked = condition(filter.as_ref(), reference)?;
        require_kept(ctx, None, date.0).await?;
        let rows = Entity::find()
            .filter(Column::SnapshotDate.eq(date.0))
            .filter(leads_its_device(date.0, reference.vendor_id(Vendor::REFERENCE)))
            .filter(asked);
        let by_name =
            Order::new("devicesAsOf", Column::CanonicalHostname, Column::DeviceIdentityId, OrderDirection::Asc);
        page_of_rows(ctx.reader(), (rows, by_name), &arguments, DeviceAsOf).await
    }
}

/// Whether no other record of the same device that was listed that day leads it: the reference vendor's goes first, then
/// the one with the lowest id.
fn leads_its_device(date: NaiveDate, reference_id: i64) -> Expr {
    use device_identity::{Column, Entity};
    let [own, other, listed] = ["own", "other", "listed"].map(Alias::new);
    let at = |table: &Alias, column: Column| Expr::col((table.clone(), column));
    let rank = |table: &Alias| Expr::case(at(table, Column::VendorId).eq(reference_id), 0).finally(1);
    let first = |table: &Alias| Expr::tuple([rank(table).into(), at(table, Column::Id)]);
    let that_day = |column: device_snapshot::Column| Expr::col((listed.clone(), column));
    let better = Query::select()
        .expr(Expr::val(1))
        .from_as(Entity, own.clone())
        .join_as(
            sea_orm::sea_query::JoinType::InnerJoin,
            Entity,
            other.clone(),
            at(&other, Column::DeviceId).equals((own.clone(), Column::DeviceId)),
        )
        .join_as(
            sea_orm::sea_query::JoinType::InnerJoin,
            device_snapshot::Entity,
            listed.clone(),
            Condition::all()
                .add(that_day(device_snapshot::Column::DeviceIdentityId).equals((other.clone(), Column::Id)))
                .add(that_day(device_snapshot::Column::SnapshotDate).eq(date)),
        )
        .and_where(at(&own, Column::Id).equals((device_snapshot::Entity, device_snapshot::Column::DeviceIdentityId)))
        .and_where(first(&other).lt(first(&own)))
        .take();
    Expr::exists(better).not()
}
