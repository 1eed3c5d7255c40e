//! `schedule` and `scheduleSlots`.

use async_graphql::{Context, Object};
use entity::schedule_slot;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::ExprTrait};

use crate::graphql::{
    context::Hub,
    errors::Fault,
    filters::OrderDirection,
    pagination::{Connection, Order, PageArguments, page_cost, page_of_rows},
    types::{Schedule, ScheduleSlot},
};

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ScheduleQueries;

#[Object]
impl ScheduleQueries {
    /// What the clock starts on this server, in the order of a night. A schedule that is switched off is not there, nor one
    /// of a vendor without credentials.
    #[graphql(complexity = "1 + 10 * child_complexity")]
    async fn schedule(&self, ctx: &Context<'_>) -> Vec<Schedule> {
        ctx.inventory().schedules().cloned().map(Schedule).collect()
    }

    /// The record of nights: slots that were taken or passed over, the newest first, those of schedules that are switched off
    /// by now too.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn schedule_slots(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The name of one schedule; null is all of them.")] schedule: Option<String>,
        #[graphql(desc = "How many rows from the start of the range: 1 to 500, 50 if null.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor; null is from the start.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range, instead of `first`: 1 to 500.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor; null is to the end.")] before: Option<String>,
    ) -> Result<Connection<ScheduleSlot>, Fault> {
        use schedule_slot::{Column, Entity};
        let arguments = PageArguments { first, after, last, before };
        // The slot that marks when a schedule began is neither.
        let mut rows = Entity::find().filter(Column::BatchId.is_not_null().or(Column::PassedOver.is_not_null()));
        rows = match schedule {
            // No schedule's name has a null character, which would not even reach the database.
            Some(name) if name.contains('\0') => rows.filter(Column::Schedule.eq("")),
            Some(name) => rows.filter(Column::Schedule.eq(name)),
            None => rows,
        };
        let newest = Order::new("scheduleSlots", Column::SlotAt, Column::Schedule, OrderDirection::Desc);
        page_of_rows(ctx.reader(), (rows, newest), &arguments, ScheduleSlot).await
    }
}
