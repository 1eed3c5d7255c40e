//! What a check means for an exception that is already known.

use chrono::{DateTime, NaiveDate, Utc};

use super::Resolution;

/// Where a known exception stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Somebody has to look at it.
    Open {
        /// When a person reopened it last; `None` when it is open because a check found it.
        reopened_at: Option<DateTime<Utc>>,
        /// The last day on which a check found it.
        last_seen: NaiveDate,
    },
    /// It was resolved.
    Resolved {
        /// How.
        how: Resolution,
        /// When.
        at: DateTime<Utc>,
        /// The day it was resolved.
        on: NaiveDate,
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
    if is_found { found_again(standing, evidence) } else { not_found(standing, evidence) }
}

/// The step for an exception that the check found again.
///
/// A re-run on the data that a person already judged changes nothing: FIXED reopens only on data collected after it. Nor
/// do the data of an older day than the one that showed it gone.
fn found_again(standing: Standing, evidence: Evidence) -> Step {
    let Standing::Resolved { how, at, on, accepted_until } = standing else { return Step::Update };
    let back = match how {
        Resolution::Fixed => evidence.collected_at > at,
        Resolution::Accepted => accepted_until.is_some_and(|last| evidence.date > last),
        Resolution::FalsePositive => false,
        Resolution::Verified => evidence.date >= on,
    };
    if back { Step::Reopen } else { Step::Leave }
}

/// The step for an exception that the check did not find.
///
/// Whoever reopened it knew the data of the time: as with FIXED, only newer data says something else. And the data of an
/// older day than the one that showed it last say nothing of today.
fn not_found(standing: Standing, evidence: Evidence) -> Step {
    match standing {
        Standing::Open { reopened_at, last_seen } => {
            let is_newer = reopened_at.is_none_or(|at| evidence.collected_at > at) && evidence.date >= last_seen;
            if is_newer { Step::Verify } else { Step::Leave }
        }
        Standing::Resolved { .. } => Step::Leave,
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    const OPEN: Standing = Standing::Open { reopened_at: None, last_seen: day(2) };

    fn hour(hour: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 3, 2, hour, 0, 0).unwrap()
    }

    const fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, day).unwrap()
    }

    fn resolved(how: Resolution, accepted_until: Option<NaiveDate>) -> Standing {
        Standing::Resolved { how, at: hour(12), on: day(2), accepted_until }
    }

    #[test]
    fn a_finding_seen_again_reopens_only_what_its_resolution_does_not_cover() {
        let older = Evidence { date: day(2), collected_at: hour(8) };
        let newer = Evidence { date: day(3), collected_at: hour(20) };
        for (standing, evidence, expected) in [
            (OPEN, older, Step::Update),
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
    fn the_data_of_an_older_day_undo_nothing_that_a_newer_one_showed() {
        let yesterday = Evidence { date: day(1), collected_at: hour(20) };
        assert_eq!(found_again(resolved(Resolution::Verified, None), yesterday), Step::Leave);
        assert_eq!(not_found(OPEN, yesterday), Step::Leave);
        let of_the_day = Evidence { date: day(2), collected_at: hour(1) };
        assert_eq!(found_again(resolved(Resolution::Verified, None), of_the_day), Step::Reopen);
        assert_eq!(not_found(OPEN, of_the_day), Step::Verify);
    }

    #[test]
    fn a_finding_that_is_gone_closes_what_is_open_and_nothing_else() {
        let older = Evidence { date: day(2), collected_at: hour(8) };
        let newer = Evidence { date: day(2), collected_at: hour(13) };
        let reopened = Standing::Open { reopened_at: Some(hour(12)), last_seen: day(2) };
        assert_eq!(not_found(OPEN, older), Step::Verify);
        assert_eq!(not_found(reopened, older), Step::Leave, "a person judged by the same data");
        assert_eq!(not_found(reopened, newer), Step::Verify);
        for how in Resolution::ALL {
            assert_eq!(not_found(resolved(how, None), newer), Step::Leave);
        }
    }
}
