//! What people want of exceptions, as an input says it: the same for one and for many.

use async_graphql::{Enum, InputObject, MaybeUndefined};
use chrono::NaiveDate;

use super::user_error::{UserError, UserErrorCode};
use crate::{
    graphql::types::Date,
    inventory::exceptions::{Change, Verdict},
};

/// Characters of a note or a comment at most.
const MAX_NOTE: usize = 10_000;
/// Characters of a name at most.
const MAX_NAME: usize = 255;

/// An input that says what is wanted.
pub(super) trait Wish {
    /// The change; the error is about the field that makes no sense.
    fn read(self, today: NaiveDate) -> Result<Change, UserError>;
}

/// How a person resolves an exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ResolutionChoice {
    /// It is repaired. If a later complete check still finds it, it reopens.
    Fixed,
    /// It is lived with, for ever or until a date.
    Accepted,
    /// The finding is wrong. Where a device seemed missing or the match ambiguous, do not stop here: `suggestedLinks` of
    /// the exception names the records that may be the same machine, and `linkIdentities` says so for good.
    FalsePositive,
}

/// How exceptions are resolved.
#[derive(Clone, Debug, InputObject)]
pub struct ResolveChangeInput {
    /// How.
    pub(super) resolution: ResolutionChoice,
    /// Why, in at most 10,000 characters; null is no note.
    pub(super) note: Option<String>,
    /// With ACCEPTED only: the last day on which it is accepted, today at the earliest; null is for ever.
    pub(super) accepted_until: Option<Date>,
}

impl Wish for ResolveChangeInput {
    fn read(self, today: NaiveDate) -> Result<Change, UserError> {
        let note = read_note(self.note)?;
        let until = self.accepted_until.map(|until| until.0);
        let verdict = match self.resolution {
            ResolutionChoice::Accepted if until.is_some_and(|until| until < today) => {
                return Err(bad("acceptedUntil", "the last day of acceptance is over"));
            }
            ResolutionChoice::Accepted => Verdict::Accepted { until },
            _ if until.is_some() => {
                return Err(bad("acceptedUntil", "only an accepted exception is accepted until a day"));
            }
            ResolutionChoice::Fixed => Verdict::Fixed,
            ResolutionChoice::FalsePositive => Verdict::FalsePositive,
        };
        Ok(Change::Resolve { verdict, note })
    }
}

/// That exceptions are open again.
#[derive(Clone, Debug, InputObject)]
pub struct ReopenChangeInput {
    /// Why, in at most 10,000 characters; null is no note.
    note: Option<String>,
}

impl Wish for ReopenChangeInput {
    fn read(self, _: NaiveDate) -> Result<Change, UserError> {
        Ok(Change::Reopen { note: read_note(self.note)? })
    }
}

/// Who works on exceptions.
#[derive(Clone, Debug, InputObject)]
pub struct AssignChangeInput {
    /// The person's name, in at most 255 characters; null is nobody. It has to be given, so that nobody loses work to a
    /// variable that was forgotten.
    assignee: MaybeUndefined<String>,
}

impl Wish for AssignChangeInput {
    fn read(self, _: NaiveDate) -> Result<Change, UserError> {
        let name = match self.assignee {
            MaybeUndefined::Undefined => return Err(bad("assignee", "say who, or null for nobody")),
            MaybeUndefined::Null => return Ok(Change::Assign { to: None }),
            MaybeUndefined::Value(name) => name.trim().to_owned(),
        };
        match name.chars().count() {
            _ if name.contains(char::is_control) => Err(bad("assignee", "a name holds no control characters")),
            0 => Err(bad("assignee", "a name is not empty; null is nobody")),
            1..=MAX_NAME => Ok(Change::Assign { to: Some(name) }),
            _ => Err(bad("assignee", "a name has at most 255 characters")),
        }
    }
}

/// Something to say about exceptions.
#[derive(Clone, Debug, InputObject)]
pub struct CommentChangeInput {
    /// What, in 1 to 10,000 characters; it is kept as it is.
    comment: String,
}

impl Wish for CommentChangeInput {
    fn read(self, _: NaiveDate) -> Result<Change, UserError> {
        check_text("comment", &self.comment)?;
        if self.comment.trim().is_empty() {
            return Err(bad("comment", "a comment says something"));
        }
        Ok(Change::Comment { text: self.comment })
    }
}

/// Until when nobody wants to see exceptions.
#[derive(Clone, Debug, InputObject)]
pub struct SnoozeChangeInput {
    /// The last day, today at the earliest; null wakes it now. It has to be given.
    until: MaybeUndefined<Date>,
}

impl Wish for SnoozeChangeInput {
    fn read(self, today: NaiveDate) -> Result<Change, UserError> {
        match self.until {
            MaybeUndefined::Undefined => Err(bad("until", "say until which day, or null to wake it")),
            MaybeUndefined::Value(until) if until.0 < today => Err(bad("until", "the last day is over")),
            until => Ok(Change::Snooze { until: until.take().map(|until| until.0) }),
        }
    }
}

/// White space is no note.
pub(super) fn read_note(note: Option<String>) -> Result<Option<String>, UserError> {
    check_text("note", note.as_deref().unwrap_or_default())?;
    Ok(note.filter(|note| !note.trim().is_empty()))
}

fn check_text(field: &str, text: &str) -> Result<(), UserError> {
    if text.chars().count() > MAX_NOTE {
        return Err(bad(field, format!("a {field} has at most 10,000 characters")));
    }
    if text.contains('\0') {
        return Err(bad(field, format!("a {field} holds no null characters")));
    }
    Ok(())
}

fn bad(field: &str, message: impl Into<String>) -> UserError {
    UserError::about(field, UserErrorCode::BadInput, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn resolve(resolution: ResolutionChoice, until: Option<&str>) -> Result<Change, UserError> {
        let accepted_until = until.map(|until| Date(day(until)));
        ResolveChangeInput { resolution, note: None, accepted_until }.read(day("2026-03-10"))
    }

    #[test]
    fn only_an_acceptance_has_a_last_day_and_not_one_that_is_over() {
        assert!(resolve(ResolutionChoice::Accepted, Some("2026-03-10")).is_ok());
        assert!(resolve(ResolutionChoice::Accepted, Some("2026-03-09")).is_err());
        assert!(resolve(ResolutionChoice::Fixed, Some("2026-03-10")).is_err());
        assert!(resolve(ResolutionChoice::Fixed, None).is_ok());
    }

    #[test]
    fn texts_are_counted_in_characters() {
        let note = |text: String| ReopenChangeInput { note: Some(text) }.read(NaiveDate::default());
        assert!(note("é".repeat(10_000)).is_ok());
        assert!(note("é".repeat(10_001)).is_err());
        assert!(note("a\0b".into()).is_err());
        let comment = |text: &str| CommentChangeInput { comment: text.into() }.read(NaiveDate::default());
        assert!(comment(" \n").is_err());
        assert_eq!(comment(" a ").unwrap(), Change::Comment { text: " a ".into() });
    }

    #[test]
    fn a_name_is_trimmed_and_nobody_is_said_by_null() {
        let assign = |assignee| AssignChangeInput { assignee }.read(NaiveDate::default());
        let named = |name: &str| assign(MaybeUndefined::Value(name.to_owned()));
        assert_eq!(named(" Ann ").unwrap(), Change::Assign { to: Some("Ann".into()) });
        assert_eq!(named(&"é".repeat(255)).unwrap(), Change::Assign { to: Some("é".repeat(255)) });
        assert_eq!(assign(MaybeUndefined::Null).unwrap(), Change::Assign { to: None });
        assert!(assign(MaybeUndefined::Undefined).is_err());
        for wrong in ["", " ", "a\0b", "a\nb", &"é".repeat(256)] {
            assert!(named(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_snooze_ends_today_at_the_earliest() {
        let snooze = |until| SnoozeChangeInput { until }.read(day("2026-03-10"));
        let until = |text| MaybeUndefined::Value(Date(day(text)));
        assert_eq!(snooze(until("2026-03-10")).unwrap(), Change::Snooze { until: Some(day("2026-03-10")) });
        assert_eq!(snooze(MaybeUndefined::Null).unwrap(), Change::Snooze { until: None });
        assert!(snooze(until("2026-03-09")).is_err());
        assert!(snooze(MaybeUndefined::Undefined).is_err());
    }
}
