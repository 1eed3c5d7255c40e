//! What comes of a person's change to an exception.

use async_graphql::{Context, Enum, ID, SimpleObject};

use super::{
    exception_change::Wish,
    user_error::{UserError, UserErrorCode},
};
use crate::{
    graphql::{context::Hub, errors::Fault, loaders::ExceptionId, node_id::NodeId, types::Exception},
    inventory::exceptions::{ChangeResult, Outcome, Wanted},
};

/// What came of a change to an exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ExceptionChangeOutcome {
    /// It is done.
    Changed,
    /// It was so already: asking twice does it once. A note that came with it and that the same person did not just write
    /// is kept as a comment; else nothing was written.
    Unchanged,
    /// It can't be done as the exception stands: it was resolved before, in another way. Reopen it first.
    Refused,
    /// Somebody changed it since the version that was expected. Look at it as it is now.
    Conflict,
    /// There is no such exception.
    NotFound,
}

impl From<Outcome> for ExceptionChangeOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Changed => Self::Changed,
            Outcome::Unchanged => Self::Unchanged,
            Outcome::Refused(_) => Self::Refused,
            Outcome::Conflict => Self::Conflict,
            Outcome::NotFound => Self::NotFound,
        }
    }
}

/// What came of a change to one exception.
#[derive(Clone, Debug, SimpleObject)]
pub struct ExceptionPayload {
    /// The exception as it is now, changed or not; null when there is none with that id, or the input was refused.
    pub(super) exception: Option<Exception>,
    /// What came of it; null when the input was refused.
    pub(super) outcome: Option<ExceptionChangeOutcome>,
    /// Why it was not done; empty when it was, or was so already. Only `resolveException` says that it was resolved before,
    /// even in the same way.
    pub(super) user_errors: Vec<UserError>,
}

impl From<ChangeResult> for ExceptionPayload {
    fn from(result: ChangeResult) -> Self {
        let error = result.message().and_then(|message| match result.outcome {
            Outcome::Changed | Outcome::Unchanged => None,
            Outcome::Refused(_) => Some(UserError::new(UserErrorCode::AlreadyResolved, message)),
            Outcome::Conflict => Some(UserError::about("expectedVersion", UserErrorCode::Changed, message)),
            Outcome::NotFound => Some(UserError::about("id", UserErrorCode::NotFound, message)),
        });
        let outcome = Some(result.outcome.into());
        Self { exception: result.row.map(Exception::now), outcome, user_errors: error.into_iter().collect() }
    }
}

/// An outcome in words.
pub(super) trait Told {
    /// The sentence; `None` when there is nothing to say but that it is done.
    fn message(&self) -> Option<String>;
}

impl Told for ChangeResult {
    fn message(&self) -> Option<String> {
        let row = self.row.as_ref();
        let by = row.and_then(|row| row.resolved_by.as_deref()).unwrap_or("somebody");
        let version = row.map_or(0, |row| row.version);
        match self.outcome {
            Outcome::Changed => None,
            Outcome::Unchanged if row.is_some_and(|row| row.resolved) => {
                Some(format!("it was so already: resolved by {by}"))
            }
            Outcome::Unchanged => Some("it was so already".to_owned()),
            Outcome::Refused(_) => Some(format!("it was already resolved, by {by}")),
            Outcome::Conflict => Some(format!("it was changed meanwhile and is now at version {version}")),
            Outcome::NotFound => Some("there is no such exception".to_owned()),
        }
    }
}

/// Does what is wished of one exception, or says why not.
pub(super) async fn change_one(
    ctx: &Context<'_>,
    (id, expected_version): (ID, Option<i32>),
    wish: impl Wish,
) -> Result<ExceptionPayload, Fault> {
    let change = match wish.read(ctx.inventory().today()) {
        Ok(change) => change,
        Err(error) => return Ok(ExceptionPayload { exception: None, outcome: None, user_errors: vec![error] }),
    };
    let id = NodeId::exception(&id)?;
    let wanted = Wanted { id, expected_version: expected_version.map(i64::from) };
    let Some(hub) = ctx.inventory().reach_exception(id).await? else {
        return Ok(ChangeResult { id, outcome: Outcome::NotFound, row: None }.into());
    };
    let mut payload = ExceptionPayload::from(hub.change_exception(wanted, &change, ctx.principal().name()).await?);
    if ctx.principal().reach().is_restricted() {
        // As who asks may see it.
        payload.exception = ctx.load(ExceptionId(id)).await?.map(Exception::now);
    }
    Ok(payload)
}
