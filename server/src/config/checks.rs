//! What people set about checks: which types are looked for, and how.

use std::collections::BTreeSet;

use domain::checks::{CheckSettings, ExceptionType};

use super::{error::ConfigError, values::Values};

pub(super) fn read(values: &Values) -> Result<CheckSettings, ConfigError> {
    let defaults = CheckSettings::default();
    let stale_after_days = values.number("HUB_STALE_AFTER_DAYS", 1..=3650)?;
    Ok(CheckSettings {
        exempt_spare_locations: values.list("HUB_EXEMPT_SPARE_LOCATIONS")?,
        stale_after_days: stale_after_days.unwrap_or(defaults.stale_after_days),
        switched_off: exception_types(values, "HUB_CHECKS_SWITCHED_OFF")?,
    })
}

/// Codes in any letter case.
fn exception_types(values: &Values, name: &str) -> Result<BTreeSet<ExceptionType>, ConfigError> {
    let known = |code: &String| {
        ExceptionType::from_code(&code.to_ascii_uppercase()).ok_or_else(|| {
            let codes = ExceptionType::ALL.map(ExceptionType::code).join(", ");
            values.bad(name, &format!("exception types, of {codes}; {code:?} is none of them"))
        })
    };
    values.list(name)?.iter().map(known).collect()
}
