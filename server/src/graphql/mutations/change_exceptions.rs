//! `changeExceptions`: the same change to many.

use async_graphql::{Context, ID, InputObject, Object, OneofObject, SimpleObject};

use super::{
    exception_change::{
        AssignChangeInput, CommentChangeInput, ReopenChangeInput, ResolveChangeInput, SnoozeChangeInput, Wish,
    },
    exception_payload::{ExceptionChangeOutcome, Told},
    exception_selection::ExceptionSelectionInput,
    user_error::{UserError, UserErrorCode},
};
use crate::{
    graphql::{
        context::Hub,
        errors::Fault,
        node_id::NodeId,
        types::{Exception, scalars::count},
    },
    inventory::exceptions::{Change, ChangeReport, ChangeResult, Changed},
};

/// What is done to exceptions: one of these.
#[derive(Clone, Debug, OneofObject)]
pub enum ExceptionChangeInput {
    /// Resolve them, which also ends their snooze.
    Resolve(ResolveChangeInput),
    /// Open them again.
    Reopen(ReopenChangeInput),
    /// Say who works on them.
    Assign(AssignChangeInput),
    /// Say something about each of them.
    Comment(CommentChangeInput),
    /// Put them to sleep, or wake them.
    Snooze(SnoozeChangeInput),
}

impl ExceptionChangeInput {
    fn read(self, today: chrono::NaiveDate) -> Result<Change, UserError> {
        let (field, read) = match self {
            Self::Resolve(wish) => ("resolve", wish.read(today)),
            Self::Reopen(wish) => ("reopen", wish.read(today)),
            Self::Assign(wish) => ("assign", wish.read(today)),
            Self::Comment(wish) => ("comment", wish.read(today)),
            Self::Snooze(wish) => ("snooze", wish.read(today)),
        };
        read.map_err(|error| error.within(&["change", field]))
    }
}

/// Which exceptions, and what is done to each of them.
#[derive(Clone, Debug, InputObject)]
pub struct ChangeExceptionsInput {
    /// Which.
    selection: ExceptionSelectionInput,
    /// What is done.
    change: ExceptionChangeInput,
}

/// One of many exceptions after a change.
#[derive(Clone, Debug, SimpleObject)]
pub struct ExceptionChangeResult {
    /// Its id.
    id: ID,
    /// As it is now, changed or not; null when there is none with that id.
    exception: Option<Exception>,
    /// What came of it.
    outcome: ExceptionChangeOutcome,
    /// The same in a sentence; null when it was changed.
    message: Option<String>,
}

impl From<ChangeResult> for ExceptionChangeResult {
    fn from(result: ChangeResult) -> Self {
        let (id, message) = (NodeId::Exception(result.id).encode(), result.message());
        Self { id, exception: result.row.map(Exception::now), outcome: result.outcome.into(), message }
    }
}

/// What came of a change to many exceptions.
#[derive(Clone, Debug, Default, SimpleObject)]
pub struct ChangeExceptionsPayload {
    /// What came of each, in the order in which they were named, or from the oldest on: the first 1,000. Empty when
    /// the input was refused.
    results: Vec<ExceptionChangeResult>,
    /// How many exceptions were named or matched; 0 when the input was refused for another reason than their number.
    matching: i32,
    /// How many were changed.
    changed: i32,
    /// How many were so already.
    unchanged: i32,
    /// How many could not be changed as they stand.
    refused: i32,
    /// How many were not at the version that was expected.
    conflicts: i32,
    /// How many do not exist.
    not_found: i32,
    /// Why nothing was done at all; empty when each has its outcome.
    user_errors: Vec<UserError>,
}

impl From<UserError> for ChangeExceptionsPayload {
    fn from(error: UserError) -> Self {
        Self { user_errors: vec![error], ..Self::default() }
    }
}

impl From<ChangeReport> for ChangeExceptionsPayload {
    fn from(report: ChangeReport) -> Self {
        Self {
            results: report.results.into_iter().map(Into::into).collect(),
            matching: count(report.selected),
            changed: count(report.changed),
            unchanged: count(report.unchanged),
            refused: count(report.refused),
            conflicts: count(report.conflicts),
            not_found: count(report.not_found),
            user_errors: Vec::new(),
        }
    }
}

impl From<Changed> for ChangeExceptionsPayload {
    fn from(changed: Changed) -> Self {
        match changed {
            Changed::Done(report) => report.into(),
            Changed::Miscounted { matching } => {
                let message = format!("the filter matches {matching} exceptions now; look again before you confirm");
                let error = UserError::about("expectedCount", UserErrorCode::CountDiffers, message);
                let error = error.within(&["selection", "matching"]);
                Self { matching: count(matching), ..Self::from(error) }
            }
        }
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ChangeExceptionsMutation;

#[Object]
impl ChangeExceptionsMutation {
    /// Makes one change to many exceptions, all of them together: a fault changes none. Each has its own outcome, and
    /// those that can't be changed do not keep the others from it.
    #[graphql(complexity = "1000 + 1000 * child_complexity")]
    async fn change_exceptions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which exceptions, and what is done to each of them.")] input: ChangeExceptionsInput,
    ) -> Result<ChangeExceptionsPayload, Fault> {
        let inventory = ctx.inventory();
        let selection = match input.selection.read(inventory)? {
            Ok(selection) => selection,
            Err(error) => return Ok(error.into()),
        };
        match input.change.read(inventory.today()) {
            Ok(change) => Ok(inventory.change_exceptions(selection, &change, ctx.principal().name()).await?.into()),
            Err(error) => Ok(error.into()),
        }
    }
}
