//! Cursors: opaque, and bound to the list and order they come from.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use sea_orm::Value;
use serde_json::{Value as Json, json};

use crate::graphql::{
    errors::Fault,
    types::scalars::{read_date, read_instant},
};

/// Longer cursors than the longest sort key makes are broken without a look.
const MAX_LENGTH: usize = 4096;

/// One part of a row's place in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::graphql) enum Key {
    /// Text.
    Text(String),
    /// A day.
    Date(NaiveDate),
    /// An instant.
    Instant(DateTime<Utc>),
    /// A number.
    Number(i64),
}

/// What kind of key a column has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::graphql) enum KeyKind {
    Text,
    Date,
    Instant,
    Number,
}

impl Key {
    /// The key in a row's value; `None` for what lists are not sorted by.
    pub(in crate::graphql) fn of(value: Value) -> Option<Self> {
        match value {
            Value::String(text) => text.map(Self::Text),
            Value::ChronoDate(date) => date.map(Self::Date),
            Value::ChronoDateTimeUtc(instant) => instant.map(Self::Instant),
            Value::BigInt(number) => number.map(Self::Number),
            Value::SmallInt(number) => number.map(|number| Self::Number(number.into())),
            _ => None,
        }
    }

    fn show(&self) -> Json {
        match self {
            Self::Text(text) => json!(text),
            Self::Date(date) => json!(date.to_string()),
            Self::Instant(instant) => json!(instant.to_rfc3339_opts(SecondsFormat::Nanos, true)),
            Self::Number(number) => json!(number),
        }
    }

    fn read(kind: KeyKind, shown: &Json) -> Option<Self> {
        match (kind, shown) {
            // No stored text has one, and PostgreSQL takes none.
            (KeyKind::Text, Json::String(text)) => (!text.contains('\0')).then(|| Self::Text(text.clone())),
            (KeyKind::Date, Json::String(text)) => read_date(text).map(Self::Date),
            (KeyKind::Instant, Json::String(text)) => read_instant(text).map(Self::Instant),
            (KeyKind::Number, Json::Number(number)) => number.as_i64().map(Self::Number),
            _ => None,
        }
    }
}

impl From<Key> for Value {
    fn from(key: Key) -> Self {
        match key {
            Key::Text(text) => text.into(),
            Key::Date(date) => date.into(),
            Key::Instant(instant) => instant.into(),
            Key::Number(number) => number.into(),
        }
    }
}

/// A row's place in a list. Rows without a sort key are the last ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) key: Option<Key>,
    pub(super) id: Key,
}

impl Cursor {
    /// As clients see it.
    pub(super) fn encode(&self, order: &str) -> String {
        URL_SAFE_NO_PAD.encode(json!([order, self.key.as_ref().map(Key::show), self.id.show()]).to_string())
    }

    /// Reads a cursor of this order, whose key and id are of these kinds; the key may be missing where that is said.
    pub(super) fn decode(
        text: &str,
        order: &str,
        kinds: (KeyKind, KeyKind),
        may_be_missing: bool,
    ) -> Result<Self, Fault> {
        let parts = parts(text).ok_or(Fault::BadCursor("a cursor is broken"))?;
        let [Json::String(of), key, id] = &parts else { return Err(Fault::BadCursor("a cursor is broken")) };
        if of != order {
            return Err(Fault::BadCursor("a cursor is of another list or order"));
        }
        let is_missing = may_be_missing && key.is_null();
        let key = if is_missing { Some(None) } else { Key::read(kinds.0, key).map(Some) };
        let (key, id) = key.zip(Key::read(kinds.1, id)).ok_or(Fault::BadCursor("a cursor is broken"))?;
        Ok(Self { key, id })
    }
}

fn parts(text: &str) -> Option<[Json; 3]> {
    let bytes = (text.len() <= MAX_LENGTH).then(|| URL_SAFE_NO_PAD.decode(text).ok())??;
    let parts: Vec<Json> = serde_json::from_slice(&bytes).ok()?;
    parts.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BY_NAME: (KeyKind, KeyKind) = (KeyKind::Text, KeyKind::Number);

    fn cursor(key: Key) -> Cursor {
        Cursor { key: Some(key), id: Key::Number(7) }
    }

    fn encoded(json: &Json) -> String {
        URL_SAFE_NO_PAD.encode(json.to_string())
    }

    #[test]
    fn a_cursor_comes_back_as_it_was() {
        let instant = read_instant("2026-03-01T08:10:00.123456Z").unwrap();
        for (key, kind) in [
            (Key::Text("前台 \"%_\\".into()), KeyKind::Text),
            (Key::Date(read_date("2026-03-01").unwrap()), KeyKind::Date),
            (Key::Instant(instant), KeyKind::Instant),
            (Key::Number(-1), KeyKind::Number),
        ] {
            let text = cursor(key.clone()).encode("devices/HOSTNAME/ASC");
            let read = Cursor::decode(&text, "devices/HOSTNAME/ASC", (kind, KeyKind::Number), false).unwrap();
            assert_eq!(read, cursor(key));
        }
    }

    #[test]
    fn a_cursor_of_another_list_or_order_is_refused() {
        let text = cursor(Key::Text("a".into())).encode("devices/HOSTNAME/ASC");
        for order in ["devices/HOSTNAME/DESC", "exceptions/HOSTNAME/ASC"] {
            assert!(matches!(Cursor::decode(&text, order, BY_NAME, true), Err(Fault::BadCursor(_))), "{order}");
        }
    }

    #[test]
    fn a_broken_cursor_is_refused() {
        for text in [
            String::new(),
            "not base64!".into(),
            "MTIz".into(),
            "x".repeat(5000),
            encoded(&json!(["o", "a"])),
            encoded(&json!(["o", 1, 2])),
            encoded(&json!(["o", "a", "b"])),
            encoded(&json!(["o", "a\u{0}", 1])),
            encoded(&json!(["o", "a", 1e300])),
        ] {
            assert!(matches!(Cursor::decode(&text, "o", BY_NAME, true), Err(Fault::BadCursor(_))), "{text}");
        }
    }

    #[test]
    fn a_missing_key_comes_back_where_one_may_be_missing_and_is_refused_elsewhere() {
        let last = Cursor { key: None, id: Key::Number(7) };
        let text = last.encode("o");
        assert_eq!(Cursor::decode(&text, "o", BY_NAME, true).unwrap(), last);
        assert!(matches!(Cursor::decode(&text, "o", BY_NAME, false), Err(Fault::BadCursor(_))));
    }
}
