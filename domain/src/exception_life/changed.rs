//! What a person does to an exception: whether it may be done, what is so afterwards, and what the history says.

use chrono::NaiveDate;

use super::{Event, EventKind, Resolution, Verdict};

/// What a person wants of an exception. Notes are words without end in themselves; who reads them bounds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It needs no more work.
    Resolve {
        /// How it is resolved.
        verdict: Verdict,
        /// Why.
        note: Option<String>,
    },
    /// It needs work after all.
    Reopen {
        /// Why.
        note: Option<String>,
    },
    /// Somebody else works on it.
    Assign {
        /// Who; `None` is nobody.
        to: Option<String>,
    },
    /// There is something to say about it.
    Comment {
        /// What.
        text: String,
    },
    /// Nobody wants to see it for a time.
    Snooze {
        /// The last day of that time; `None` ends it now.
        until: Option<NaiveDate>,
    },
}

/// How an exception was resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// `None` when it was done by plain SQL, which does not say how.
    pub how: Option<Resolution>,
    /// Of an acceptance: its last day; `None` is for ever.
    pub accepted_until: Option<NaiveDate>,
}

/// The part of an exception that people change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// How it was resolved; `None` while it is open.
    pub resolved: Option<Resolved>,
    /// Who works on it.
    pub assigned_to: Option<String>,
    /// The last day on which nobody wants to see it. A day that is over says nothing any more.
    pub snoozed_until: Option<NaiveDate>,
    /// The latest note or comment.
    pub note: Option<String>,
}

/// What comes of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// It is done.
    Changed {
        /// What is so now.
        work: Work,
        /// What the history says.
        event: Event,
    },
    /// It was so already: nothing is to be done, and asking twice does it once.
    Unchanged,
    /// It can't be done as the exception stands.
    Refused(Refusal),
}

/// Why a change can't be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It was resolved before, and not in the way that is asked for now. A person has to reopen it first.
    AlreadyResolved,
}

/// What comes of a change to an exception that stands so, on this day.
pub fn rule(work: &Work, change: &Change, today: NaiveDate) -> Ruling {
    match change {
        Change::Resolve { verdict, note } => resolve(work, *verdict, note.as_ref()),
        Change::Reopen { note } => reopen(work, note.as_ref()),
        Change::Assign { to } => assign(work, to.as_ref()),
        Change::Comment { text } => comment(work, text),
        Change::Snooze { until } => snooze(work, *until, today),
    }
}

fn resolve(work: &Work, verdict: Verdict, note: Option<&String>) -> Ruling {
    let wanted = Resolved { how: Some(verdict.resolution()), accepted_until: verdict.accepted_until() };
    match work.resolved {
        Some(resolved) if resolved == wanted => Ruling::Unchanged,
        Some(_) => Ruling::Refused(Refusal::AlreadyResolved),
        None => Ruling::Changed {
            work: Work { resolved: Some(wanted), snoozed_until: None, ..noted(work, note) },
            event: Event {
                to: Some(verdict.resolution().code().to_owned()),
                note: note.cloned(),
                accepted_until: wanted.accepted_until,
                ..Event::of(EventKind::Resolved)
            },
        },
    }
}

fn reopen(work: &Work, note: Option<&String>) -> Ruling {
    let Some(resolved) = work.resolved else { return Ruling::Unchanged };
    Ruling::Changed {
        work: Work { resolved: None, snoozed_until: None, ..noted(work, note) },
        event: Event {
            from: resolved.how.map(|how| how.code().to_owned()),
            note: note.cloned(),
            accepted_until: resolved.accepted_until,
            ..Event::of(EventKind::Reopened)
        },
    }
}

fn assign(work: &Work, to: Option<&String>) -> Ruling {
    if work.assigned_to.as_ref() == to {
        return Ruling::Unchanged;
    }
    let kind = if to.is_some() { EventKind::Assigned } else { EventKind::Unassigned };
    Ruling::Changed {
        work: Work { assigned_to: to.cloned(), ..work.clone() },
        event: Event { from: work.assigned_to.clone(), to: to.cloned(), ..Event::of(kind) },
    }
}

/// A comment that is the latest word already is the same request again, not a second comment.
fn comment(work: &Work, text: &String) -> Ruling {
    if work.note.as_ref() == Some(text) {
        return Ruling::Unchanged;
    }
    Ruling::Changed {
        work: noted(work, Some(text)),
        event: Event { note: Some(text.clone()), ..Event::of(EventKind::Commented) },
    }
}

fn snooze(work: &Work, until: Option<NaiveDate>, today: NaiveDate) -> Ruling {
    let asleep_until = work.snoozed_until.filter(|last| *last >= today);
    let kind = match until {
        _ if until == asleep_until => return Ruling::Unchanged,
        Some(_) if work.resolved.is_some() => return Ruling::Refused(Refusal::AlreadyResolved),
        Some(_) => EventKind::Snoozed,
        None => EventKind::Woken,
    };
    let spelled = |day: Option<NaiveDate>| day.map(|day| day.to_string());
    Ruling::Changed {
        work: Work { snoozed_until: until, ..work.clone() },
        event: Event { from: spelled(asleep_until), to: spelled(until), ..Event::of(kind) },
    }
}

/// The latest word stays until there is a newer one.
fn noted(work: &Work, note: Option<&String>) -> Work {
    Work { note: note.or(work.note.as_ref()).cloned(), ..work.clone() }
}
