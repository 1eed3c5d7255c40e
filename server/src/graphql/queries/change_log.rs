//! `changeLog`.

use async_graphql::{Context, Object};
use entity::change_log;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::graphql::{
    context::Hub,
    errors::Fault,
    filters::OrderDirection,
    pagination::{Connection, Order, PageArguments, page_cost, page_of_rows},
    types::{ChangeLogEntry, Date, VendorName},
};

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ChangeLogQueries;

#[Object]
impl ChangeLogQueries {
    /// Per stored day of a vendor the totals and what changed them since its stored day before: the oldest day first. Days
    /// that are not stored have no entries.
    #[expect(clippy::too_many_arguments, reason = "the arguments of every list")]
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn change_log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The vendor.")] vendor: VendorName,
        #[graphql(desc = "The first day; null is from the beginning.")] from: Option<Date>,
        #[graphql(desc = "The last day; null is to the end.")] to: Option<Date>,
        #[graphql(desc = "How many rows from the start of the range: 1 to 500, 50 if null.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor; null is from the start.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range, instead of `first`: 1 to 500.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor; null is to the end.")] before: Option<String>,
    ) -> Result<Connection<ChangeLogEntry>, Fault> {
        use change_log::{Column, Entity};
        if let Some((from, to)) = from.zip(to).filter(|(from, to)| from > to) {
            return Err(Fault::BadUserInput(format!("`from` ({}) must not be after `to` ({})", from.0, to.0)));
        }
        let arguments = PageArguments { first, after, last, before };
        let mut rows = Entity::find().filter(Column::VendorId.eq(ctx.inventory().reference().vendor_id(vendor.into())));
        rows = from.map_or(rows.clone(), |from| rows.filter(Column::ChangeDate.gte(from.0)));
        rows = to.map_or(rows.clone(), |to| rows.filter(Column::ChangeDate.lte(to.0)));
        let by_day = Order::new("changeLog", Column::ChangeDate, Column::Metric, OrderDirection::Asc);
        page_of_rows(ctx.reader(), (rows, by_day), &arguments, ChangeLogEntry).await
    }
}
