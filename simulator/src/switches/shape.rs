use super::RowShape;
use crate::wire::{Object, Wire};

impl RowShape {
    /// Shapes a row of which `required` keys always have a value and `optional` ones may be absent.
    pub(crate) fn apply(&self, mut row: Object, required: &[&str], optional: &[&[&'static str]]) -> Object {
        if self.null_optional_fields {
            for (_, value) in row.keys_mut().filter(|(key, _)| !required.contains(key)) {
                *value = Wire::Null;
            }
            for key in optional.iter().copied().flatten() {
                row.set(key, Wire::Null);
            }
        }
        for key in &self.drop_keys {
            row.set_path(key, None);
        }
        row
    }
}
