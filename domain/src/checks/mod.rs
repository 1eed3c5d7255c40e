//! The checks: what is wrong with one day's inventory (rules section 8).
//!
//! A check is a pure function from a day's inventory to findings. It refuses to know what became of earlier findings:
//! exceptions with their life, history and people are the server's. Whether a day may be checked at all (complete
//! snapshots of every vendor that is compared) is decided by the caller, from [`Check::compares`].
//!
//! A new check is its own file, one line in [`CHECKS`] with its type, and its tests.

mod ambiguity;
mod ambiguous_match;
mod compares;
mod display_name_mismatch;
mod duplicate_ninja;
mod duplicate_tl;
mod exception_type;
mod finding;
#[cfg(test)]
mod fixtures;
mod inventory;
mod linked_pair;
mod missing_ninja;
mod missing_tl;
mod namesakes;
mod settings;
mod site_mismatch;
mod spare_mismatch;
mod stale_device;
#[cfg(test)]
mod tests;

pub use compares::Compares;
pub use exception_type::{ExceptionType, Severity};
pub use finding::{Finding, fingerprint};
pub use inventory::{BusinessDay, DayInventory, OrganizationRef, Sighting};
pub use settings::{CheckSettings, Setting};

/// One check.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// What it finds.
    pub exception_type: ExceptionType,
    /// The vendors it needs a complete snapshot of the day of.
    pub compares: Compares,
    /// Looks for findings; sorted by subject, independent of the order of the inventory.
    pub run: fn(&DayInventory<'_>, &CheckSettings) -> Vec<Finding>,
}

impl Check {
    /// Whether people want this check.
    pub fn is_on(&self, settings: &CheckSettings) -> bool {
        settings.is_on(self.exception_type)
    }
}

/// Every check, in the order in which they run.
pub const CHECKS: [Check; 9] = [
    missing_ninja::CHECK,
    duplicate_tl::CHECK,
    site_mismatch::CHECK,
    spare_mismatch::CHECK,
    display_name_mismatch::CHECK,
    missing_tl::CHECK,
    duplicate_ninja::CHECK,
    ambiguous_match::CHECK,
    stale_device::CHECK,
];
