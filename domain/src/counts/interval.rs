//! Days, weeks and months of a series.

use chrono::{Datelike, Days, Months, NaiveDate};

/// The length of time that one point of a series stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Interval {
    /// A day.
    Day,
    /// A week, from Monday to Sunday, also over the end of a year.
    Week,
    /// A calendar month.
    Month,
}

impl Interval {
    /// Every interval, the shortest first.
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// The first day of the interval that this day is in.
    pub fn start(self, day: NaiveDate) -> NaiveDate {
        match self {
            Self::Day => day,
            Self::Week => day - Days::new(day.weekday().num_days_from_monday().into()),
            Self::Month => month_start(day),
        }
    }

    /// The last day of the interval that this day is in.
    pub fn end(self, day: NaiveDate) -> NaiveDate {
        match self {
            Self::Day => day,
            Self::Week => self.start(day) + Days::new(6),
            Self::Month => month_end(day),
        }
    }

    /// How many intervals have a day from `from` to `to`, both included; below 1 when the range is reversed.
    pub fn count(self, from: NaiveDate, to: NaiveDate) -> i64 {
        let months = |day: NaiveDate| i64::from(day.year()) * 12 + i64::from(day.month());
        1 + match self {
            Self::Day => (to - from).num_days(),
            Self::Week => (self.start(to) - self.start(from)).num_days() / 7,
            Self::Month => months(to) - months(from),
        }
    }
}

/// The first day of the month that this day is in.
pub fn month_start(day: NaiveDate) -> NaiveDate {
    day - Days::new(day.day0().into())
}

/// The last day of the month that this day is in.
pub fn month_end(day: NaiveDate) -> NaiveDate {
    month_start(day) + Months::new(1) - Days::new(1)
}
