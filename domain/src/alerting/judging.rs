//! What a night left behind, judged: collections, sizes, unreadable records, checks, open exceptions.

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::{
    concern::{AlertKind, Concern, Subject},
    usual::{median, usual_range},
};
use crate::{checks::ExceptionType, vendor::Vendor};

/// Stored days that a size is compared with at least; fewer tell nothing.
const FEWEST_DAYS: usize = 3;

/// A fleet that differs by so few devices is of plausible size, however small it is.
const FEW_DEVICES: i64 = 5;

/// What people set about verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerificationSettings {
    /// By how many percent a snapshot may differ from the median of the last days; 0 does not look.
    pub size_percent: u8,
    /// How many records a collection may be unable to read.
    pub set_aside_over: i64,
    /// How many earlier days say what is usual.
    pub usual_days: u32,
}

impl Default for VerificationSettings {
    fn default() -> Self {
        Self { size_percent: 20, set_aside_over: 20, usual_days: 14 }
    }
}

/// When it is looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// After the night: all of its work should be done.
    Night,
    /// After a batch, at any time: what has not run yet today may still.
    Batch,
}

/// Something wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Trouble {
    /// What is wrong, in a sentence without its full stop.
    pub sentence: String,
    /// The facts behind it, an object.
    pub details: Value,
}

/// How a concern stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Judgement {
    /// Nothing is wrong; the sentence says how it is instead.
    Fine(String),
    /// Something is wrong.
    Trouble(Trouble),
    /// It can't be told now.
    Unknown,
}

impl Judgement {
    pub(super) fn is_trouble(&self) -> bool {
        matches!(self, Self::Trouble(_))
    }
}

/// How the day's last collection of a vendor ended that was neither skipped nor cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunEnd {
    /// Stored, at once or applied by a person.
    Completed,
    /// Something was missing.
    Partial,
    /// It waits for a person.
    Held,
    /// A person threw it away.
    Discarded,
    /// By a fault.
    Failed,
}

/// What is known of a vendor's day.
#[derive(Clone, Debug, PartialEq)]
pub struct VendorEvidence {
    /// The vendor.
    pub vendor: Vendor,
    /// The business day.
    pub date: NaiveDate,
    /// How its last collection ended, with what it said; `None` when none did.
    pub last: Option<(RunEnd, String)>,
    /// Whether a collection is queued or running.
    pub is_working: bool,
    /// Devices of the stored, complete day; `None` when it is not stored.
    pub stored: Option<i64>,
    /// Devices of the stored days before, in any order.
    pub recent: Vec<i64>,
    /// Records that its last collection could not read; `None` without a collection.
    pub unreadable: Option<i64>,
}

/// Judges a vendor's day.
pub fn judge_vendor(seen: &VendorEvidence, settings: &VerificationSettings, scope: Scope) -> Vec<(Concern, Judgement)> {
    let concern = |kind| Concern::new(kind, Subject::Vendor(seen.vendor));
    let of_day = judge_day(seen, scope);
    let others = |kind| match &of_day {
        OfDay::Fine(sentence) => Judgement::Fine(sentence.clone()),
        OfDay::Trouble(known, trouble) if *known == kind => Judgement::Trouble(trouble.clone()),
        OfDay::Trouble(..) => Judgement::Fine("it is another trouble now".to_owned()),
        OfDay::Unknown => Judgement::Unknown,
    };
    let mut judged: Vec<_> = AlertKind::OF_A_DAY.into_iter().map(|kind| (concern(kind), others(kind))).collect();
    judged.push((concern(AlertKind::SizeImplausible), judge_size(seen, settings)));
    judged.push((concern(AlertKind::SetAside), judge_set_aside(seen, settings)));
    judged
}

/// How a vendor's day stands: one trouble at most.
enum OfDay {
    Fine(String),
    Trouble(AlertKind, Trouble),
    Unknown,
}

fn judge_day(seen: &VendorEvidence, scope: Scope) -> OfDay {
    let (vendor, date) = (seen.vendor, seen.date);
    let kept = if seen.stored.is_some() { "; an earlier collection of the day stands" } else { "" };
    let trouble = |kind, what: &str, message: &str| {
        let sentence = format!("the collection of {vendor} on {date} {what}: {message}{kept}");
        let details = json!({ "date": date, "message": message, "devicesStored": seen.stored });
        OfDay::Trouble(kind, Trouble { sentence, details })
    };
    match (&seen.last, seen.stored) {
        (Some((RunEnd::Failed, message)), _) => trouble(AlertKind::CollectionFailed, "failed", message),
        (Some((RunEnd::Partial, message)), _) => trouble(AlertKind::CollectionPartial, "is partial", message),
        (Some((RunEnd::Held, message)), _) => trouble(AlertKind::CollectionHeld, "is held", message),
        (Some((RunEnd::Completed | RunEnd::Discarded, _)) | None, Some(devices)) => {
            OfDay::Fine(format!("{vendor} has a complete snapshot of {date} with {devices} devices"))
        }
        // A collection that is at work, or may come, will tell.
        (_, None) if seen.is_working => OfDay::Unknown,
        (None, None) if scope == Scope::Batch => OfDay::Unknown,
        (_, None) => {
            let sentence = format!("{vendor} has no complete snapshot of {date}");
            OfDay::Trouble(AlertKind::SnapshotMissing, Trouble { sentence, details: json!({ "date": date }) })
        }
    }
}

fn judge_size(seen: &VendorEvidence, settings: &VerificationSettings) -> Judgement {
    let Some(devices) = seen.stored else { return Judgement::Unknown };
    let (vendor, date, percent) = (seen.vendor, seen.date, i64::from(settings.size_percent));
    let usual = median(&seen.recent);
    let difference = devices.abs_diff(usual);
    let fine = format!("{vendor} has {devices} devices on {date}");
    let is_small = difference <= FEW_DEVICES.unsigned_abs();
    let is_within =
        u128::from(difference) * 100 <= u128::from(usual.unsigned_abs()) * u128::from(percent.unsigned_abs());
    if percent == 0 || seen.recent.len() < FEWEST_DAYS || is_small || is_within {
        return Judgement::Fine(fine);
    }
    let sentence = format!("{fine}, more than {percent} % from the usual {usual}");
    let details = json!({ "date": date, "devices": devices, "usual": usual, "percent": percent });
    Judgement::Trouble(Trouble { sentence, details })
}

fn judge_set_aside(seen: &VendorEvidence, settings: &VerificationSettings) -> Judgement {
    let Some(unreadable) = seen.unreadable else { return Judgement::Unknown };
    let (vendor, date, limit) = (seen.vendor, seen.date, settings.set_aside_over);
    let sentence = format!("the collection of {vendor} on {date} could not read {unreadable} records");
    if unreadable <= limit {
        return Judgement::Fine(sentence);
    }
    let details = json!({ "date": date, "unreadable": unreadable, "limit": limit });
    Judgement::Trouble(Trouble { sentence: format!("{sentence}, more than {limit}"), details })
}

/// How the day's last checks ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckEnd {
    /// All ran.
    Completed,
    /// Some or all were skipped.
    Skipped,
    /// By a fault.
    Failed,
}

/// Of which vendors a snapshot is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Of all: every check can run.
    All,
    /// Of some: checks that compare with the others are skipped every day, and that is no trouble.
    Some,
    /// Nothing is known of any, so nobody can tell what should run.
    None,
}

/// What is known of the day's checks.
#[derive(Clone, Debug, PartialEq)]
pub struct ChecksEvidence {
    /// The business day.
    pub date: NaiveDate,
    /// How they ended last, with what was said; `None` when they did not run.
    pub last: Option<(CheckEnd, String)>,
    /// Whether checks are queued or running.
    pub is_working: bool,
    /// Of which vendors a snapshot is expected.
    pub expected: Expected,
    /// Whether an expected vendor has no collection of the day that has ended: checks that compare with it may still run.
    pub awaits_vendor: bool,
}

/// Judges the day's checks.
pub fn judge_checks(seen: &ChecksEvidence, scope: Scope) -> (Concern, Judgement) {
    let date = seen.date;
    let trouble = |sentence: String, message: &str| {
        Judgement::Trouble(Trouble { sentence, details: json!({ "date": date, "message": message }) })
    };
    let judgement = match &seen.last {
        Some((CheckEnd::Failed, message)) => trouble(format!("the checks of {date} failed: {message}"), message),
        Some((CheckEnd::Completed, _)) => Judgement::Fine(format!("the checks of {date} ran")),
        _ if seen.expected == Expected::None => Judgement::Unknown,
        Some((CheckEnd::Skipped, _)) if scope == Scope::Batch && seen.awaits_vendor => Judgement::Unknown,
        Some((CheckEnd::Skipped, message)) if seen.expected == Expected::All => {
            trouble(format!("checks of {date} were skipped: {message}"), message)
        }
        Some((CheckEnd::Skipped, _)) => Judgement::Fine(format!("the checks of {date} ran")),
        None if seen.is_working || scope == Scope::Batch => Judgement::Unknown,
        None => trouble(format!("the checks of {date} did not run"), "they did not run"),
    };
    (Concern::new(AlertKind::ChecksSkipped, Subject::Checks), judgement)
}

/// The open exceptions of a type.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenCounts {
    /// The type.
    pub exception_type: ExceptionType,
    /// How many are open now; `None` when the day was not checked.
    pub open: Option<i64>,
    /// How many were open at the end of checked days before, in any order.
    pub before: Vec<i64>,
}

/// Judges whether more are open than usual. Fewer are no trouble.
pub fn judge_counts(seen: &OpenCounts) -> (Concern, Judgement) {
    let code = seen.exception_type.code();
    let judgement = match (seen.open, usual_range(&seen.before)) {
        (None, _) => Judgement::Unknown,
        (Some(open), Some(range)) if open > range.upper => Judgement::Trouble(Trouble {
            sentence: format!("{open} exceptions {code} are open, where {} to {} are usual", range.median, range.upper),
            details: json!({ "open": open, "median": range.median, "upper": range.upper }),
        }),
        (Some(open), _) => Judgement::Fine(format!("{open} exceptions {code} are open, as usual")),
    };
    (Concern::new(AlertKind::ExceptionsJumped, Subject::ExceptionType(seen.exception_type)), judgement)
}

#[cfg(test)]
mod tests;
