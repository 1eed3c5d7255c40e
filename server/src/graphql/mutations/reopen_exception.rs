//! `reopenException`.

use async_graphql::{Context, ID, InputObject, Object};

use super::{
    exception_change::ReopenChangeInput,
    exception_payload::{ExceptionPayload, change_one},
};
use crate::graphql::errors::Fault;

/// Which exception, and why it is open again.
#[derive(Clone, Debug, InputObject)]
pub struct ReopenExceptionInput {
    /// The exception.
    id: ID,
    /// Reopen it only if its `version` is still this one; null reopens any.
    expected_version: Option<i32>,
    #[graphql(flatten)]
    why: ReopenChangeInput,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ReopenExceptionMutation;

#[Object]
impl ReopenExceptionMutation {
    /// Opens a resolved exception again, from today on: whatever said that it is resolved is gone from it, and stays in its
    /// history. Checks that run again on data from before do not close it. One that is open already stays as it is.
    #[graphql(complexity = "100 + child_complexity")]
    async fn reopen_exception(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which exception, and why it is open again.")] input: ReopenExceptionInput,
    ) -> Result<ExceptionPayload, Fault> {
        change_one(ctx, (input.id, input.expected_version), input.why).await
    }
}
