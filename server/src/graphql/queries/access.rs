//! `viewer`, `users` and `apiTokens`.

use async_graphql::{Context, Object};
use entity::{api_token, app_user};
use sea_orm::EntityTrait;

use crate::graphql::{
    context::Hub,
    errors::Fault,
    filters::OrderDirection,
    pagination::{Connection, Order, PageArguments, page_cost, page_of_rows},
    types::{ApiToken, User, Viewer},
};

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct AccessQueries;

#[Object]
impl AccessQueries {
    /// Who is asking, and what they may do.
    async fn viewer(&self, ctx: &Context<'_>) -> Viewer {
        Viewer(ctx.principal().clone())
    }

    /// Who may sign in, by name. For admins.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn users(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows from the start of the range: 1 to 500, 50 if null.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor; null is from the start.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range, instead of `first`: 1 to 500.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor; null is to the end.")] before: Option<String>,
    ) -> Result<Connection<User>, Fault> {
        use app_user::{Column, Entity};
        let arguments = PageArguments { first, after, last, before };
        let by_name = Order::new("users", Column::Name, Column::Id, OrderDirection::Asc);
        page_of_rows(ctx.reader(), (Entity::find(), by_name), &arguments, User).await
    }

    /// The tokens of services, by name; those that were taken away or have ended too. For admins.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn api_tokens(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows from the start of the range: 1 to 500, 50 if null.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor; null is from the start.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range, instead of `first`: 1 to 500.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor; null is to the end.")] before: Option<String>,
    ) -> Result<Connection<ApiToken>, Fault> {
        use api_token::{Column, Entity};
        let arguments = PageArguments { first, after, last, before };
        let by_name = Order::new("apiTokens", Column::Name, Column::Id, OrderDirection::Asc);
        page_of_rows(ctx.reader(), (Entity::find(), by_name), &arguments, ApiToken).await
    }
}
