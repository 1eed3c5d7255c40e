//! `assignException`.

use async_graphql::{Context, ID, InputObject, Object};

use super::{
    exception_change::AssignChangeInput,
    exception_payload::{ExceptionPayload, change_one},
};
use crate::graphql::errors::Fault;

/// Which exception, and who works on it.
#[derive(Clone, Debug, InputObject)]
pub struct AssignExceptionInput {
    /// The exception.
    id: ID,
    /// Assign it only if its `version` is still this one; null assigns any.
    expected_version: Option<i32>,
    #[graphql(flatten)]
    to: AssignChangeInput,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct AssignExceptionMutation;

#[Object]
impl AssignExceptionMutation {
    /// Says who works on an exception, or that nobody does.
    #[graphql(complexity = "100 + child_complexity")]
    async fn assign_exception(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which exception, and who works on it.")] input: AssignExceptionInput,
    ) -> Result<ExceptionPayload, Fault> {
        change_one(ctx, (input.id, input.expected_version), input.to).await
    }
}
