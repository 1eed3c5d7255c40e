//! The days on which one device changed.

use std::{collections::HashMap, mem};

use chrono::NaiveDate;

use crate::usage::{Change, ChangeKind, Holding, differences, presence};

/// A change and the stored day on which it is first seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The day.
    pub day: NaiveDate,
    /// What changed since the stored day before.
    pub change: Change,
}

/// Every coming, going, move and billing change of one identity, by day, ascending.
///
/// `days` are the stored days, ascending; the first is the day to start from and has no transitions itself. `history` is
/// the identity's holding on each of them where it was there, in any order. A device that comes back in another
/// organization or with another billing than it left with shows that change on the day of its return, beside the coming:
/// so the last move always leads to the organization it is in.
pub fn transitions(days: &[NaiveDate], history: &[(NaiveDate, Holding)]) -> Vec<Transition> {
    let by_day: HashMap<_, _> = history.iter().map(|(day, holding)| (*day, holding)).collect();
    let mut states = days.iter().map(|day| (*day, by_day.get(day).copied()));
    let mut before = states.next().and_then(|(_, holding)| holding);
    let mut last_known = before;
    let mut transitions = Vec::new();
    for (day, now) in states {
        let differences = last_known.zip(now).map(|(earlier, later)| differences(earlier, later));
        let changes = presence(before, now).into_iter().chain(differences.into_iter().flatten());
        transitions.extend(changes.map(|change| Transition { day, change }));
        before = now;
        last_known = now.or(last_known);
    }
    transitions
}

/// The day of the last transition that led to the end state of a change between two days: the last coming or going, or
/// the last move to that organization or change to that billing. `None` when the transitions are not of this window.
pub fn day_of(change: &Change, transitions: &[Transition]) -> Option<NaiveDate> {
    let led_here = |transition: &&Transition| {
        transition.change.identity_id == change.identity_id && ends_alike(transition.change.kind, change.kind)
    };
    transitions.iter().filter(led_here).map(|transition| transition.day).max()
}

/// Whether two changes of one kind lead to the same state, wherever they come from.
fn ends_alike(one: ChangeKind, other: ChangeKind) -> bool {
    match (one, other) {
        (ChangeKind::OrganizationChanged { to: one, .. }, ChangeKind::OrganizationChanged { to: other, .. }) => {
            one == other
        }
        (ChangeKind::BillingChanged { to: one, .. }, ChangeKind::BillingChanged { to: other, .. }) => one == other,
        _ => mem::discriminant(&one) == mem::discriminant(&other),
    }
}
