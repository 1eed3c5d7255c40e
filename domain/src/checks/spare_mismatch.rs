//! SpareMismatch.
use crate::{checks::{Check, CheckSettings, DayInventory, ExceptionType, Finding}, vendor::Vendor};

/// The check.
pub(super) const CHECK: Check = Check {
    exception_type: ExceptionType::SpareMismatch,
    compares: &[Vendor::Ninja, Vendor::ThreatLocker],
    run,
};

fn run(_inventory: &DayInventory<'_>, _settings: &CheckSettings) -> Vec<Finding> {
    todo!()
}
