use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::wire::{Object, Wire};

/// What was changed by hand in one kind of record: over the fleet's rows, never inside them, so that the fleet can
/// move to another day beneath it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Edits {
    changed: BTreeMap<String, BTreeMap<String, Option<Value>>>,
    removed: BTreeSet<String>,
    added: BTreeMap<String, Value>,
}

impl Edits {
    pub(crate) fn touches(&self, id: &str) -> bool {
        !self.changed.is_empty() && self.changed.contains_key(id)
    }

    pub(crate) fn removes(&self, id: &str) -> bool {
        !self.removed.is_empty() && self.removed.contains(id)
    }

    /// Rows that the fleet does not have, with their ids.
    pub(crate) fn added(&self) -> impl Iterator<Item = &str> {
        self.added.keys().map(String::as_str)
    }

    pub(crate) fn added_row(&self, id: &str) -> Option<Object> {
        self.added.get(id).map(|value| Object::from_value(value.clone()))
    }

    pub(crate) fn add(&mut self, id: String, row: Value) {
        self.removed.remove(&id);
        self.added.insert(id, row);
    }

    /// The row as it is after the changes.
    pub(crate) fn over(&self, id: &str, mut row: Object) -> Object {
        if let Some(changes) = self.changed.get(id).filter(|_| !self.changed.is_empty()) {
            for (path, value) in changes {
                row.set_path(path, value.clone().map(Wire::from));
            }
        }
        row
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.removed.is_empty() && self.added.is_empty()
    }
}

/// One record that a test changes. Changes last until [`crate::World::forget_edits`], whatever day it becomes.
///
/// A path is a key of the row or, with dots, of an object inside it (`"system.serialNumber"`).
pub struct Record<'a> {
    pub(crate) edits: &'a mut Edits,
    pub(crate) id: String,
}

impl Record<'_> {
    /// Gives a field a value.
    pub fn set(&mut self, path: &str, value: impl Into<Value>) -> &mut Self {
        self.change(path, Some(value.into()))
    }

    /// Leaves the field in with `null`.
    pub fn null(&mut self, path: &str) -> &mut Self {
        self.change(path, Some(Value::Null))
    }

    /// Leaves the field out.
    pub fn drop_key(&mut self, path: &str) -> &mut Self {
        self.change(path, None)
    }

    /// Takes the record away.
    pub fn remove(&mut self) {
        self.edits.added.remove(&self.id);
        self.edits.removed.insert(self.id.clone());
    }

    fn change(&mut self, path: &str, value: Option<Value>) -> &mut Self {
        self.edits.changed.entry(self.id.clone()).or_default().insert(path.to_owned(), value);
        self
    }
}
