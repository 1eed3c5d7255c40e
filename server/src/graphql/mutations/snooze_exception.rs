//! `snoozeException`.

use async_graphql::{Context, ID, InputObject, Object};

use super::{
    exception_change::SnoozeChangeInput,
    exception_payload::{ExceptionPayload, change_one},
};
use crate::graphql::errors::Fault;

/// Which exception, and until when nobody wants to see it.
#[derive(Clone, Debug, InputObject)]
pub struct SnoozeExceptionInput {
    /// The exception.
    id: ID,
    /// Snooze it only if its `version` is still this one; null snoozes any.
    expected_version: Option<i32>,
    #[graphql(flatten)]
    how_long: SnoozeChangeInput,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SnoozeExceptionMutation;

#[Object]
impl SnoozeExceptionMutation {
    /// Puts an open exception to sleep until a day is over, or wakes it. Checks still see to it: one that is gone closes.
    #[graphql(complexity = "100 + child_complexity")]
    async fn snooze_exception(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which exception, and until when nobody wants to see it.")] input: SnoozeExceptionInput,
    ) -> Result<ExceptionPayload, Fault> {
        change_one(ctx, (input.id, input.expected_version), input.how_long).await
    }
}
