//! The schedules: what the hub has, when each is due, and what becomes of missed slots.

use chrono::TimeDelta;
use domain::{
    schedule::{BadCron, CronText, Grace, Misfire, Schedule, Timing, Work},
    vendor::Vendor,
};

use super::{error::ConfigError, keys::Key, values::Values};

/// A schedule that the hub has.
pub(super) struct Known {
    name: &'static str,
    work: Work,
    /// When it is due where nothing is set.
    cron: &'static str,
    /// Its cron text, its misfire policy, the grace in minutes.
    pub(super) keys: [Key; 3],
}

/// A schedule by its name in the file and in the environment.
macro_rules! known {
    ($name:literal, $variable:literal, $work:expr, $cron:literal) => {
        Known {
            name: $name,
            work: $work,
            cron: $cron,
            keys: [
                Key::blank_says_off(concat!("HUB_SCHEDULE_", $variable), concat!("schedule.", $name)),
                Key::open(concat!("HUB_SCHEDULE_", $variable, "_MISFIRE"), concat!("schedule.", $name, "_misfire")),
                Key::open(
                    concat!("HUB_SCHEDULE_", $variable, "_GRACE_MINUTES"),
                    concat!("schedule.", $name, "_grace_minutes"),
                ),
            ],
        }
    };
}

/// Every schedule of the hub, in the order of a night (rules section 3). Here is where another one is added.
pub(super) static KNOWN: [Known; 5] = [
    known!("ninja", "NINJA", Work::Collect(Vendor::Ninja), "10 2 * * *"),
    known!("threatlocker", "THREATLOCKER", Work::Collect(Vendor::ThreatLocker), "31 2 * * *"),
    known!("checks", "CHECKS", Work::Check, "0 3 * * *"),
    known!("retention", "RETENTION", Work::Retain, "30 3 * * *"),
    known!("verification", "VERIFICATION", Work::Verify, "0 4 * * *"),
];

/// Slots that one schedule may have to make up at most, and how late, in minutes: a week.
const MOST_SLOTS: u16 = 100;
const LONGEST_GRACE: i64 = 7 * 24 * 60;

/// The schedules that are switched on.
pub(super) fn read(values: &Values) -> Result<Vec<Schedule>, ConfigError> {
    KNOWN.iter().filter_map(|known| schedule(values, known).transpose()).collect()
}

fn schedule(values: &Values, known: &Known) -> Result<Option<Schedule>, ConfigError> {
    let [cron_key, misfire_key, grace_key] = known.keys.each_ref().map(|key| key.name);
    let misfire = misfire(values, misfire_key, grace_key)?;
    let text = values.text(cron_key)?.unwrap_or(known.cron);
    if text.is_empty() || text.eq_ignore_ascii_case("off") {
        return Ok(None);
    }
    let cron: CronText = text.parse().map_err(|error| {
        let expected = match error {
            BadCron::Unreadable => "a cron text of five fields, such as 10 2 * * *, or off",
            BadCron::NeverComes => "a cron text of a day that comes",
        };
        values.bad(cron_key, expected)
    })?;
    Ok(Some(Schedule { name: known.name, timing: Timing { cron, misfire }, work: known.work }))
}

fn misfire(values: &Values, misfire_key: &'static str, grace_key: &'static str) -> Result<Misfire, ConfigError> {
    let grace = values.parsed(grace_key, &format!("whole minutes from 1 to {LONGEST_GRACE}, or day"), grace)?;
    let expected = format!("skip, once, or all and how many at most (1 to {MOST_SLOTS}), such as all 3");
    let misfire = values.parsed(misfire_key, &expected, policy)?.unwrap_or_default();
    match (misfire, grace) {
        (Misfire::Skip, Some(_)) => {
            Err(values.bad(grace_key, &format!("no grace where {misfire_key} is skip, which makes nothing up")))
        }
        (Misfire::Skip, None) => Ok(misfire),
        (Misfire::Once(default), grace) => Ok(Misfire::Once(grace.unwrap_or(default))),
        (Misfire::All { most, grace: default }, grace) => Ok(Misfire::All { most, grace: grace.unwrap_or(default) }),
    }
}

fn policy(text: &str) -> Option<Misfire> {
    let text = text.to_ascii_lowercase();
    match text.split_whitespace().collect::<Vec<_>>()[..] {
        ["skip"] => Some(Misfire::Skip),
        ["once"] => Some(Misfire::Once(Grace::default())),
        ["all", most] => {
            let most = most.parse().ok().filter(|most| (1..=MOST_SLOTS).contains(most))?;
            Some(Misfire::All { most, grace: Grace::default() })
        }
        _ => None,
    }
}

fn grace(text: &str) -> Option<Grace> {
    if text.eq_ignore_ascii_case("day") {
        return Some(Grace::RestOfDay);
    }
    let minutes = text.parse().ok().filter(|minutes| (1..=LONGEST_GRACE).contains(minutes))?;
    Some(Grace::For(TimeDelta::minutes(minutes)))
}
