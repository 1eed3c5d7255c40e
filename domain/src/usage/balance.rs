//! The books of a window: who was there at its start, and what the devices that changed did.

use std::collections::BTreeMap;

use super::Scope;
use crate::billing::Billing;

/// The devices of one organization, or of all in scope, between two days. All counts are devices, and
/// `start + added + moved_in - removed - moved_out = end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrganizationUsage {
    /// The organization; `None` for devices in none, and for the total.
    pub organization_id: Option<i64>,
    /// Devices on the first day.
    pub start: u64,
    /// Devices that were nowhere on the first day.
    pub added: u64,
    /// Devices that were in another organization on the first day.
    pub moved_in: u64,
    /// Devices that are nowhere on the last day.
    pub removed: u64,
    /// Devices that are in another organization on the last day.
    pub moved_out: u64,
    /// Devices on the last day.
    pub end: u64,
    /// Devices there on both days whose billing changed; counted where they are on the last day, or where they were if
    /// that is out of scope.
    pub billing_changed: u64,
}

impl OrganizationUsage {
    /// Both together; of no organization.
    pub(super) fn plus(self, other: &Self) -> Self {
        Self {
            organization_id: None,
            start: self.start + other.start,
            added: self.added + other.added,
            moved_in: self.moved_in + other.moved_in,
            removed: self.removed + other.removed,
            moved_out: self.moved_out + other.moved_out,
            end: self.end + other.end,
            billing_changed: self.billing_changed + other.billing_changed,
        }
    }
}

/// Where a device is on a day, as far as usage goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The organization that has it; `None` when the vendor names none.
    pub organization_id: Option<i64>,
    /// Its billing; `None` for vendors that do not decide it.
    pub billing: Option<Billing>,
}

/// Devices that were alike on the first day of a window and are alike on the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Flow {
    /// Where they were on the first day; `None` for nowhere.
    pub before: Option<Place>,
    /// Where they are on the last day; `None` for nowhere.
    pub after: Option<Place>,
    /// How many they are.
    pub devices: u64,
}

/// What a window amounts to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// How many devices in scope did not change.
    pub unchanged: u64,
    /// One row per organization in scope that had a device on either day, by id, the devices without organization first.
    pub by_organization: Vec<OrganizationUsage>,
    /// The sum of the rows, column by column: a move between two organizations in scope counts as in and as out.
    pub total: OrganizationUsage,
}

/// More devices left an organization than it had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{left} devices of organization {organization_id:?} changed, and it had {had}")]
pub struct Overdrawn {
    organization_id: Option<i64>,
    left: u64,
    had: u64,
}

/// The books of a window. `start` is how many devices each organization had on the first day, each organization once;
/// `flows` are the devices that changed in it, and may have devices that did not. Whoever is at the start and in no flow
/// did not change. The answer is that of [`compare`](super::compare), at the cost of what changed.
pub fn balance(start: &BTreeMap<Option<i64>, u64>, flows: &[Flow], scope: &Scope) -> Result<Balance, Overdrawn> {
    let mut left: BTreeMap<Option<i64>, u64> = BTreeMap::new();
    let mut books = Books { scope, balance: Balance::default(), rows: BTreeMap::new() };
    for flow in flows {
        books.enter(flow);
        if let Some(before) = flow.before {
            *left.entry(before.organization_id).or_default() += flow.devices;
        }
    }
    for (&organization_id, &had) in start {
        let left = left.remove(&organization_id).unwrap_or_default();
        let stayed = had.checked_sub(left).ok_or(Overdrawn { organization_id, left, had })?;
        books.keep(organization_id, stayed);
    }
    match left.into_iter().find(|(_, left)| *left > 0) {
        Some((organization_id, left)) => Err(Overdrawn { organization_id, left, had: 0 }),
        None => Ok(books.close()),
    }
}

/// The books while they are written.
#[derive(Debug)]
struct Books<'a> {
    scope: &'a Scope,
    balance: Balance,
    rows: BTreeMap<Option<i64>, OrganizationUsage>,
}

impl Books<'_> {
    fn enter(&mut self, flow: &Flow) {
        let Flow { before, after, devices } = *flow;
        let was = before.filter(|place| self.scope.holds(place.organization_id));
        let is = after.filter(|place| self.scope.holds(place.organization_id));
        let Some(at_home) = is.or(was) else { return };
        let differs = |is_other: fn(Place, Place) -> bool| before.zip(after).is_some_and(|(was, is)| is_other(was, is));
        let moved = devices * u64::from(differs(|was, is| was.organization_id != is.organization_id));
        let rebilled = devices * u64::from(differs(|was, is| was.billing != is.billing));
        self.balance.unchanged += devices * u64::from(before == after);
        self.row(at_home.organization_id).billing_changed += rebilled;
        if let Some(was) = was {
            let row = self.row(was.organization_id);
            row.start += devices;
            row.removed += devices * u64::from(after.is_none());
            row.moved_out += moved;
        }
        if let Some(is) = is {
            let row = self.row(is.organization_id);
            row.end += devices;
            row.added += devices * u64::from(before.is_none());
            row.moved_in += moved;
        }
    }

    /// Devices of an organization of which nothing changed.
    fn keep(&mut self, organization_id: Option<i64>, devices: u64) {
        if devices > 0 && self.scope.holds(organization_id) {
            self.balance.unchanged += devices;
            let row = self.row(organization_id);
            row.start += devices;
            row.end += devices;
        }
    }

    fn row(&mut self, organization_id: Option<i64>) -> &mut OrganizationUsage {
        self.rows.entry(organization_id).or_insert(OrganizationUsage { organization_id, ..Default::default() })
    }

    fn close(self) -> Balance {
        let by_organization: Vec<_> = self.rows.into_values().collect();
        let total = by_organization.iter().fold(OrganizationUsage::default(), OrganizationUsage::plus);
        Balance { by_organization, total, ..self.balance }
    }
}
