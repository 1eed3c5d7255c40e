//! `retentionPreview`.

use async_graphql::{Context, Object};

use crate::graphql::{context::Hub, errors::Fault, types::RetentionPreview};

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RetentionQueries;

#[Object]
impl RetentionQueries {
    /// What the next retention would do if it ran now: which stored days would be dropped, and why the others are kept.
    /// Nothing is changed.
    #[graphql(complexity = "1000 + child_complexity")]
    async fn retention_preview(&self, ctx: &Context<'_>) -> Result<RetentionPreview, Fault> {
        let days = ctx.inventory().rules().retention_days;
        Ok(RetentionPreview { days, preview: ctx.inventory().preview_retention().await? })
    }
}
