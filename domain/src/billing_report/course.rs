//! How the endpoints and seats of each organization went through a month.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::billing_report::{LineChange, Units};

/// The calendar days that are counted, both included. A day without a complete collection counts as the day before it:
/// the machines were there, only nobody looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The month's first day; in the month in which the hub began, the first stored one.
    pub from: NaiveDate,
    /// The month's last day; in a month that is not over, the last stored one.
    pub to: NaiveDate,
}

impl Span {
    /// How many days.
    pub fn days(self) -> i64 {
        (self.to - self.from).num_days() + 1
    }
}

/// A line's month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Course {
    /// On the stored day before the month: the end of the report before. In the month in which the hub began, on the
    /// first stored day.
    pub start: Units,
    /// On the last stored day.
    pub end: Units,
    /// The most on one day of the span; of endpoints and of seats each by itself.
    pub highest: Units,
    /// Summed over the days of the span.
    pub device_days: Units,
    /// What came to the line, device by device: `start + added - removed = end`.
    pub added: Units,
    /// What went from the line.
    pub removed: Units,
}

impl Course {
    /// The average over the span in hundredths, rounded half up.
    pub fn average_hundredths(&self, span: Span) -> Units {
        let days = span.days().max(1);
        self.device_days.map(|sum| (sum * 200 + days).div_euclid(days * 2))
    }
}

/// Walks the changes back from the end. They are of stored days, up to the one of the end counts; those of the span's
/// first day come before it. Every organization that has an end or a change has a course.
pub fn courses(
    end: &BTreeMap<Option<i64>, Units>,
    changes: &[LineChange],
    span: Span,
) -> BTreeMap<Option<i64>, Course> {
    let mut by_line: BTreeMap<Option<i64>, Vec<&LineChange>> = end.keys().map(|line| (*line, Vec::new())).collect();
    for change in changes {
        by_line.entry(change.organization_id).or_default().push(change);
    }
    let walked = by_line.into_iter().map(|(line, changes)| {
        let end = end.get(&line).copied().unwrap_or_default();
        (line, course(end, &changes, span))
    });
    walked.collect()
}

fn course(end: Units, changes: &[&LineChange], span: Span) -> Course {
    let sum = |sign: fn(i64) -> i64| changes.iter().map(|change| change.units.map(sign)).sum::<Units>();
    let (added, removed) = (sum(|number| number.max(0)), sum(|number| (-number).max(0)));
    let start = end - added + removed;
    let mut days: BTreeMap<NaiveDate, Units> = BTreeMap::new();
    for change in changes {
        *days.entry(change.day).or_default() += change.units;
    }
    let (mut now, mut since) = (start, span.from);
    let (mut highest, mut device_days) = (None::<Units>, Units::ZERO);
    let mut count = |now: Units, days: i64| {
        if days > 0 {
            highest = Some(highest.map_or(now, |so_far| so_far.max(now)));
            device_days += now.map(|number| number * days);
        }
    };
    for (day, change) in days {
        count(now, (day - since).num_days());
        now += change;
        since = since.max(day);
    }
    count(now, (span.to - since).num_days() + 1);
    Course { start, end, highest: highest.unwrap_or(end), device_days, added, removed }
}
