//! The checks: what is wrong with one day's inventory (rules section 8).
//!
//! A check is a pure function from a day's inventory to findings. It refuses to know what became of earlier findings:
//! exceptions with their life, history and people are the server's. Whether a day may be checked at all (complete
//! snapshots of every vendor that is compared) is decided by the caller, from [`Check::compares`].
//!
//! A new check is its own file, one line in [`CHECKS`] with its type, and its tests.

mod duplicate_tl;
mod exception_type;
mod finding;
mod inventory;
mod missing_ninja;
mod site_mismatch;
mod spare_mismatch;

use std::collections::BTreeSet;

pub use exception_type::ExceptionType;
pub use finding::{Finding, fingerprint};
pub use inventory::{DayInventory, OrganizationRef, Sighting};
use serde::{Deserialize, Serialize};

use crate::vendor::Vendor;

/// What people set about checks; every part may be left out of a configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CheckSettings {
    /// Locations in which a spare device may be protected, by name; letter case and white space do not count.
    pub exempt_spare_locations: Vec<String>,
    /// Types that are not looked for.
    pub switched_off: BTreeSet<ExceptionType>,
}

/// One check.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// What it finds.
    pub exception_type: ExceptionType,
    /// The vendors that need a complete snapshot of the day.
    pub compares: &'static [Vendor],
    /// Looks for findings; sorted by subject, independent of the order of the inventory.
    pub run: fn(&DayInventory<'_>, &CheckSettings) -> Vec<Finding>,
}

impl Check {
    /// Whether people want this check.
    pub fn is_on(&self, settings: &CheckSettings) -> bool {
        !settings.switched_off.contains(&self.exception_type)
    }
}

/// Every check, in the order in which they run.
pub const CHECKS: [Check; 4] =
    [missing_ninja::CHECK, duplicate_tl::CHECK, site_mismatch::CHECK, spare_mismatch::CHECK];
