//! When the daily runs start: cron texts in the business time zone.
//!
//! croner runs a time that falls into the spring gap at the first instant after it, as rules section 3 wants, only where
//! minute and hour are single values. Other texts would lose that day's run without a word, so they are refused where
//! the zone has such a gap.

use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, Offset, TimeZone, Utc};
use croner::{
    Cron, JobType,
    parser::{CronParser, Seconds, Year},
};
use domain::clock::BusinessZone;

use super::{error::ConfigError, values::Values};

/// A checked cron text of five fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CronSchedule {
    text: String,
    cron: Cron,
}

impl CronSchedule {
    /// The text as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The pattern, to be asked in the business time zone.
    pub fn cron(&self) -> &Cron {
        &self.cron
    }
}

/// The schedules; `None` where one is switched off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedules {
    /// Collecting Ninja (default `10 2 * * *`).
    pub ninja: Option<CronSchedule>,
    /// Collecting ThreatLocker (default `31 2 * * *`).
    pub threatlocker: Option<CronSchedule>,
    /// Checks across vendors (default `0 3 * * *`).
    pub checks: Option<CronSchedule>,
    /// Counting month ends and dropping old days (default `30 3 * * *`).
    pub retention: Option<CronSchedule>,
    /// Looking whether the night went well (default `0 4 * * *`).
    pub verification: Option<CronSchedule>,
}

impl Schedules {
    pub(super) fn read(values: &Values, zone: BusinessZone) -> Result<Self, ConfigError> {
        let read = |name, default| schedule(values, zone, name, default);
        Ok(Self {
            ninja: read("HUB_SCHEDULE_NINJA", "10 2 * * *")?,
            threatlocker: read("HUB_SCHEDULE_THREATLOCKER", "31 2 * * *")?,
            checks: read("HUB_SCHEDULE_CHECKS", "0 3 * * *")?,
            retention: read("HUB_SCHEDULE_RETENTION", "30 3 * * *")?,
            verification: read("HUB_SCHEDULE_VERIFICATION", "0 4 * * *")?,
        })
    }
}

fn schedule(
    values: &Values,
    zone: BusinessZone,
    name: &str,
    default: &str,
) -> Result<Option<CronSchedule>, ConfigError> {
    let text = values.text(name)?.unwrap_or(default);
    if text.is_empty() || text.eq_ignore_ascii_case("off") {
        return Ok(None);
    }
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    let Ok(cron) = parser.parse(text) else {
        return Err(values.bad(name, "a cron text of five fields, such as 10 2 * * *, or off"));
    };
    if let Some(gap) = lost_in_gap(&cron, zone) {
        let expected = format!(
            "a cron text with one minute and one hour: where the clocks of {} go forward ({}), this one would run \
             neither then nor after",
            zone.0, gap
        );
        return Err(values.bad(name, &expected));
    }
    Ok(Some(CronSchedule { text: text.to_owned(), cron }))
}

/// Years whose clock changes are looked at; rules repeat, so any dozen will do.
const YEARS: std::ops::Range<i32> = 2026..2038;

/// The first local time that the pattern wants, that doesn't exist, and that nothing makes up for. A pattern of every
/// hour loses nothing: its next run is due within the hour.
fn lost_in_gap(cron: &Cron, zone: BusinessZone) -> Option<NaiveDateTime> {
    if cron.determine_job_type() == JobType::FixedTime || cron.pattern.hours.values().len() == 24 {
        return None;
    }
    gaps(zone).find_map(|(from, to)| {
        let minutes = (to - from).num_minutes();
        let lost = (0..minutes).map(|minute| from + Duration::minutes(minute)).find(|local| matches(cron, *local));
        lost.filter(|_| !matches(cron, to))
    })
}

/// Local times from `.0` on and before `.1` that don't exist.
fn gaps(zone: BusinessZone) -> impl Iterator<Item = (NaiveDateTime, NaiveDateTime)> {
    let days = YEARS.filter_map(|year| NaiveDate::from_ymd_opt(year, 1, 1)).flat_map(|day| day.iter_days().take(366));
    days.filter_map(move |day| {
        let start = day.and_time(chrono::NaiveTime::MIN).and_utc();
        let end = start + Duration::days(1);
        (offset(zone, start) < offset(zone, end)).then(|| gap(zone, start, end))
    })
}

/// Finds the change between two instants by halving.
fn gap(zone: BusinessZone, mut before: DateTime<Utc>, mut after: DateTime<Utc>) -> (NaiveDateTime, NaiveDateTime) {
    while after - before > Duration::seconds(1) {
        let middle = before + Duration::seconds((after - before).num_seconds() / 2);
        if offset(zone, middle) == offset(zone, before) {
            before = middle;
        } else {
            after = middle;
        }
    }
    let change = after.naive_utc();
    (change + Duration::seconds(offset(zone, before)), change + Duration::seconds(offset(zone, after)))
}

/// Seconds east of UTC.
fn offset(zone: BusinessZone, instant: DateTime<Utc>) -> i64 {
    zone.0.offset_from_utc_datetime(&instant.naive_utc()).fix().local_minus_utc().into()
}

/// Whether the pattern wants a local time; patterns see only the wall clock, so any zone will do for the question.
fn matches(cron: &Cron, local: NaiveDateTime) -> bool {
    cron.is_time_matching(&local.and_utc()).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost(text: &str, zone: &str) -> bool {
        let cron = CronParser::builder().seconds(Seconds::Disallowed).build().parse(text).unwrap();
        lost_in_gap(&cron, BusinessZone(zone.parse().unwrap())).is_some()
    }

    #[test]
    fn texts_that_would_lose_a_run_in_spring_are_found() {
        for (text, zone, expected) in [
            ("10 2 * * *", "America/Chicago", false),
            ("15,45 2 * * *", "America/Chicago", true),
            ("15,45 2 * * *", "UTC", false),
            ("15,45 2 * * *", "America/Phoenix", false),
            ("15,45 1 * * *", "America/Chicago", false),
            ("15,45 1 * * *", "Europe/London", true),
            ("15,45 2 * * MON", "America/Chicago", false),
            ("30 1,2 * * *", "America/Chicago", true),
            ("0 2,3 * * *", "America/Chicago", false),
            ("*/15 * * * *", "America/Chicago", false),
            ("30 * * * *", "America/Chicago", false),
            ("*/15 2-4 * * *", "America/Chicago", false),
            ("30 */2 * * *", "America/Chicago", true),
            ("15,45 0 * * *", "America/Havana", true),
            ("10,20 2 * * *", "Australia/Lord_Howe", true),
            ("40,50 2 * * *", "Australia/Lord_Howe", false),
        ] {
            assert_eq!(lost(text, zone), expected, "{text} in {zone}");
        }
    }

    #[test]
    fn a_gap_is_found_to_the_second() {
        let chicago = gaps(BusinessZone::default()).next().unwrap();
        assert_eq!(chicago.0.to_string(), "2026-03-08 02:00:00");
        assert_eq!(chicago.1.to_string(), "2026-03-08 03:00:00");
    }
}
