//! What a fortnight's record must be, told slot by slot from what happened, without a word of how the hub finds out.
//!
//! Its clock is written down here by hand: which offset Chicago has on which day of two fortnights.

use std::collections::BTreeSet;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};

/// A fortnight in Chicago with a change of the clocks in its middle.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Season {
    pub(crate) first_day: NaiveDate,
    /// On this day, at 02:00, the clocks change.
    change: NaiveDate,
    /// Hours behind UTC before and after.
    behind: (i64, i64),
}

pub(crate) const SPRING: Season = Season { first_day: date(2026, 3, 2), change: date(2026, 3, 8), behind: (6, 5) };
pub(crate) const AUTUMN: Season = Season { first_day: date(2026, 10, 26), change: date(2026, 11, 1), behind: (5, 6) };

/// Days of a fortnight.
pub(crate) const DAYS: u64 = 14;

const fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(date) => date,
        None => panic!("no such date"),
    }
}

impl Season {
    /// When the wall clock shows this first; in the hour that spring leaves out, the first instant after it.
    pub(crate) fn at(self, day: u64, (hour, minute, second): (u32, u32, u32)) -> DateTime<Utc> {
        let date = self.first_day + Days::new(day);
        let time = NaiveTime::from_hms_opt(hour, minute, second).unwrap();
        let is_after = date > self.change || (date == self.change && hour >= 2);
        let is_left_out = self.behind.0 > self.behind.1 && date == self.change && hour == 2;
        let time = if is_left_out { NaiveTime::from_hms_opt(3, 0, second).unwrap() } else { time };
        let behind = if is_after { self.behind.1 } else { self.behind.0 };
        date.and_time(time).and_utc() + TimeDelta::hours(behind)
    }

    pub(crate) fn day_of(self, instant: DateTime<Utc>) -> u64 {
        (0..DAYS).rev().find(|day| self.at(*day, (0, 0, 0)) <= instant).unwrap()
    }
}

/// The four schedules, each with the policy it has in this test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Name {
    /// 02:10, made up once on its day.
    Ninja,
    /// 01:30, all made up, two at most, within thirty hours.
    ThreatLocker,
    /// 03:00, made up once on its day.
    Checks,
    /// 03:30, skipped when missed.
    Retention,
}

pub(crate) const NAMES: [Name; 4] = [Name::Ninja, Name::ThreatLocker, Name::Checks, Name::Retention];

impl Name {
    pub(crate) fn time(self) -> (u32, u32, u32) {
        match self {
            Self::Ninja => (2, 10, 0),
            Self::ThreatLocker => (1, 30, 0),
            Self::Checks => (3, 0, 0),
            Self::Retention => (3, 30, 0),
        }
    }
}

/// How a vendor is on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vendors {
    Well,
    Fails(Name),
    HalfWay(Name),
}

/// What happened.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    /// What a server's clock showed whenever it asked what is due, in the order in which it asked.
    pub(crate) ticks: Vec<DateTime<Utc>>,
    /// Pauses of schedules, from when to when.
    pub(crate) pauses: Vec<(Name, DateTime<Utc>, DateTime<Utc>)>,
    /// How the vendors were, day by day.
    pub(crate) vendors: Vec<Vendors>,
}

/// What became of a slot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Night {
    pub(crate) due: DateTime<Utc>,
    pub(crate) name: Name,
    /// As GraphQL says it: how the run ended, or why the slot was passed over.
    pub(crate) became: String,
}

/// The record of a fortnight, and on which days each vendor is stored.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    pub(crate) nights: BTreeSet<Night>,
    pub(crate) stored: BTreeSet<(Name, u64)>,
}

pub(crate) fn expected(season: Season, history: &History) -> Record {
    let slots = (0..DAYS).flat_map(|day| NAMES.map(|name| (name, season.at(day, name.time()))));
    let mut runs = Vec::new();
    let mut record = Record::default();
    for (name, due) in slots {
        match taken(season, history, (name, due)) {
            Ok(tick) => runs.push((tick, name == Name::Checks, name, due)),
            Err(became) => drop(record.nights.insert(Night { due, name, became: became.to_owned() })),
        }
    }
    // What one tick finds due is collected first and checked then.
    runs.sort();
    for (tick, _, name, due) in runs {
        let day = season.day_of(history.ticks[tick]);
        let became = ending(name, history.vendors[usize::try_from(day).unwrap()], &record.stored, day);
        if became == "COMPLETED" && matches!(name, Name::Ninja | Name::ThreatLocker) {
            record.stored.insert((name, day));
        }
        record.nights.insert(Night { due, name, became: became.to_owned() });
    }
    record
}

/// The tick that takes a slot, or why none does.
fn taken(season: Season, history: &History, (name, due): (Name, DateTime<Utc>)) -> Result<usize, &'static str> {
    let in_pause =
        |(paused, from, to): &(Name, DateTime<Utc>, DateTime<Utc>)| *paused == name && *from <= due && due <= *to;
    if history.pauses.iter().any(in_pause) {
        return Err("PAUSED");
    }
    let late = |tick: &DateTime<Utc>| *tick - due;
    let first = history.ticks.iter().position(|tick| *tick >= due).ok_or("nobody came")?;
    let tick = history.ticks[first];
    match name {
        Name::Ninja | Name::Checks if season.day_of(tick) == season.day_of(due) => Ok(first),
        Name::ThreatLocker if late(&tick) <= TimeDelta::hours(30) => Ok(first),
        // A clock that was ahead passed it over for nothing: it is still due when it comes.
        Name::Retention => {
            let in_time = |tick: &DateTime<Utc>| (TimeDelta::zero()..=TimeDelta::minutes(1)).contains(&late(tick));
            history.ticks.iter().position(in_time).ok_or("TOO_LATE")
        }
        _ => Err("TOO_LATE"),
    }
}

fn ending(name: Name, vendors: Vendors, stored: &BTreeSet<(Name, u64)>, day: u64) -> &'static str {
    let both = [Name::Ninja, Name::ThreatLocker].map(|vendor| stored.contains(&(vendor, day)));
    match (name, vendors, both) {
        (Name::Checks, _, [false, false]) => "SKIPPED",
        (Name::Checks, _, [true, false] | [false, true]) => "PARTIAL",
        (vendor, Vendors::Fails(failing), _) if vendor == failing => "FAILED",
        (vendor, Vendors::HalfWay(partial), _) if vendor == partial => "PARTIAL",
        _ => "COMPLETED",
    }
}
