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
/// What it says of a month is right only if it knows that month's days to the end: a month end speaks for a vendor's last
/// stored day of the month once that day was dropped.
#[derive(Clone, Debug, Default)]
pub struct StoredDays(BTreeMap<Vendor, BTreeMap<NaiveDate, bool>>);

impl FromIterator<(Vendor, NaiveDate, bool)> for StoredDays {
    fn from_iter<I: IntoIterator<Item = (Vendor, NaiveDate, bool)>>(days: I) -> Self {
        let mut known = Self::default();
        for (vendor, day, kept) in days {
            known.0.entry(vendor).or_default().insert(day, kept);
        }
        known
    }
}

impl StoredDays {
    /// From where the counts of a date come: from the day itself, or from the month end if the date is the day that was
    /// counted for it or the last of the calendar month. Vendors may have been counted on different days; the last of these
    /// days then tells all of them.
    pub fn sources(&self, date: NaiveDate) -> Sources {
        let closing = self.closing_day(date);
        let source = |vendor: Vendor| {
            if self.is_kept(vendor, date) {
                return Some(Source::Day(date));
            }
            let counted = self.dropped_end(vendor, date)?;
            let month_end = month_end(date);
            let speaks = date == counted || date == month_end || (Some(date) == closing && counted < date);
            speaks.then_some(Source::MonthEnd { month_end, counted })
        };
        self.0.keys().filter_map(|vendor| source(*vendor).map(|source| (*vendor, source))).collect()
    }

    /// Whether a vendor has stored the date and its snapshots were dropped.
    pub fn was_dropped(&self, date: NaiveDate) -> bool {
        self.0.values().any(|days| days.get(&date) == Some(&false))
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

    /// The days that have counts of their own: those that are kept, and of a month whose last days were dropped the last.
    fn answered(&self) -> BTreeSet<NaiveDate> {
        let days = self.0.values().flatten();
        let (kept, dropped): (Vec<_>, Vec<_>) = days.partition(|(_, kept)| **kept);
        let months: BTreeSet<NaiveDate> = dropped.into_iter().map(|(day, _)| month_start(*day)).collect();
        let closing = months.into_iter().filter_map(|month| self.closing_day(month));
        kept.into_iter().map(|(day, _)| *day).chain(closing).collect()
    }

    fn is_kept(&self, vendor: Vendor, date: NaiveDate) -> bool {
        self.0.get(&vendor).and_then(|days| days.get(&date)).copied().unwrap_or_default()
    }

    /// The vendor's last stored day of the date's month, if its snapshots were dropped.
    fn dropped_end(&self, vendor: Vendor, date: NaiveDate) -> Option<NaiveDate> {
        let days = self.0.get(&vendor)?;
        let (last, kept) = days.range(month_start(date)..=month_end(date)).next_back()?;
        (!kept).then_some(*last)
    }

    /// The last day that was counted for the month end of any vendor.
    fn closing_day(&self, date: NaiveDate) -> Option<NaiveDate> {
        self.0.keys().filter_map(|vendor| self.dropped_end(*vendor, date)).max()
    }
}
