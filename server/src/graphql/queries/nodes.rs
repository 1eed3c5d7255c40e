//! `node` and `nodes`.

use async_graphql::{Context, ID, Object};
use futures::future::try_join_all;

use crate::graphql::{
    errors::Fault,
    limits::GraphqlLimits,
    node::{self, Node},
};

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct NodeQueries;

#[Object]
impl NodeQueries {
    /// Any object by its id; null when there is none (any more).
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "An id that this server gave.")] id: ID,
    ) -> Result<Option<Node>, Fault> {
        node::find(ctx, &id).await
    }

    /// Several objects by their ids, in their order; null where there is none (any more).
    #[graphql(complexity = "ids.len().saturating_mul(child_complexity) + 1")]
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Ids that this server gave, at most 1000.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Node>>, Fault> {
        let max = GraphqlLimits::MAX_VALUES;
        if ids.len() > max {
            return Err(Fault::BadUserInput(format!("`ids` has {} values, and may have {max}", ids.len())));
        }
        try_join_all(ids.iter().map(|id| node::find(ctx, id))).await
    }
}
