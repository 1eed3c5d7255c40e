//! JSON as the vendors write it. `serde_json::Value` cannot hold `1743088826.524929000`, so rows are built from this
//! small value type, which keeps numbers as text and writes itself.

use std::borrow::Cow;

use serde_json::Value;

use crate::moment::Moment;

/// One JSON value, numbers with decimals as text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Wire {
    Null,
    Bool(bool),
    Int(i64),
    Raw(String),
    Text(Cow<'static, str>),
    List(Vec<Wire>),
    Object(Object),
}

/// A JSON object that keeps the order in which its keys were put.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Object(Vec<(Cow<'static, str>, Wire)>);

impl Object {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Appends a key that is not there yet.
    pub(crate) fn put(&mut self, key: &'static str, value: impl Into<Wire>) -> &mut Self {
        self.0.push((Cow::Borrowed(key), value.into()));
        self
    }

    /// Appends the key when there is a value: the vendors leave absent keys out.
    pub(crate) fn put_some(&mut self, key: &'static str, value: Option<impl Into<Wire>>) -> &mut Self {
        if let Some(value) = value {
            self.put(key, value);
        }
        self
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Wire> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        match self.get(key) {
            Some(Wire::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn int(&self, key: &str) -> Option<i64> {
        match self.get(key) {
            Some(Wire::Int(number)) => Some(*number),
            Some(Wire::Raw(text)) => text.split('.').next()?.parse().ok(),
            _ => None,
        }
    }

    pub(crate) fn flag(&self, key: &str) -> bool {
        matches!(self.get(key), Some(Wire::Bool(true)))
    }

    pub(crate) fn remove(&mut self, key: &str) {
        self.0.retain(|(name, _)| name != key);
    }

    /// Replaces the key's value or appends it.
    pub(crate) fn set(&mut self, key: &str, value: Wire) {
        match self.0.iter_mut().find(|(name, _)| name == key) {
            Some((_, old)) => *old = value,
            None => self.0.push((Cow::Owned(key.to_owned()), value)),
        }
    }

    /// Sets (`Some`) or leaves out (`None`) the value at a dotted path; objects on the way are made when missing.
    pub(crate) fn set_path(&mut self, path: &str, value: Option<Wire>) {
        let Some((head, rest)) = path.split_once('.') else {
            match value {
                Some(value) => self.set(path, value),
                None => self.remove(path),
            }
            return;
        };
        if !matches!(self.get(head), Some(Wire::Object(_))) {
            if value.is_none() {
                return;
            }
            self.set(head, Wire::Object(Self::new()));
        }
        if let Some((_, Wire::Object(inner))) = self.0.iter_mut().find(|(name, _)| name == head) {
            inner.set_path(rest, value);
        }
    }

    pub(crate) fn keys_mut(&mut self) -> impl Iterator<Item = (&str, &mut Wire)> {
        self.0.iter_mut().map(|(key, value)| {
            let key: &Cow<'static, str> = key;
            (key.as_ref(), value)
        })
    }

    pub(crate) fn to_value(&self) -> Value {
        serde_json::from_slice(&Wire::Object(self.clone()).to_bytes()).unwrap_or_default()
    }

    /// The object a JSON value holds; empty when it holds none.
    pub(crate) fn from_value(value: Value) -> Self {
        match Wire::from(value) {
            Wire::Object(object) => object,
            _ => Self::new(),
        }
    }
}

impl Wire {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(256);
        self.write(&mut out);
        out
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Bool(true) => out.extend_from_slice(b"true"),
            Self::Bool(false) => out.extend_from_slice(b"false"),
            Self::Int(number) => out.extend_from_slice(number.to_string().as_bytes()),
            Self::Raw(text) => out.extend_from_slice(text.as_bytes()),
            Self::Text(text) => write_text(text, out),
            Self::List(items) => write_list(items, out),
            Self::Object(object) => write_object(object, out),
        }
    }
}

fn write_list(items: &[Wire], out: &mut Vec<u8>) {
    out.push(b'[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        item.write(out);
    }
    out.push(b']');
}

fn write_object(object: &Object, out: &mut Vec<u8>) {
    out.push(b'{');
    for (index, (key, value)) in object.0.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_text(key, out);
        out.push(b':');
        value.write(out);
    }
    out.push(b'}');
}

#[expect(clippy::expect_used, reason = "writing a string into a vector cannot fail")]
fn write_text(text: &str, out: &mut Vec<u8>) {
    serde_json::to_writer(out, text).expect("a string is always JSON");
}

impl From<Value> for Wire {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Bool(flag),
            Value::Number(number) => number.as_i64().map_or_else(|| Self::Raw(number.to_string()), Self::Int),
            Value::String(text) => Self::Text(Cow::Owned(text)),
            Value::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            Value::Object(map) => {
                Self::Object(Object(map.into_iter().map(|(key, value)| (Cow::Owned(key), Self::from(value))).collect()))
            }
        }
    }
}

impl From<bool> for Wire {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Wire {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<i32> for Wire {
    fn from(value: i32) -> Self {
        Self::Int(i64::from(value))
    }
}

impl From<usize> for Wire {
    fn from(value: usize) -> Self {
        Self::Int(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<&'static str> for Wire {
    fn from(value: &'static str) -> Self {
        Self::Text(Cow::Borrowed(value))
    }
}

impl From<String> for Wire {
    fn from(value: String) -> Self {
        Self::Text(Cow::Owned(value))
    }
}

impl From<Moment> for Wire {
    fn from(value: Moment) -> Self {
        Self::Raw(value.epoch_text())
    }
}

impl From<Vec<Wire>> for Wire {
    fn from(value: Vec<Wire>) -> Self {
        Self::List(value)
    }
}

impl From<Vec<String>> for Wire {
    fn from(value: Vec<String>) -> Self {
        Self::List(value.into_iter().map(Self::from).collect())
    }
}

impl From<Object> for Wire {
    fn from(value: Object) -> Self {
        Self::Object(value)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Object, Wire};

    #[test]
    fn decimals_stay_as_written() {
        let mut row = Object::new();
        row.put("id", 1).put("at", Wire::Raw("1743088826.524929000".to_owned())).put("name", "a\"ü");
        assert_eq!(
            Wire::Object(row).to_bytes(),
            "{\"id\":1,\"at\":1743088826.524929000,\"name\":\"a\\\"ü\"}".as_bytes()
        );
    }

    #[test]
    fn a_dotted_path_reaches_nested_objects() {
        let mut row = Object::from_value(json!({"system": {"name": "A", "model": "B"}}));
        row.set_path("system.name", None);
        row.set_path("system.serialNumber", Some(Wire::from("X")));
        row.set_path("os.name", Some(Wire::Null));
        assert_eq!(row.to_value(), json!({"system": {"model": "B", "serialNumber": "X"}, "os": {"name": null}}));
    }
}
