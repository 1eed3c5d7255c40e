//! Two days side by side, every device of both: what the shorter ways to the same answer are measured by.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::usage::{Change, Holding, OrganizationUsage, differences, presence};

/// Which organizations are looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Internal organizations, left out of rows, totals and lists. For the others, a move into one is a move out.
    pub internal: HashSet<i64>,
    /// Only this organization; an internal one stays left out.
    pub only: Option<i64>,
}

/// What changed between two days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The changes by identity, ascending.
    pub changes: Vec<Change>,
    /// How many devices in scope did not change.
    pub unchanged: u64,
    /// One row per organization in scope that had a device on either day, by id, the devices without organization first.
    pub by_organization: Vec<OrganizationUsage>,
    /// The sum of the rows, column by column: a move between two organizations in scope counts as in and as out.
    pub total: OrganizationUsage,
}

impl Scope {
    /// Whether devices of this organization, or of none, are looked at.
    pub fn holds(&self, organization_id: Option<i64>) -> bool {
        let is_internal = organization_id.is_some_and(|id| self.internal.contains(&id));
        !is_internal && (self.only.is_none() || organization_id == self.only)
    }
}

/// Compares two days of one vendor: a full outer join on the identity, linear in the number of devices. A device counts
/// when it is in scope on either day; its changes are listed as they are, with the organization out of scope named.
pub fn compare(start: &[Holding], end: &[Holding], scope: &Scope) -> Comparison {
    let mut joined: HashMap<i64, Sides<'_>> = HashMap::with_capacity(start.len().max(end.len()));
    for holding in start {
        joined.entry(holding.identity_id).or_default().before = Some(holding);
    }
    for holding in end {
        joined.entry(holding.identity_id).or_default().after = Some(holding);
    }
    let mut tally = Tally { scope, changes: Vec::new(), unchanged: 0, rows: BTreeMap::new() };
    for sides in joined.values() {
        tally.count(sides);
    }
    tally.finish()
}

/// One device on both days.
#[derive(Clone, Copy, Debug, Default)]
struct Sides<'a> {
    before: Option<&'a Holding>,
    after: Option<&'a Holding>,
}

impl Sides<'_> {
    fn changes(&self) -> impl Iterator<Item = Change> {
        let differences = self.before.zip(self.after).map(|(before, after)| differences(before, after));
        presence(self.before, self.after).into_iter().chain(differences.into_iter().flatten())
    }

    /// Whether the device was there on both days and something about it is different.
    fn differ_in<T: PartialEq>(&self, fact: impl Fn(&Holding) -> T) -> bool {
        self.before.zip(self.after).is_some_and(|(before, after)| fact(before) != fact(after))
    }
}

/// The comparison while it grows.
#[derive(Debug)]
struct Tally<'a> {
    scope: &'a Scope,
    changes: Vec<Change>,
    unchanged: u64,
    rows: BTreeMap<Option<i64>, OrganizationUsage>,
}

impl Tally<'_> {
    fn count(&mut self, sides: &Sides<'_>) {
        let was = sides.before.filter(|holding| self.scope.holds(holding.organization_id));
        let is = sides.after.filter(|holding| self.scope.holds(holding.organization_id));
        let Some(at_home) = is.or(was) else { return };
        let changes_before = self.changes.len();
        self.changes.extend(sides.changes());
        self.unchanged += u64::from(self.changes.len() == changes_before);
        self.row(at_home).billing_changed += u64::from(sides.differ_in(|holding| holding.billing));
        let moved = u64::from(sides.differ_in(|holding| holding.organization_id));
        if let Some(was) = was {
            let row = self.row(was);
            row.start += 1;
            row.removed += u64::from(sides.after.is_none());
            row.moved_out += moved;
        }
        if let Some(is) = is {
            let row = self.row(is);
            row.end += 1;
            row.added += u64::from(sides.before.is_none());
            row.moved_in += moved;
        }
    }

    fn row(&mut self, holding: &Holding) -> &mut OrganizationUsage {
        let organization_id = holding.organization_id;
        self.rows.entry(organization_id).or_insert(OrganizationUsage { organization_id, ..Default::default() })
    }

    fn finish(mut self) -> Comparison {
        self.changes.sort_unstable();
        let by_organization: Vec<_> = self.rows.into_values().collect();
        let total = by_organization.iter().fold(OrganizationUsage::default(), OrganizationUsage::plus);
        Comparison { changes: self.changes, unchanged: self.unchanged, by_organization, total }
    }
}
