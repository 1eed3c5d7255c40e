//! What a closed month is hashed by: one text for one content, which anyone can write again.

use chrono::NaiveDate;
use serde::Serialize;

use crate::billing_report::{Adjustment, BilledChange, ChangeKind, Gap, LeftOut, Line, Month, Report, Units};

/// How the content of a closed month is written. A month keeps the format that it was closed in; a format never changes,
/// or the months that were closed in it could not be verified any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentFormat {
    /// Without the changes, and with the internal organizations by name alone.
    One,
    /// With the changes, and with the ids of the internal organizations.
    Two,
}

impl ContentFormat {
    /// The one in which months are closed now.
    pub const CURRENT: Self = Self::Two;

    /// As it is stored.
    pub const fn number(self) -> i32 {
        match self {
            Self::One => 1,
            Self::Two => 2,
        }
    }

    /// `None` for a number that is no format.
    pub fn from_number(number: i64) -> Option<Self> {
        [Self::One, Self::Two].into_iter().find(|format| i64::from(format.number()) == number)
    }
}

/// All that is frozen of a report. Its JSON has the members of every object in the order of their names, no white space,
/// whole numbers only: the canonical form of RFC 8785.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Content<'a> {
    adjustments: &'a [Adjustment],
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Vec<FrozenChange<'a>>>,
    counted_from: NaiveDate,
    counted_on: NaiveDate,
    counted_to: NaiveDate,
    format: i32,
    gaps: &'a [Gap],
    left_out: FrozenLeftOut<'a>,
    lines: &'a [Line],
    missing_days: &'a [NaiveDate],
    month: Month,
    threatlocker_on: Option<NaiveDate>,
    total: Units,
}

#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
enum FrozenLeftOut<'a> {
    Names(Vec<&'a str>),
    Organizations(&'a [LeftOut]),
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct FrozenChange<'a> {
    day: NaiveDate,
    device_key: &'a str,
    hostname: &'a str,
    identity: i64,
    kind: ChangeKind,
    name: Option<&'a str>,
    organization: Option<i64>,
    units: Units,
}

impl<'a> FrozenChange<'a> {
    fn of(billed: &'a BilledChange) -> Self {
        let change = billed.change;
        Self {
            day: change.day,
            device_key: &billed.vendor_device_key,
            hostname: &billed.hostname,
            identity: change.identity_id,
            kind: change.kind,
            name: billed.organization_name.as_deref(),
            organization: change.organization_id,
            units: change.units,
        }
    }
}

impl<'a> Content<'a> {
    /// The content of a whole report in this format.
    pub fn of(report: &'a Report, format: ContentFormat) -> Self {
        let (changes, left_out) = match format {
            ContentFormat::One => {
                (None, FrozenLeftOut::Names(report.left_out.iter().map(|own| own.name.as_str()).collect()))
            }
            ContentFormat::Two => (
                Some(report.changes.iter().map(FrozenChange::of).collect()),
                FrozenLeftOut::Organizations(&report.left_out),
            ),
        };
        Self {
            adjustments: &report.adjustments,
            changes,
            counted_from: report.span.from,
            counted_on: report.counted_on,
            counted_to: report.span.to,
            format: format.number(),
            gaps: &report.gaps,
            left_out,
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
