//! What a check means for an exception that is already known (rules section 8, "Life of an exception").

use chrono::{DateTime, NaiveDate, Utc};

/// How an exception was resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resolution {
    /// A person says that it is repaired; if a later complete check still finds it, it reopens.
    Fixed,
    /// A person lives with it, for ever or until a date.
    Accepted,
    /// A person says that the finding is wrong.
    FalsePositive,
    /// A complete check no longer found it.
    Verified,
}

impl Resolution {
    /// Every resolution.
    pub const ALL: [Self; 4] = [Self::Fixed, Self::Accepted, Self::FalsePositive, Self::Verified];

    /// The code that is stored.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Fixed => "FIXED",
            Self::Accepted => "ACCEPTED",
            Self::FalsePositive => "FALSE_POSITIVE",
            Self::Verified => "VERIFIED",
        }
    }

    /// The resolution of a stored code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|resolution| resolution.code() == code)
    }
}

/// Where a known exception stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Somebody has to look at it.
    Open,
    /// It was resolved.
    Resolved {
        /// How.
        how: Resolution,
        /// When.
        at: DateTime<Utc>,
        /// For [`Resolution::Accepted`]: the last day on which it is accepted; `None` is for ever.
        accepted_until: Option<NaiveDate>,
    },
}

/// What a check saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The day that was checked.
    pub date: NaiveDate,
    /// Since when the data is at least that fresh: the earliest beginning of the collections compared.
    pub collected_at: DateTime<Utc>,
}

/// What to do with a known exception after a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It is still there: note the day and the details.
    Update,
    /// It is there again: open it and say so.
    Reopen,
    /// It is gone: close it as verified.
    Verify,
    /// Leave it as it is.
    Leave,
}

/// The step for a known exception after a check.
pub fn step(standing: Standing, is_found: bool, evidence: Evidence) -> Step {
    if is_found { found_again(standing, evidence) } else { not_found(standing) }
}

/// The step for an exception that the check found again.
///
/// A re-run on the data that a person already judged changes nothing: FIXED reopens only on data collected after it.
fn found_again(standing: Standing, evidence: Evidence) -> Step {
    let Standing::Resolved { how, at, accepted_until } = standing else { return Step::Update };
    let back = match how {
        Resolution::Fixed => evidence.collected_at > at,
        Resolution::Accepted => accepted_until.is_some_and(|last| evidence.date > last),
        Resolution::FalsePositive => false,
        Resolution::Verified => true,
    };
    if back { Step::Reopen } else { Step::Leave }
}

/// The step for an exception that the check did not find.
fn not_found(standing: Standing) -> Step {
    match standing {
        Standing::Open => Step::Verify,
        Standing::Resolved { .. } => Step::Leave,
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    fn hour(hour: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 3, 2, hour, 0, 0).unwrap()
    }

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, day).unwrap()
    }

    fn resolved(how: Resolution, accepted_until: Option<NaiveDate>) -> Standing {
        Standing::Resolved { how, at: hour(12), accepted_until }
    }

    #[test]
    fn a_finding_seen_again_reopens_only_what_its_resolution_does_not_cover() {
        let older = Evidence { date: day(2), collected_at: hour(8) };
        let newer = Evidence { date: day(3), collected_at: hour(20) };
        for (standing, evidence, expected) in [
            (Standing::Open, older, Step::Update),
            (resolved(Resolution::Fixed, None), older, Step::Leave),
            (resolved(Resolution::Fixed, None), newer, Step::Reopen),
            (resolved(Resolution::Accepted, None), newer, Step::Leave),
            (resolved(Resolution::Accepted, Some(day(3))), newer, Step::Leave),
            (resolved(Resolution::Accepted, Some(day(2))), newer, Step::Reopen),
            (resolved(Resolution::FalsePositive, None), newer, Step::Leave),
            (resolved(Resolution::Verified, None), newer, Step::Reopen),
        ] {
            assert_eq!(found_again(standing, evidence), expected, "{standing:?} {evidence:?}");
        }
    }

    #[test]
    fn a_finding_that_is_gone_closes_what_is_open_and_nothing_else() {
        assert_eq!(not_found(Standing::Open), Step::Verify);
        for how in Resolution::ALL {
            assert_eq!(not_found(resolved(how, None)), Step::Leave);
        }
    }
}
