//! Which stored day answers for a date or for an interval, also when its snapshots were dropped and only the month end is
//! left.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
};

use chrono::NaiveDate;

use super::interval::{Interval, month_end, month_start};
use crate::vendor::Vendor;

/// From where a vendor's counts of a date come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// From this stored day.
    Day(NaiveDate),
    /// From the counts of a month end.
    MonthEnd {
        /// The last day of the calendar month.
        month_end: NaiveDate,
        /// The vendor's last stored day of the month, which was counted.
        counted: NaiveDate,
    },
}

impl Source {
    /// The stored day that was counted.
    pub const fn counted(self) -> NaiveDate {
        match self {
            Self::Day(day) | Self::MonthEnd { counted: day, .. } => day,
        }
    }
}

/// From where each vendor's counts of a date come. A vendor that has none of that date is missing.
pub type Sources = BTreeMap<Vendor, Source>;

/// A point of a series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// The first day of its interval.
    pub start: NaiveDate,
    /// The day inside the interval whose counts it tells.
    pub date: NaiveDate,
    /// From where those counts come; never empty.
    pub sources: Sources,
}

/// Vendors' stored days, with whether their snapshots are still kept.
///
/// What it says of a month is right only if it knows all days of that month. The last stored day of a month that is over
/// tells every vendor by its own last stored day of the month, as the counts of a month end do: so it says the same before
/// its days are dropped and after.
#[derive(Clone, Debug, Default)]
pub struct StoredDays {
    vendors: BTreeMap<Vendor, BTreeMap<NaiveDate, bool>>,
    /// The first day of the month that is not over; `None` when all are.
    running: Option<NaiveDate>,
}

impl FromIterator<(Vendor, NaiveDate, bool)> for StoredDays {
    fn from_iter<I: IntoIterator<Item = (Vendor, NaiveDate, bool)>>(days: I) -> Self {
        let mut known = Self::default();
        for (vendor, day, kept) in days {
            known.vendors.entry(vendor).or_default().insert(day, kept);
        }
        known
    }
}

impl StoredDays {
    /// The same, as it is known on this day, whose month is not over: each of its days tells itself alone.
    #[must_use]
    pub fn as_of(self, today: NaiveDate) -> Self {
        Self { running: Some(month_start(today)), ..self }
    }

    /// From where the counts of a date come. A day that is kept tells the vendors that stored it; the last stored day of a
    /// month that is over tells all that the month has. Once that was dropped, the last day of the calendar tells the same.
    pub fn sources(&self, date: NaiveDate) -> Sources {
        let tells_month = self.closing_day(date).is_some_and(|closing| {
            date == closing
                || (date == month_end(date) && !self.vendors.keys().any(|vendor| self.is_kept(*vendor, closing)))
        });
        let source = |vendor: Vendor| {
            if tells_month { self.end(vendor, date) } else { self.is_kept(vendor, date).then_some(Source::Day(date)) }
        };
        self.vendors.keys().filter_map(|vendor| source(*vendor).map(|source| (*vendor, source))).collect()
    }

    /// Whether a vendor has stored the date and its snapshots were dropped.
    pub fn was_dropped(&self, date: NaiveDate) -> bool {
        self.vendors.values().any(|days| days.get(&date) == Some(&false))
    }

    /// The nearest dates before and after this one that have counts.
    pub fn nearest(&self, date: NaiveDate) -> Vec<NaiveDate> {
        let answered = self.answered();
        let before = answered.range(..date).next_back();
        before.into_iter().chain(answered.range(date..).next()).copied().collect()
    }

    /// A point for each interval that has counts of a day in this range: of the last day on which the most vendors have
    /// some, so that one vendor's failed night makes no dent. The oldest comes first; an interval without counts has none.
    pub fn points(&self, range: &RangeInclusive<NaiveDate>, interval: Interval) -> Vec<Point> {
        let mut best: BTreeMap<NaiveDate, Point> = BTreeMap::new();
        for date in self.answered().range(range.clone()).copied() {
            let point = Point { start: interval.start(date), date, sources: self.sources(date) };
            let known = best.get(&point.start).map_or(0, |known| known.sources.len());
            if point.sources.len() >= known.max(1) {
                best.insert(point.start, point);
            }
        }
        best.into_values().collect()
    }

    /// The days that have counts of their own: those that are kept, and of a month whose days were dropped the last.
    fn answered(&self) -> BTreeSet<NaiveDate> {
        let days = self.vendors.values().flatten();
        let (kept, dropped): (Vec<_>, Vec<_>) = days.partition(|(_, kept)| **kept);
        let months: BTreeSet<NaiveDate> = dropped.into_iter().map(|(day, _)| month_start(*day)).collect();
        let closing = months.into_iter().filter_map(|month| self.closing_day(month));
        kept.into_iter().map(|(day, _)| *day).chain(closing).collect()
    }

    fn is_kept(&self, vendor: Vendor, date: NaiveDate) -> bool {
        self.vendors.get(&vendor).and_then(|days| days.get(&date)).copied().unwrap_or_default()
    }

    /// From where a vendor's counts of the end of the date's month come: its last stored day of the month.
    fn end(&self, vendor: Vendor, date: NaiveDate) -> Option<Source> {
        let month_end = month_end(date);
        let (last, kept) = self.vendors.get(&vendor)?.range(month_start(date)..=month_end).next_back()?;
        Some(if *kept { Source::Day(*last) } else { Source::MonthEnd { month_end, counted: *last } })
    }

    /// The last stored day of the date's month, of any vendor; `None` while the month is not over.
    fn closing_day(&self, date: NaiveDate) -> Option<NaiveDate> {
        let is_over = self.running.is_none_or(|running| month_start(date) < running);
        let ends = self.vendors.keys().filter_map(|vendor| self.end(*vendor, date)).map(Source::counted);
        ends.max().filter(|_| is_over)
    }
}
