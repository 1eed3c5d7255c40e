//! What the history of an exception says.

use chrono::NaiveDate;

use super::Resolution;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// A check found it for the first time.
    Found,
    /// A person resolved it.
    Resolved,
    /// A person opened it again, or a check found it again.
    Reopened,
    /// A complete check no longer found it.
    Verified,
    /// It was given to somebody.
    Assigned,
    /// It was taken from somebody, and is nobody's.
    Unassigned,
    /// A person wrote something about it.
    Commented,
    /// A person does not want to see it until a day is over.
    Snoozed,
    /// A person wants to see it again.
    Woken,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Found,
        Self::Resolved,
        Self::Reopened,
        Self::Verified,
        Self::Assigned,
        Self::Unassigned,
        Self::Commented,
        Self::Snoozed,
        Self::Woken,
    ];

    /// The code that is stored.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::Resolved => "resolved",
            Self::Reopened => "reopened",
            Self::Verified => "verified",
            Self::Assigned => "assigned",
            Self::Unassigned => "unassigned",
            Self::Commented => "commented",
            Self::Snoozed => "snoozed",
            Self::Woken => "woken",
        }
    }

    /// The kind of a stored code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The field of the exception that such an event changes; `None` for those that only add words.
    pub const fn field(self) -> Option<&'static str> {
        match self {
            Self::Resolved | Self::Reopened | Self::Verified => Some("resolution"),
            Self::Assigned | Self::Unassigned => Some("assignedTo"),
            Self::Snoozed | Self::Woken => Some("snoozedUntil"),
            Self::Found | Self::Commented => None,
        }
    }
}

/// An entry of the history, without who and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// The value of [`EventKind::field`] before; `None` is that there was none.
    pub from: Option<String>,
    /// The value after; `None` is that there is none any more.
    pub to: Option<String>,
    /// What was said about it, in full.
    pub note: Option<String>,
    /// Of an acceptance, and of the end of one: its last day.
    pub accepted_until: Option<NaiveDate>,
}

impl Event {
    /// An event that changes no value.
    pub const fn of(kind: EventKind) -> Self {
        Self { kind, from: None, to: None, note: None, accepted_until: None }
    }

    /// A check no longer found it.
    pub fn verified() -> Self {
        Self { to: Some(Resolution::Verified.code().to_owned()), ..Self::of(EventKind::Verified) }
    }

    /// A check found it again although it was resolved like this; the note says why that was not enough.
    pub fn found_again(how: Option<Resolution>, accepted_until: Option<NaiveDate>) -> Self {
        let note = match (how, accepted_until) {
            (Some(Resolution::Fixed), _) => Some("it was resolved as fixed, and newer data still has it".to_owned()),
            (Some(Resolution::Accepted), Some(last)) => {
                Some(format!("it was accepted until {last}, which is over, and it is still there"))
            }
            (Some(Resolution::Verified), _) => Some("it was gone, and is there again".to_owned()),
            _ => None,
        };
        let from = how.map(|how| how.code().to_owned());
        Self { from, note, accepted_until, ..Self::of(EventKind::Reopened) }
    }
}
