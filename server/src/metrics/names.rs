//! Names that clients choose, bounded: a label with a value for whatever somebody sends would fill every memory.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

/// How many names are told apart; later ones are all `other`.
const MOST: usize = 100;

/// Longest name that is told, in bytes.
const LONGEST: usize = 64;

/// What an operation without a name is called.
const ANONYMOUS: &str = "anonymous";

/// What every further name is called.
const OTHER: &str = "other";

/// The names that have a place.
#[derive(Debug, Default)]
pub(super) struct Names(Mutex<BTreeSet<String>>);

impl Names {
    /// The label for a name. A new name gets a place only if what it names was carried out (`counts`): nobody fills the
    /// places with documents that the schema refuses.
    pub(super) fn label(&self, name: Option<&str>, counts: bool) -> String {
        let Some(name) = name else { return ANONYMOUS.to_owned() };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let has_place = known.contains(name) || (counts && name.len() <= LONGEST && known.len() < MOST);
        if !has_place {
            return OTHER.to_owned();
        }
        known.insert(name.to_owned());
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_names_have_a_place_and_the_rest_is_other() {
        let names = Names::default();
        assert_eq!(names.label(None, true), "anonymous");
        for number in 0..MOST {
            let name = format!("Operation{number}");
            assert_eq!(names.label(Some(&name), true), name);
        }
        assert_eq!(names.label(Some("OneMore"), true), "other");
        assert_eq!(names.label(Some("Operation7"), false), "Operation7");
    }

    #[test]
    fn what_was_refused_and_what_is_too_long_takes_no_place() {
        let names = Names::default();
        assert_eq!(names.label(Some("Refused"), false), "other");
        assert_eq!(names.label(Some(&"long".repeat(17)), true), "other");
        assert_eq!(names.label(Some("Refused"), true), "Refused");
    }
}
