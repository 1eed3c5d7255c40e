//! `resolveException`.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::NaiveDate;

use super::user_error::{UserError, UserErrorCode};
use crate::{
    graphql::{
        context::Hub,
        errors::Fault,
        node_id::NodeId,
        types::{Date, Exception},
    },
    inventory::exceptions::{Resolution, Resolve, ResolveOutcome},
};

/// Characters of a note at most.
const MAX_NOTE: usize = 10_000;

/// How a person resolves an exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ResolutionChoice {
    /// It is repaired. If a later complete check still finds it, it reopens.
    Fixed,
    /// It is lived with, for ever or until a date.
    Accepted,
    /// The finding is wrong.
    FalsePositive,
}

impl From<ResolutionChoice> for Resolution {
    fn from(choice: ResolutionChoice) -> Self {
        match choice {
            ResolutionChoice::Fixed => Self::Fixed,
            ResolutionChoice::Accepted => Self::Accepted,
            ResolutionChoice::FalsePositive => Self::FalsePositive,
        }
    }
}

/// Which exception, and how it is resolved.
#[derive(Clone, Debug, InputObject)]
pub struct ResolveExceptionInput {
    /// The exception.
    id: ID,
    /// How it is resolved.
    resolution: ResolutionChoice,
    /// Why, in at most 10,000 characters; null is no note.
    note: Option<String>,
    /// With ACCEPTED only: the last day on which it is accepted, today at the earliest; null is for ever.
    accepted_until: Option<Date>,
    /// Resolve it only if its `version` is still this one; null resolves any.
    expected_version: Option<i32>,
}

impl ResolveExceptionInput {
    fn check(&self, today: NaiveDate) -> Option<UserError> {
        let bad = |field, message: &str| Some(UserError::about(field, UserErrorCode::BadInput, message));
        let note = self.note.as_deref().unwrap_or_default();
        if note.chars().count() > MAX_NOTE {
            return bad("note", "a note has at most 10,000 characters");
        }
        if note.contains('\0') {
            return bad("note", "a note holds no null characters");
        }
        match self.accepted_until {
            Some(_) if self.resolution != ResolutionChoice::Accepted => {
                bad("acceptedUntil", "only an accepted exception is accepted until a day")
            }
            Some(until) if until.0 < today => bad("acceptedUntil", "the last day of acceptance is over"),
            _ => None,
        }
    }

    fn into_order(self, actor: &str) -> Result<Resolve, Fault> {
        Ok(Resolve {
            exception_id: NodeId::exception(&self.id)?,
            resolution: self.resolution.into(),
            note: self.note.filter(|note| !note.trim().is_empty()),
            accepted_until: self.accepted_until.map(|until| until.0),
            expected_version: self.expected_version.map(i64::from),
            actor: actor.to_owned(),
        })
    }
}

/// What came of resolving an exception.
#[derive(Clone, Debug, SimpleObject)]
pub struct ResolveExceptionPayload {
    /// The exception as it is now, changed or not; null when there is none with that id, or the input was refused.
    exception: Option<Exception>,
    /// Why it was not resolved; empty when it was.
    user_errors: Vec<UserError>,
}

impl From<ResolveOutcome> for ResolveExceptionPayload {
    fn from(outcome: ResolveOutcome) -> Self {
        let (row, error) = match outcome {
            ResolveOutcome::Resolved(row) => (Some(row), None),
            ResolveOutcome::AlreadyResolved(row) => {
                let by = row.resolved_by.as_deref().unwrap_or("somebody");
                let message = format!("it was already resolved, by {by}");
                (Some(row), Some(UserError::new(UserErrorCode::AlreadyResolved, message)))
            }
            ResolveOutcome::Changed(row) => {
                let message = format!("it was changed meanwhile and is now at version {}", row.version);
                (Some(row), Some(UserError::about("expectedVersion", UserErrorCode::Changed, message)))
            }
            ResolveOutcome::Unknown => {
                (None, Some(UserError::about("id", UserErrorCode::NotFound, "there is no such exception")))
            }
        };
        Self { exception: row.map(Exception::now), user_errors: error.into_iter().collect() }
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ResolveExceptionMutation;

#[Object]
impl ResolveExceptionMutation {
    /// Resolves an exception. Doing it twice changes nothing the second time, and says so.
    #[graphql(complexity = "100 + child_complexity")]
    async fn resolve_exception(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which exception, and how it is resolved.")] input: ResolveExceptionInput,
    ) -> Result<ResolveExceptionPayload, Fault> {
        if let Some(error) = input.check(ctx.inventory().today()) {
            return Ok(ResolveExceptionPayload { exception: None, user_errors: vec![error] });
        }
        let order = input.into_order(ctx.principal().name())?;
        Ok(ctx.inventory().resolve_exception(order).await?.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(resolution: ResolutionChoice) -> ResolveExceptionInput {
        let id = NodeId::Exception(1).encode();
        ResolveExceptionInput { id, resolution, note: None, accepted_until: None, expected_version: None }
    }

    #[test]
    fn only_an_acceptance_has_a_last_day_and_not_one_that_is_over() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let until =
            |resolution, date| ResolveExceptionInput { accepted_until: Some(Date(day(date))), ..input(resolution) };
        let today = day("2026-03-10");
        assert!(until(ResolutionChoice::Accepted, "2026-03-10").check(today).is_none());
        assert!(until(ResolutionChoice::Accepted, "2026-03-09").check(today).is_some());
        assert!(until(ResolutionChoice::Fixed, "2026-03-10").check(today).is_some());
        assert!(input(ResolutionChoice::Fixed).check(today).is_none());
    }

    #[test]
    fn a_note_is_counted_in_characters() {
        let note = |text: String| ResolveExceptionInput { note: Some(text), ..input(ResolutionChoice::Fixed) };
        let today = NaiveDate::default();
        assert!(note("é".repeat(10_000)).check(today).is_none());
        assert!(note("é".repeat(10_001)).check(today).is_some());
        assert!(note("a\0b".into()).check(today).is_some());
    }
}
