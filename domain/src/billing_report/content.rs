//! What a closed month is hashed by: one text for one content, which anyone can write again.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    billing_report::{Adjustment, Line, Month, Report, Units},
    vendor::Vendor,
};

/// Why an invoice should wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum GapKind {
    /// A vendor's organization with devices at month end is no client that can be billed, or devices are in none.
    UnmappedOrganization,
    /// A day that the invoice is counted by is not stored.
    MissingDay,
}

/// One thing that an invoice lacks. Its members are in the order of the canonical form, like those of all that is hashed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// The day that is missing; `None` for an organization.
    pub day: Option<NaiveDate>,
    /// The devices that the organization has at month end; `None` for a day.
    pub devices: Option<i64>,
    /// What kind.
    pub kind: GapKind,
    /// The vendor's name for the organization; `None` for a day, and for the devices in no organization.
    pub name: Option<String>,
    /// The vendor's own id of the organization; `None` for a day, and for the devices in no organization.
    #[serde(rename = "siteKey")]
    pub site_key: Option<String>,
    /// Whose organization, or whose day.
    pub vendor: Vendor,
}

impl Gap {
    /// In a sentence.
    pub fn message(&self) -> String {
        match self.kind {
            GapKind::MissingDay => {
                let day = self.day.map(|day| day.to_string()).unwrap_or_default();
                format!("{day} has no complete collection of {}, and it is the day that is billed by", self.vendor)
            }
            GapKind::UnmappedOrganization => {
                let (vendor, devices) = (self.vendor, self.devices.unwrap_or_default());
                match &self.name {
                    Some(name) => {
                        format!("`{name}` of {vendor} has {devices} devices at month end and is mapped to no client")
                    }
                    None => format!("{devices} devices of {vendor} are in no organization at month end"),
                }
            }
        }
    }
}

/// All that is frozen of a report. Its JSON has the members of every object in the order of their names, no white space,
/// whole numbers only: the canonical form of RFC 8785.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Content<'a> {
    adjustments: &'a [Adjustment],
    counted_from: NaiveDate,
    counted_on: NaiveDate,
    counted_to: NaiveDate,
    format: u8,
    gaps: &'a [Gap],
    left_out: &'a [String],
    lines: &'a [Line],
    missing_days: &'a [NaiveDate],
    month: Month,
    threatlocker_on: Option<NaiveDate>,
    total: Units,
}

impl<'a> Content<'a> {
    /// The content of a whole report.
    pub fn of(report: &'a Report) -> Self {
        Self {
            adjustments: &report.adjustments,
            counted_from: report.span.from,
            counted_on: report.counted_on,
            counted_to: report.span.to,
            format: 1,
            gaps: &report.gaps,
            left_out: &report.left_out,
            lines: &report.lines,
            missing_days: &report.missing_days,
            month: report.month,
            threatlocker_on: report.threatlocker_on,
            total: report.lines.iter().map(|line| line.end).sum(),
        }
    }

    /// The canonical form.
    pub fn canonical(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}
