//! A calendar month of the business time zone.

use std::{fmt, str::FromStr};

use chrono::{Datelike, Days, Months, NaiveDate};
use serde::{Serialize, Serializer};

/// A calendar month, by its first day. Months of the years 1 to 9999: those that every database can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Month(NaiveDate);

/// A text that is no month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a month is written YYYY-MM")]
pub struct NotAMonth;

impl Month {
    /// The month that a day is in.
    pub fn of(day: NaiveDate) -> Self {
        Self(day - Days::new(u64::from(day.day0())))
    }

    /// Its first day.
    pub const fn first_day(self) -> NaiveDate {
        self.0
    }

    /// Its last day of the calendar.
    pub fn last_day(self) -> NaiveDate {
        self.0 + Months::new(1) - Days::new(1)
    }

    /// The month after it.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + Months::new(1))
    }

    /// Whether a day is in it.
    pub fn holds(self, day: NaiveDate) -> bool {
        Self::of(day) == self
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.year(), self.0.month())
    }
}

impl FromStr for Month {
    type Err = NotAMonth;

    fn from_str(text: &str) -> Result<Self, NotAMonth> {
        let is_plain = text.len() == 7 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let first: Option<NaiveDate> = is_plain.then(|| format!("{text}-01").parse().ok()).flatten();
        first.filter(|day| day.year() >= 1).map(Self).ok_or(NotAMonth)
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_seven_characters_and_comes_back_as_it_was() {
        for text in ["2026-10", "0001-01", "9999-12", "2024-02"] {
            assert_eq!(text.parse::<Month>().unwrap().to_string(), text);
        }
        for wrong in
            ["", "2026", "2026-13", "2026-00", "2026-1", "2026-1-", "26-10-1", "0000-01", "+026-10", "2026-10-01"]
        {
            assert_eq!(wrong.parse::<Month>(), Err(NotAMonth), "{wrong}");
        }
    }

    #[test]
    fn a_month_ends_where_the_next_begins() {
        for (month, last) in [("2026-02", "2026-02-28"), ("2024-02", "2024-02-29"), ("2026-12", "2026-12-31")] {
            let month: Month = month.parse().unwrap();
            assert_eq!(month.last_day().to_string(), last);
            assert_eq!(month.last_day() + Days::new(1), month.next().first_day());
            assert!(month.holds(month.last_day()) && month.holds(month.first_day()));
            assert!(!month.holds(month.next().first_day()) && Month::of(month.last_day()) == month);
        }
    }
}
