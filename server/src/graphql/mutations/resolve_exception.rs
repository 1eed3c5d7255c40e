//! `resolveException`.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::{
    exception_change::ResolveChangeInput,
    exception_payload::{ExceptionChangeOutcome, ExceptionPayload, change_one},
    user_error::{UserError, UserErrorCode},
};
use crate::graphql::{errors::Fault, types::Exception};

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

/// What came of resolving an exception.
#[derive(Clone, Debug, SimpleObject)]
pub struct ResolveExceptionPayload {
    /// The exception as it is now, changed or not; null when there is none with that id, or the input was refused.
    exception: Option<Exception>,
    /// What came of it; null when the input was refused.
    outcome: Option<ExceptionChangeOutcome>,
    /// Why it was not resolved; empty when it was.
    user_errors: Vec<UserError>,
}

impl From<ExceptionPayload> for ResolveExceptionPayload {
    fn from(payload: ExceptionPayload) -> Self {
        let ExceptionPayload { exception, outcome, mut user_errors } = payload;
        if outcome == Some(ExceptionChangeOutcome::Unchanged) {
            // Whoever comes second should know that somebody else was first, even if both say the same.
            let by = exception.as_ref().and_then(|it| it.0.resolved_by.as_deref()).unwrap_or("somebody");
            let message = format!("it was already resolved, by {by}");
            user_errors.push(UserError::new(UserErrorCode::AlreadyResolved, message));
        }
        Self { exception, outcome, user_errors }
    }
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
    ) -> Result<ResolveExceptionPayload, Fault> {
        Ok(change_one(ctx, (input.id, input.expected_version), input.how).await?.into())
    }
}
