//! Dates, instants and JSON as GraphQL spells them. A value of another shape is refused while the document is
//! validated, before anything runs.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{Datelike, NaiveDate, SecondsFormat, Utc};

/// A day of the business time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(pub NaiveDate);

/// A day of the business time zone, written `YYYY-MM-DD`.
#[Scalar(name = "Date", specified_by_url = "https://datatracker.ietf.org/doc/html/rfc3339#section-5.6")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => read_date(text).map(Self).ok_or_else(|| InputValueError::expected_type(value)),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(text) if read_date(text).is_some())
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

impl From<NaiveDate> for Date {
    fn from(date: NaiveDate) -> Self {
        Self(date)
    }
}

/// Ten characters and the years 1 to 9999: what a database can't hold never reaches it.
pub(in crate::graphql) fn read_date(text: &str) -> Option<NaiveDate> {
    let is_plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    text.parse().ok().filter(|day: &NaiveDate| is_plain && (1..=9999).contains(&day.year()))
}

/// An instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DateTime(pub chrono::DateTime<Utc>);

/// An instant in RFC 3339 with its offset: `2026-03-01T08:10:00Z`. Answers are in UTC; any offset is read.
#[Scalar(name = "DateTime", specified_by_url = "https://datatracker.ietf.org/doc/html/rfc3339#section-5.6")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => read_instant(text).map(Self).ok_or_else(|| InputValueError::expected_type(value)),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(text) if read_instant(text).is_some())
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl From<chrono::DateTime<Utc>> for DateTime {
    fn from(instant: chrono::DateTime<Utc>) -> Self {
        Self(instant)
    }
}

/// In UTC an offset may lead out of the years that have four digits; SQLite sorts those wrongly.
pub(in crate::graphql) fn read_instant(text: &str) -> Option<chrono::DateTime<Utc>> {
    let instant = chrono::DateTime::parse_from_rfc3339(text).ok()?.to_utc();
    (0..=9999).contains(&instant.year()).then_some(instant)
}

/// JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct Json(pub serde_json::Value);

/// Any JSON value: an object, a list, a text, a number, true, false or null.
#[Scalar(name = "JSON", specified_by_url = "https://datatracker.ietf.org/doc/html/rfc8259")]
impl ScalarType for Json {
    fn parse(value: Value) -> InputValueResult<Self> {
        Ok(Self(value.into_json()?))
    }

    fn to_value(&self) -> Value {
        Value::from_json(self.0.clone()).unwrap_or_default()
    }
}

/// A count. GraphQL's Int has 32 bits; what the hub counts (devices, rows, pages) stays far below, and would stop there.
pub(in crate::graphql) fn count(number: impl TryInto<i32>) -> i32 {
    number.try_into().unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ten_characters_of_a_real_day_are_a_date() {
        for right in ["2026-02-28", "0001-01-01", "9999-12-31"] {
            assert!(Date::is_valid(&Value::from(right)), "{right}");
        }
        for wrong in ["0000-01-01", "0000-12-31", "-001-01-01", "-999-12-31"] {
            assert!(!Date::is_valid(&Value::from(wrong)), "{wrong} is before year 1");
        }
        for wrong in ["2026-02-30", "2026-2-3", "20260203", "+12026-01-01", "2026-02-03T00:00:00Z", "today", ""] {
            assert!(!Date::is_valid(&Value::from(wrong)), "{wrong}");
        }
        assert!(!Date::is_valid(&Value::from(20_260_228)));
        assert!(!Date::is_valid(&Value::Null));
    }

    #[test]
    fn an_instant_needs_an_offset_and_is_answered_in_utc() {
        let read = DateTime::parse(Value::from("2026-03-01T02:10:00-06:00")).unwrap();
        assert_eq!(read.to_value(), Value::from("2026-03-01T08:10:00Z"));
        assert!(!DateTime::is_valid(&Value::from("2026-03-01T02:10:00")));
        assert!(!DateTime::is_valid(&Value::from("9999-12-31T23:59:59-01:00")));
    }
}
