//! Two days side by side.

use std::collections::HashSet;

use crate::usage::{Change, Holding};

/// Which organizations are looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Internal organizations, left out of rows, totals and lists. For the others, a move into one is a move out.
    pub internal: HashSet<i64>,
    /// Only this organization; an internal one stays left out.
    pub only: Option<i64>,
}

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

/// Compares two days.
pub fn compare(_start: &[Holding], _end: &[Holding], _scope: &Scope) -> Comparison {
    todo!()
}
