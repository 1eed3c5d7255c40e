//! What people set about checks.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::checks::ExceptionType;

/// What people set about checks; every part may be left out of a configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CheckSettings {
    /// Locations in which a spare device may be protected, by name; letter case and white space do not count.
    pub exempt_spare_locations: Vec<String>,
    /// After how many days without contact a device is stale.
    pub stale_after_days: u16,
    /// Types that are not looked for.
    pub switched_off: BTreeSet<ExceptionType>,
}

impl Default for CheckSettings {
    fn default() -> Self {
        Self { exempt_spare_locations: Vec::new(), stale_after_days: 30, switched_off: BTreeSet::new() }
    }
}

/// One setting of one type, for people who ask what holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// Its name in the configuration, under `checks`.
    pub name: &'static str,
    /// What it is set to.
    pub value: Value,
    /// What it means.
    pub description: &'static str,
}

impl CheckSettings {
    /// Whether people want the type looked for.
    pub fn is_on(&self, exception_type: ExceptionType) -> bool {
        !self.switched_off.contains(&exception_type)
    }

    /// The settings of one type, apart from whether it is on; most have none.
    pub fn of(&self, exception_type: ExceptionType) -> Vec<Setting> {
        match exception_type {
            ExceptionType::SpareMismatch => vec![Setting {
                name: "exempt_spare_locations",
                value: json!(self.exempt_spare_locations),
                description: "Locations in which a spare device may be protected, by name.",
            }],
            ExceptionType::StaleDevice => vec![Setting {
                name: "stale_after_days",
                value: json!(self.stale_after_days),
                description: "A device is stale when its last contact was more than this many days ago.",
            }],
            ExceptionType::MissingNinja
            | ExceptionType::DuplicateTl
            | ExceptionType::SiteMismatch
            | ExceptionType::DisplayNameMismatch
            | ExceptionType::MissingTl
            | ExceptionType::DuplicateNinja
            | ExceptionType::AmbiguousMatch => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_can_be_switched_off_and_everything_may_be_left_out() {
        let settings: CheckSettings = serde_json::from_str(r#"{"switched_off": ["SITE_MISMATCH"]}"#).unwrap();
        let off: Vec<_> = ExceptionType::ALL.into_iter().filter(|one| !settings.is_on(*one)).collect();
        assert_eq!(off, [ExceptionType::SiteMismatch]);
        assert_eq!(serde_json::from_str::<CheckSettings>("{}").unwrap(), CheckSettings::default());
    }

    #[test]
    fn every_setting_is_told_by_its_name_in_the_configuration() {
        let settings = CheckSettings { stale_after_days: 45, ..CheckSettings::default() };
        let mut told = json!({ "switched_off": [] });
        for setting in ExceptionType::ALL.into_iter().flat_map(|one| settings.of(one)) {
            told[setting.name] = setting.value;
        }
        assert_eq!(told, json!(settings));
    }
}
