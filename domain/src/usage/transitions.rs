//! The days on which one device changed.

use chrono::NaiveDate;

use crate::usage::{Change, Holding};

/// A change and the stored day on which it is first seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The day.
    pub day: NaiveDate,
    /// What changed since the stored day before.
    pub change: Change,
}

/// Every coming, going, move and billing change of one identity.
pub fn transitions(_days: &[NaiveDate], _history: &[(NaiveDate, Holding)]) -> Vec<Transition> {
    todo!()
}

/// The day of the last transition that led to a change's end state.
pub fn day_of(_change: &Change, _transitions: &[Transition]) -> Option<NaiveDate> {
    todo!()
}
