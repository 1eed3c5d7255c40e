//! One value of a row, for whatever file it goes into.

use async_graphql::Value;
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Number;

use super::report::{Column, Kind};

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    /// Null, or nothing.
    Empty,
    Text(String),
    Number(Number),
    Date(NaiveDate),
    Instant(DateTime<Utc>),
    Flag(bool),
}

impl Cell {
    /// What a column shows of a row. A value of another kind than the column's is shown as text: nothing is lost.
    pub(super) fn of(row: &Value, column: &Column) -> Self {
        let mut values = Vec::new();
        gather(row, column.field, &mut values);
        match values.as_slice() {
            [] | [Value::Null] => Self::Empty,
            [value] => Self::of_value(value, column.kind),
            several => Self::Text(several.iter().map(|value| text_of(value)).collect::<Vec<_>>().join("; ")),
        }
    }

    fn of_value(value: &Value, kind: Kind) -> Self {
        let read = match (kind, value) {
            (Kind::Number, Value::Number(number)) => Some(Self::Number(number.clone())),
            (Kind::Flag, Value::Boolean(flag)) => Some(Self::Flag(*flag)),
            (Kind::Date, Value::String(text)) => text.parse().ok().map(Self::Date),
            (Kind::Instant, Value::String(text)) => {
                DateTime::parse_from_rfc3339(text).ok().map(|instant| Self::Instant(instant.to_utc()))
            }
            _ => None,
        };
        read.unwrap_or_else(|| Self::Text(text_of(value)))
    }
}

/// The value at the end of a way through objects; `None` where the way ends before.
pub(super) fn value_at<'a>(value: &'a Value, field: &str) -> Option<&'a Value> {
    field.split('.').try_fold(value, |value, name| match value {
        Value::Object(fields) => fields.get(name),
        _ => None,
    })
}

/// The values at the ends of a way that forks at lists.
fn gather<'a>(value: &'a Value, field: &str, found: &mut Vec<&'a Value>) {
    match value {
        Value::List(items) => items.iter().for_each(|item| gather(item, field, found)),
        Value::Object(fields) if !field.is_empty() => {
            let (name, rest) = field.split_once('.').unwrap_or((field, ""));
            let name = name.split('(').next().unwrap_or(name);
            if let Some(value) = fields.get(name) {
                gather(value, rest, found);
            }
        }
        // A way that ends at null before its end leads to null.
        value => found.push(value),
    }
}

fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Enum(name) => name.to_string(),
        value => value.clone().into_json().map(|json| json.to_string()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn cell(row: serde_json::Value, column: Column) -> Cell {
        Cell::of(&Value::from_json(row).unwrap(), &column)
    }

    #[test]
    fn values_keep_their_kind() {
        let row = json!({
            "n": 7, "f": 2.5, "d": "2026-03-01", "i": "2026-03-01T08:10:00.5Z", "b": false, "t": "", "z": null,
        });
        let all = [
            (Column::number("", "n"), Cell::Number(7.into())),
            (Column::number("", "f"), Cell::Number(Number::from_f64(2.5).unwrap())),
            (Column::date("", "d"), Cell::Date("2026-03-01".parse().unwrap())),
            (Column::instant("", "i"), Cell::Instant("2026-03-01T08:10:00.5Z".parse().unwrap())),
            (Column::flag("", "b"), Cell::Flag(false)),
            (Column::text("", "t"), Cell::Text(String::new())),
            (Column::text("", "z"), Cell::Empty),
            (Column::text("", "missing"), Cell::Empty),
            (Column::text("", "z.name"), Cell::Empty),
            (Column::text("", "d"), Cell::Text("2026-03-01".to_owned())),
            (Column::number("", "d"), Cell::Text("2026-03-01".to_owned())),
        ];
        for (column, expected) in all {
            assert_eq!(cell(row.clone(), column), expected, "{column:?}");
        }
    }

    #[test]
    fn lists_are_one_cell_and_objects_are_json() {
        let row = json!({ "sources": [{ "key": "a" }, { "key": 1 }], "one": [{ "key": "b" }], "none": [], "d": { "x": [1] } });
        assert_eq!(cell(row.clone(), Column::text("", "sources.key")), Cell::Text("a; 1".to_owned()));
        assert_eq!(cell(row.clone(), Column::text("", "one.key")), Cell::Text("b".to_owned()));
        assert_eq!(cell(row.clone(), Column::text("", "none.key")), Cell::Empty);
        assert_eq!(cell(row, Column::text("", "d")), Cell::Text(r#"{"x":[1]}"#.to_owned()));
    }
}
