//! The exports there are, one file each.

mod billing;
mod devices;
mod exceptions;
mod usage_changes;
mod windows11;

use super::report::Report;

/// Every export.
pub(super) const REPORTS: [&Report; 5] =
    [&exceptions::REPORT, &devices::REPORT, &usage_changes::REPORT, &billing::REPORT, &windows11::REPORT];
