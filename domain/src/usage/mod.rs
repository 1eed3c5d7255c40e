//! What changed between two stored days of one vendor (rules section 9).
//!
//! Days are joined by identity, so a rename is no change of usage. [`balance`] makes the books of a window of who was there
//! at its start and of what changed; [`compare`] and [`transitions`] tell the same of whole days, the slow way, and are what
//! tests hold every other way against. It refuses to know where days come from and whether they are complete: the caller
//! asks only about days that are.

mod balance;
#[cfg(test)]
mod balance_tests;
mod comparison;
#[cfg(test)]
mod tests;
mod transitions;

pub use balance::{Balance, Flow, OrganizationUsage, Overdrawn, Place, balance};
pub use comparison::{Comparison, Scope, compare};
pub use transitions::{Transition, day_of, transitions};

use crate::billing::Billing;

/// One identity on one day, as far as usage goes. One per identity and day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// The identity.
    pub identity_id: i64,
    /// The organization that has it; `None` when the vendor names none.
    pub organization_id: Option<i64>,
    /// Its billing; `None` for vendors that do not decide it.
    pub billing: Option<Billing>,
}

/// One change of one device. A device that changed in two ways has two of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Change {
    /// The identity that changed.
    pub identity_id: i64,
    /// How.
    pub kind: ChangeKind,
}

/// How a device changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ChangeKind {
    /// It was not there before.
    Added,
    /// It is not there any more.
    Removed,
    /// Another organization has it now.
    OrganizationChanged {
        /// The organization before; `None` for none.
        from: Option<i64>,
        /// The organization after; `None` for none.
        to: Option<i64>,
    },
    /// Its billing is another.
    BillingChanged {
        /// The billing before.
        from: Option<Billing>,
        /// The billing after.
        to: Option<Billing>,
    },
}

/// A coming or a going.
fn presence(before: Option<&Holding>, after: Option<&Holding>) -> Option<Change> {
    match (before, after) {
        (None, Some(holding)) => Some(Change { identity_id: holding.identity_id, kind: ChangeKind::Added }),
        (Some(holding), None) => Some(Change { identity_id: holding.identity_id, kind: ChangeKind::Removed }),
        _ => None,
    }
}

/// How one holding differs from an earlier one of the same identity: in organization, in billing, or in both.
fn differences(earlier: &Holding, later: &Holding) -> impl Iterator<Item = Change> {
    let (from, to) = (earlier.organization_id, later.organization_id);
    let organization = (from != to).then_some(ChangeKind::OrganizationChanged { from, to });
    let (from, to) = (earlier.billing, later.billing);
    let billing = (from != to).then_some(ChangeKind::BillingChanged { from, to });
    let identity_id = later.identity_id;
    [organization, billing].into_iter().flatten().map(move |kind| Change { identity_id, kind })
}
