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
#[cfg(test)]
mod fixtures;
mod inventory;
mod linked_pair;
mod missing_ninja;
mod site_mismatch;
mod spare_mismatch;

use std::collections::BTreeSet;

pub use exception_type::{ExceptionType, Severity};
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
pub const CHECKS: [Check; 4] = [missing_ninja::CHECK, duplicate_tl::CHECK, site_mismatch::CHECK, spare_mismatch::CHECK];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_type_has_one_check_and_one_code() {
        let checked: Vec<_> = CHECKS.iter().map(|check| check.exception_type).collect();
        assert_eq!(checked, ExceptionType::ALL);
        assert_eq!(ExceptionType::ALL.map(ExceptionType::code).into_iter().collect::<HashSet<_>>().len(), 4);
        for exception_type in ExceptionType::ALL {
            assert_eq!(ExceptionType::from_code(exception_type.code()), Some(exception_type));
            assert_eq!(serde_json::to_value(exception_type).unwrap(), exception_type.code());
            assert!(!exception_type.description().is_empty());
        }
        assert_eq!(ExceptionType::from_code("missing_ninja"), None);
    }

    #[test]
    fn checks_of_linked_devices_need_both_vendors_and_duplicates_only_their_own() {
        for check in CHECKS {
            let needs_ninja = check.exception_type != ExceptionType::DuplicateTl;
            assert_eq!(check.compares.contains(&Vendor::Ninja), needs_ninja, "{:?}", check.exception_type);
            assert!(check.compares.contains(&Vendor::ThreatLocker));
        }
    }

    #[test]
    fn a_type_can_be_switched_off_and_everything_may_be_left_out() {
        let settings: CheckSettings = serde_json::from_str(r#"{"switched_off": ["SITE_MISMATCH"]}"#).unwrap();
        let on: Vec<_> = CHECKS.iter().filter(|check| check.is_on(&settings)).map(|it| it.exception_type).collect();
        assert_eq!(on, [ExceptionType::MissingNinja, ExceptionType::DuplicateTl, ExceptionType::SpareMismatch]);
        assert_eq!(serde_json::from_str::<CheckSettings>("{}").unwrap(), CheckSettings::default());
    }

    #[test]
    fn a_day_without_devices_has_no_findings() {
        let linking = crate::linking::link(&[], &crate::linking::Decisions::default());
        for check in CHECKS {
            assert_eq!((check.run)(&DayInventory::new(&[], &linking), &CheckSettings::default()), []);
        }
    }
}
