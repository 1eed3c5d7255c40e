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
    /// The latest entry of its history; `None` when it is not known or makes no difference.
    pub latest: Option<Latest>,
}

/// The latest entry of a history, as far as it tells whether words were said twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Latest {
    /// Who it is of.
    pub actor: String,
    /// What it says.
    pub note: Option<String>,
}

/// Who changes an exception, and on which day.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// The principal.
    pub actor: &'a str,
    /// The business day.
    pub today: NaiveDate,
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

impl Change {
    /// Whether it may change nothing but what is said, so that [`Work::latest`] makes a difference.
    pub const fn is_only_words(&self, is_resolved: bool) -> bool {
        match self {
            Self::Resolve { note, .. } => is_resolved && note.is_some(),
            Self::Reopen { note } => !is_resolved && note.is_some(),
            Self::Comment { .. } => true,
            Self::Assign { .. } | Self::Snooze { .. } => false,
        }
    }
}

/// What comes of a change to an exception that stands so. The same change by the same person again is none.
pub fn rule(work: &Work, change: &Change, by: By<'_>) -> Ruling {
    let ruling = match change {
        Change::Resolve { verdict, note } => resolve(work, *verdict, (note.as_ref(), by.actor)),
        Change::Reopen { note } => reopen(work, (note.as_ref(), by.actor)),
        Change::Assign { to } => assign(work, to.as_ref()),
        Change::Comment { text } => say(work, (Some(text), by.actor)),
        Change::Snooze { until } => snooze(work, *until, by.today),
    };
    match ruling {
        Ruling::Changed { work, event } => {
            let latest = Latest { actor: by.actor.to_owned(), note: event.note.clone() };
            Ruling::Changed { work: Work { latest: Some(latest), ..work }, event }
        }
        unchanged => unchanged,
    }
}

fn resolve(work: &Work, verdict: Verdict, (note, actor): (Option<&String>, &str)) -> Ruling {
    let wanted = Resolved { how: Some(verdict.resolution()), accepted_until: verdict.accepted_until() };
    match work.resolved {
        Some(resolved) if resolved == wanted => say(work, (note, actor)),
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

fn reopen(work: &Work, (note, actor): (Option<&String>, &str)) -> Ruling {
    let Some(resolved) = work.resolved else { return say(work, (note, actor)) };
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

/// Words with which nothing else changes. They are the same request again where the latest entry of the history is the same
/// person's with the same words; whoever says what another said, or what was said before, says it.
fn say(work: &Work, (words, actor): (Option<&String>, &str)) -> Ruling {
    let is_latest = |latest: &Latest| latest.actor == actor && latest.note.as_ref() == words;
    if words.is_none() || work.latest.as_ref().is_some_and(is_latest) {
        return Ruling::Unchanged;
    }
    Ruling::Changed {
        work: noted(work, words),
        event: Event { note: words.cloned(), ..Event::of(EventKind::Commented) },
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
