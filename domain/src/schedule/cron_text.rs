//! Cron texts on the wall clock of a time zone.
//!
//! croner finds the local times that a text names; which instants they are is decided here, because croner loses runs of
//! texts with several times, such as `15,45 2 * * *`, where the clocks go forward, and doubles them where they go back.

use std::str::FromStr;

use chrono::{DateTime, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use croner::{
    Cron, CronDateTime, Direction,
    parser::{CronParser, Seconds, Year},
};

use crate::clock::BusinessZone;

/// No zone turns its clocks back by more: Antarctica/Troll does by two hours.
const LONGEST_FOLD: TimeDelta = TimeDelta::hours(3);

/// No gap is longer: Samoa and Kiribati once left out a day.
const LONGEST_GAP_MINUTES: i64 = 24 * 60;

/// A cron text of five fields that names at least one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CronText {
    text: String,
    cron: Cron,
    /// Whether it is for every hour, and so counts hours as they pass rather than as the wall clock shows them.
    hourly: bool,
}

/// Why a text is no schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCron {
    /// It is not made of five fields that mean something.
    #[error("it is no cron text of five fields")]
    Unreadable,
    /// It names a day that no year has, such as the 30th of February.
    #[error("the day it names never comes")]
    NeverComes,
}

impl FromStr for CronText {
    type Err = BadCron;

    fn from_str(text: &str) -> Result<Self, BadCron> {
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = parser.parse(text).map_err(|_| BadCron::Unreadable)?;
        let hourly = cron.pattern.hours.values().len() == 24;
        let cron = Self { text: text.to_owned(), cron, hourly };
        let comes = cron.times(&NaiveDateTime::default(), Direction::Forward).next().is_some();
        if comes { Ok(cron) } else { Err(BadCron::NeverComes) }
    }
}

impl CronText {
    /// The text as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its slots that are not after an instant, the newest first.
    ///
    /// A local time that does not exist is due at the first instant after the gap, and one that exists twice the first
    /// time; each once. A text for every hour has neither made up: its next slot is due within the hour, and in the
    /// repeated hour it is due again.
    pub fn slots_until(&self, zone: BusinessZone, now: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> + '_ {
        each_once(self.slots(zone, now, Direction::Backward).filter(move |slot| *slot <= now))
    }

    /// Its slots after an instant, the next one first; the same slots as those of [`slots_until`](Self::slots_until).
    pub fn slots_after(&self, zone: BusinessZone, now: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> + '_ {
        each_once(self.slots(zone, now, Direction::Forward).filter(move |slot| *slot > now))
    }

    /// All slots in one direction, beginning with some on the other side of the instant.
    fn slots(&self, zone: BusinessZone, from: DateTime<Utc>, direction: Direction) -> Slots<'_> {
        if self.hourly {
            return Box::new(self.times(&from.with_timezone(&zone.0), direction).map(|slot| slot.to_utc()));
        }
        let margin = if direction == Direction::Forward { -LONGEST_FOLD } else { LONGEST_FOLD };
        let local = from.with_timezone(&zone.0).naive_local() + margin;
        Box::new(self.times(&local, direction).filter_map(move |local| instant(zone.0, local)))
    }

    /// On a clock without a zone there are neither gaps nor repeated hours.
    fn times<'a, T: CronDateTime + 'static>(
        &'a self,
        from: &T,
        direction: Direction,
    ) -> impl Iterator<Item = T> + use<'a, T> {
        let find = move |from: &T, inclusive| match direction {
            Direction::Forward => self.cron.find_next_occurrence(from, inclusive).ok(),
            Direction::Backward => self.cron.find_previous_occurrence(from, inclusive).ok(),
        };
        std::iter::successors(find(from, true), move |time| find(time, false))
    }
}

type Slots<'a> = Box<dyn Iterator<Item = DateTime<Utc>> + 'a>;

/// When the wall clock shows a local time first, or, where it never does, the first instant after the gap.
fn instant(zone: Tz, local: NaiveDateTime) -> Option<DateTime<Utc>> {
    let mut minutes = (0..=LONGEST_GAP_MINUTES).map(TimeDelta::minutes);
    let shown = |later| zone.from_local_datetime(&local.checked_add_signed(later)?).earliest();
    minutes.find_map(shown).map(|instant| instant.to_utc())
}

/// Local times of one gap are one instant.
fn each_once(slots: impl Iterator<Item = DateTime<Utc>>) -> impl Iterator<Item = DateTime<Utc>> {
    let mut last = None;
    slots.filter(move |slot| last.replace(*slot) != Some(*slot))
}
