//! Reading what vendors really send: a field of the wrong kind, `null` or a broken escape reads as "not said" and never
//! costs the record (vendor-apis.md traps 14 and 22).

use std::str::FromStr;

use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error},
};
use serde_json::value::RawValue;

/// A field that is there and of the right kind, or not said. Works when reading from text only (it borrows).
#[derive(Clone, Debug)]
pub(crate) struct Lenient<T>(pub(crate) Option<T>);

impl<T> Default for Lenient<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        Ok(Self(serde_json::from_str(raw.get()).ok()))
    }
}

/// A list without the elements of the wrong kind; anything but a list is an empty one.
#[derive(Clone, Debug)]
pub(crate) struct LenientList<T>(pub(crate) Vec<T>);

impl<T> Default for LenientList<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for LenientList<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        let elements: Vec<&RawValue> = serde_json::from_str(raw.get()).unwrap_or_default();
        Ok(Self(elements.into_iter().filter_map(|element| serde_json::from_str(element.get()).ok()).collect()))
    }
}

/// A number read from its digits, not through a float.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exact(pub(crate) Decimal);

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&RawValue>::deserialize(deserializer)?.get();
        let number = Decimal::from_str(text).or_else(|_| Decimal::from_scientific(text));
        number.map(Self).map_err(|_| D::Error::custom("not a number"))
    }
}

/// A vendor's whole-number id, as a number or as digits in a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Id(pub(crate) i64);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&RawValue>::deserialize(deserializer)?.get().trim_matches('"');
        let whole = Decimal::from_str(text).ok().filter(|number| number.fract().is_zero());
        whole.and_then(|number| number.to_i64()).map(Self).ok_or_else(|| D::Error::custom("not an id"))
    }
}

/// Text that some instances send as a number (build numbers, ids).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word(pub(crate) String);

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&RawValue>::deserialize(deserializer)?.get();
        let number = text.starts_with(|first: char| first == '-' || first.is_ascii_digit());
        if number {
            return Ok(Self(text.to_owned()));
        }
        serde_json::from_str(text).map(Self).map_err(|_| D::Error::custom("neither text nor number"))
    }
}

/// A truth value: JSON's own, or the words `true` and `false` in any letter case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flag(pub(crate) bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = <&RawValue>::deserialize(deserializer)?.get().trim_matches('"').trim();
        match word {
            _ if word.eq_ignore_ascii_case("true") => Ok(Self(true)),
            _ if word.eq_ignore_ascii_case("false") => Ok(Self(false)),
            _ => Err(D::Error::custom("neither true nor false")),
        }
    }
}

impl Lenient<String> {
    /// The text as we keep it, see [`clean`].
    pub(crate) fn clean(&self) -> Option<String> {
        self.0.as_deref().and_then(clean)
    }
}

/// Text without control characters, trimmed; `None` when nothing is left.
pub(crate) fn clean(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|character| !character.is_control()).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// A list of texts, cleaned, blanks and doubles removed; two texts are doubles when `key` makes them equal.
pub(crate) fn distinct(texts: &[String], key: impl Fn(&str) -> String) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    texts.iter().filter_map(|text| clean(text)).filter(|text| seen.insert(key(text))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Row {
        id: Lenient<Id>,
        name: Lenient<String>,
        on: Lenient<Flag>,
        build: Lenient<Word>,
        size: Lenient<Exact>,
        addresses: LenientList<String>,
    }

    #[test]
    fn a_field_of_the_wrong_kind_is_not_said() {
        let row: Row = serde_json::from_str(
            r#"{"id":{},"name":7,"on":"maybe","build":[],"size":"big","addresses":"10.0.0.1","new":[{"deep":1}]}"#,
        )
        .unwrap();
        assert!(row.id.0.is_none() && row.name.0.is_none() && row.on.0.is_none() && row.build.0.is_none());
        assert!(row.size.0.is_none() && row.addresses.0.is_empty());
    }

    #[test]
    fn null_and_a_broken_escape_are_not_said() {
        let row: Row =
            serde_json::from_str(r#"{"id":null,"name":"\ud800","addresses":[null,"a","\udc00",3]}"#).unwrap();
        assert!(row.id.0.is_none() && row.name.0.is_none());
        assert_eq!(row.addresses.0, ["a"]);
    }

    #[test]
    fn ids_flags_and_words_are_read_in_both_spellings() {
        for (text, id) in [("7", 7), ("\"7\"", 7), ("7.0", 7)] {
            assert_eq!(serde_json::from_str::<Id>(text).unwrap(), Id(id), "{text}");
        }
        assert!(serde_json::from_str::<Id>("7.5").is_err() && serde_json::from_str::<Id>("true").is_err());
        for (text, flag) in [("true", true), ("\"TRUE\"", true), ("\" False \"", false)] {
            assert_eq!(serde_json::from_str::<Flag>(text).unwrap(), Flag(flag), "{text}");
        }
        assert_eq!(serde_json::from_str::<Word>("26100").unwrap(), Word("26100".into()));
        assert_eq!(serde_json::from_str::<Word>("\"26100\"").unwrap(), Word("26100".into()));
    }

    #[test]
    fn text_is_cleaned_of_control_characters_and_blanks() {
        assert_eq!(clean(" a\u{0}b\u{7f}\r\n "), Some("ab".into()));
        assert_eq!(clean(" \t\u{0} "), None);
    }
}
