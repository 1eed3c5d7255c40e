//! The lines of a report.

use chrono::NaiveDate;
use serde::Serialize;

use crate::billing_report::{
    Adjustment, BilledChange, Course, Gap, Month, Span, TypeShare, Units, explanation::unexplained,
};

/// What one organization is billed by, or all of them together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// What came in the month.
    pub added: Units,
    /// The average over the span in hundredths.
    pub average_hundredths: Units,
    /// On the last stored day: what is billed.
    pub end: Units,
    /// Open exceptions by type at the end of the month, in the order of the types.
    pub exceptions: Vec<TypeShare>,
    /// The most on one day.
    pub highest: Units,
    /// The organization's name; `None` for the devices in none.
    pub name: Option<String>,
    /// The organization; `None` for the devices in none.
    #[serde(rename = "organization")]
    pub organization_id: Option<i64>,
    /// Endpoints at the end that are neither server nor workstation.
    pub other_endpoints: i64,
    /// What went in the month.
    pub removed: Units,
    /// Before the month.
    pub start: Units,
    /// ThreatLocker's devices on its last stored day of the month; `None` when it has none.
    pub threatlocker: Option<i64>,
    /// Devices more (or fewer) at ThreatLocker that no exception explains; `None` without `threatlocker`.
    pub unexplained: Option<i64>,
}

impl Line {
    /// With the course of its month.
    #[must_use]
    pub fn with_course(self, course: &Course, span: Span) -> Self {
        let Course { start, end, highest, added, removed, .. } = *course;
        Self { start, end, highest, added, removed, average_hundredths: course.average_hundredths(span), ..self }
    }

    /// With what is unexplained of the difference that is in it.
    #[must_use]
    pub fn compared(self) -> Self {
        let effect = self.explained();
        let compare = |devices| unexplained(devices, self.end.endpoints, effect, self.other_endpoints);
        Self { unexplained: self.threatlocker.map(compare), ..self }
    }

    /// What the exceptions explain: devices more at ThreatLocker.
    pub fn explained(&self) -> i64 {
        self.exceptions.iter().map(|share| share.effect).sum()
    }

    /// Its place among the lines of a report: by name, the devices in no organization last.
    pub fn place(&self) -> (bool, &str, Option<i64>) {
        let (nameless, name) = name_key(self.name.as_deref());
        (nameless, name, self.organization_id)
    }

    /// Whether it tells nothing.
    pub fn is_empty(&self) -> bool {
        let numbers = [self.start, self.end, self.highest, self.added, self.removed];
        numbers.iter().all(|units| units.is_zero())
            && self.threatlocker.unwrap_or_default() == 0
            && self.exceptions.is_empty()
    }

    /// Whether the numbers of both are the same, whatever the name and the exceptions.
    pub fn counts_as(&self, other: &Self) -> bool {
        let numbers =
            |line: &Self| (line.start, line.end, line.highest, line.average_hundredths, line.added, line.removed);
        numbers(self) == numbers(other)
            && self.threatlocker.unwrap_or_default() == other.threatlocker.unwrap_or_default()
    }
}

/// The sum of lines, column by column. So the highest and the average are sums of the lines' ones, not the fleet's on one
/// day: an invoice's columns add up.
pub fn total<'a>(lines: impl IntoIterator<Item = &'a Line>) -> Line {
    let add = |sum: Option<i64>, more: Option<i64>| match (sum, more) {
        (None, more) => more,
        (sum, None) => sum,
        (Some(sum), Some(more)) => Some(sum + more),
    };
    lines.into_iter().fold(Line::default(), |mut total, line| {
        total.added += line.added;
        total.average_hundredths += line.average_hundredths;
        total.end += line.end;
        total.highest += line.highest;
        total.removed += line.removed;
        total.start += line.start;
        total.other_endpoints += line.other_endpoints;
        total.threatlocker = add(total.threatlocker, line.threatlocker);
        total.unexplained = add(total.unexplained, line.unexplained);
        for share in &line.exceptions {
            match total.exceptions.iter_mut().find(|of| of.exception_type == share.exception_type) {
                Some(of) => {
                    of.count += share.count;
                    of.effect += share.effect;
                }
                None => total.exceptions.push(*share),
            }
        }
        total.exceptions.sort_unstable_by_key(|share| share.exception_type);
        total
    })
}

/// One of the MSP's own organizations, which is not billed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Its name when the report was made.
    pub name: String,
    /// Which it is; `None` in a month that was closed before this was kept, of which only the name is known.
    #[serde(rename = "organization")]
    pub organization_id: Option<i64>,
}

/// A month by organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The month.
    pub month: Month,
    /// The last stored day, by which `end` is counted.
    pub counted_on: NaiveDate,
    /// ThreatLocker's last stored day of the month; `None` when it has none.
    pub threatlocker_on: Option<NaiveDate>,
    /// The days of highest and average.
    pub span: Span,
    /// Days of the span without a complete collection.
    pub missing_days: Vec<NaiveDate>,
    /// By name; the devices in no organization last.
    pub lines: Vec<Line>,
    /// Corrections of closed months before, by month and name.
    pub adjustments: Vec<Adjustment>,
    /// What changed the lines, by day and device.
    pub changes: Vec<BilledChange>,
    /// The internal organizations that have no line, by name.
    pub left_out: Vec<LeftOut>,
    /// What an invoice lacks.
    pub gaps: Vec<Gap>,
}

impl Report {
    /// What is billed in all: the sum of the lines, adjustments aside.
    pub fn total(&self) -> Line {
        total(&self.lines)
    }

    /// Only the line, the changes and the adjustments of one organization.
    #[must_use]
    pub fn only(mut self, organization_id: i64) -> Self {
        self.lines.retain(|line| line.organization_id == Some(organization_id));
        self.changes.retain(|change| change.change.organization_id == Some(organization_id));
        self.adjustments.retain(|adjustment| adjustment.organization_id == Some(organization_id));
        self
    }
}

/// Adjustments and lines sort by name; those without one come last.
pub(super) fn name_key(name: Option<&str>) -> (bool, &str) {
    (name.is_none(), name.unwrap_or_default())
}
