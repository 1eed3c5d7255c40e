//! `exceptions` and `exception`.

use async_graphql::{Context, ID, Object};

use super::{ExceptionFilter, ExceptionOrder, Standpoint};
use crate::graphql::{
    context::Hub,
    errors::Fault,
    loaders::ExceptionId,
    node_id::NodeId,
    pagination::{Connection, PageArguments, page_cost, page_of_rows},
    types::{Date, Exception},
};

#[derive(Clone, Copy, Debug, Default)]
pub(in crate::graphql::queries) struct ExceptionQueries;

#[Object]
impl ExceptionQueries {
    /// What checks found wrong, open or resolved: as it is now, or as it was at the end of a day.
    #[expect(clippy::too_many_arguments, reason = "the arguments of every list")]
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn exceptions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows from the start of the range: 1 to 500, 50 if null.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor; null is from the start.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range, instead of `first`: 1 to 500.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor; null is to the end.")] before: Option<String>,
        #[graphql(desc = "Which exceptions; null is all.")] filter: Option<ExceptionFilter>,
        #[graphql(desc = "In which order; null is the newest first.")] order_by: Option<ExceptionOrder>,
        #[graphql(desc = "The exceptions as they were at the end of this day, for filter and order too; null is as \
                          they are now. A day to come is refused.")]
        as_of: Option<Date>,
    ) -> Result<Connection<Exception>, Fault> {
        let arguments = PageArguments { first, after, last, before };
        let seen_from = Standpoint::at(ctx, as_of)?;
        let rows = seen_from.rows(filter.as_ref())?;
        let order = ExceptionOrder::of(order_by, &seen_from);
        let show = |row| Exception(row, seen_from.as_of);
        page_of_rows(ctx.reader(), (rows, order), &arguments, show).await
    }

    /// An exception by its id; null when there is none.
    async fn exception(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of an exception.")] id: ID,
    ) -> Result<Option<Exception>, Fault> {
        Ok(ctx.load(ExceptionId(NodeId::exception(&id)?)).await?.map(Exception::now))
    }
}
