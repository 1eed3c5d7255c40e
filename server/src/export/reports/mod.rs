//! The exports there are, one file each.

mod devices;
mod exceptions;
mod usage_changes;

use super::report::Report;

/// Every export.
pub(super) const REPORTS: [&Report; 3] = [&exceptions::REPORT, &devices::REPORT, &usage_changes::REPORT];
