//! `commentOnException`.

use async_graphql::{Context, ID, InputObject, Object};

use super::{
    exception_change::CommentChangeInput,
    exception_payload::{ExceptionPayload, change_one},
};
use crate::graphql::errors::Fault;

/// Which exception, and what is said about it.
#[derive(Clone, Debug, InputObject)]
pub struct CommentOnExceptionInput {
    /// The exception.
    id: ID,
    /// Comment on it only if its `version` is still this one; null comments on any.
    expected_version: Option<i32>,
    #[graphql(flatten)]
    what: CommentChangeInput,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CommentOnExceptionMutation;

#[Object]
impl CommentOnExceptionMutation {
    /// Says something about an exception: the comment is its `notes` until somebody says something else, and stays in its
    /// history. When the latest entry of the history is the same person's with the same words, as after a request without an
    /// answer, nothing changes.
    #[graphql(complexity = "100 + child_complexity")]
    async fn comment_on_exception(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which exception, and what is said about it.")] input: CommentOnExceptionInput,
    ) -> Result<ExceptionPayload, Fault> {
        change_one(ctx, (input.id, input.expected_version), input.what).await
    }
}
