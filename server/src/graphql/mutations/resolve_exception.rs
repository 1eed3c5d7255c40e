//! `resolveException`.

use async_graphql::{Context, ID, InputObject, Object};

use super::{
    exception_change::ResolveChangeInput,
    exception_payload::{ExceptionChangeOutcome, ExceptionPayload, change_one},
    user_error::{UserError, UserErrorCode},
};
use crate::graphql::errors::Fault;

/// Which exception, and how it is resolved.
#[derive(Clone, Debug, InputObject)]
pub struct ResolveExceptionInput {
    /// The exception.
    id: ID,
    /// Resolve it only if its `version` is still this one; null resolves any.
    expected_version: Option<i32>,
    #[graphql(flatten)]
    how: ResolveChangeInput,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ResolveExceptionMutation;

#[Object]
impl ResolveExceptionMutation {
    /// Resolves an exception, which also ends its snooze. Doing it twice changes nothing the second time, and says so; another
    /// note is kept as a comment then.
    #[graphql(complexity = "100 + child_complexity")]
    async fn resolve_exception(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which exception, and how it is resolved.")] input: ResolveExceptionInput,
    ) -> Result<ExceptionPayload, Fault> {
        let mut payload = change_one(ctx, (input.id, input.expected_version), input.how).await?;
        payload.user_errors.extend(second_to_resolve(&payload));
        Ok(payload)
    }
}

/// Whoever comes second should know that somebody else was first, even if both say the same.
fn second_to_resolve(payload: &ExceptionPayload) -> Option<UserError> {
    let is_second = payload.outcome == Some(ExceptionChangeOutcome::Unchanged);
    let by = payload.exception.as_ref().and_then(|it| it.0.resolved_by.as_deref()).unwrap_or("somebody");
    let message = format!("it was already resolved, by {by}");
    is_second.then(|| UserError::new(UserErrorCode::AlreadyResolved, message))
}
