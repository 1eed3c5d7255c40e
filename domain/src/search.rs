//! Finding exceptions by any text in what they say.
//!
//! What is stored and what is asked for are folded alike, so that a plain search for a part of a text is one without
//! regard to letter case, spelling form or the kind of white space.

use serde_json::Value;

use crate::text::fold;

/// What a search looks through: the host name and every text inside the details, each on a line of its own.
pub fn haystack(hostname: &str, details: &Value) -> String {
    let mut texts = vec![folded(hostname)];
    gather(details, &mut texts);
    texts.join("\n")
}

/// A text as it is looked for; `None` when nothing is left, and nothing is found.
pub fn needle(wanted: &str) -> Option<String> {
    let wanted = folded(wanted);
    (!wanted.trim().is_empty()).then_some(wanted)
}

/// White space of any kind is a space; other control characters are dropped.
fn folded(text: &str) -> String {
    let plain: String = text.chars().map(|character| if character.is_whitespace() { ' ' } else { character }).collect();
    fold(&plain)
}

fn gather(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(folded(text)),
        Value::Array(values) => values.iter().for_each(|value| gather(value, texts)),
        Value::Object(fields) => fields.values().for_each(|value| gather(value, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn every_text_is_gathered_and_no_key_number_or_null() {
        let details =
            json!({ "key": "Clinic Ünited", "all": [{ "name": "TWO\nlines" }, null, 7, true], "x": "a\u{0}b" });
        let lines: Vec<_> = haystack("HOST-1", &details).lines().map(str::to_owned).collect();
        assert_eq!(lines[0], "host-1");
        assert_eq!(lines.len(), 4);
        for line in ["clinic ünited", "two lines", "ab"] {
            assert!(lines.iter().any(|have| have == line), "{line}: {lines:?}");
        }
    }

    #[test]
    fn what_is_asked_for_is_folded_like_what_is_stored() {
        for (wanted, expected) in [
            ("ÜNITED", Some("ünited")),
            ("Straße", Some("strasse")),
            ("50%_", Some("50%_")),
            ("two\tlines", Some("two lines")),
            ("a\u{0}b", Some("ab")),
            ("💥", Some("💥")),
            ("", None),
            (" \n ", None),
            ("\u{0}", None),
        ] {
            assert_eq!(needle(wanted).as_deref(), expected, "{wanted:?}");
        }
    }

    proptest! {
        #[test]
        fn a_whole_text_is_found_in_any_letter_case(text in "[a-zA-Z0-9 %_'\"éÜ前\t]{1,30}", depth in 0_usize..4) {
            let details = (0..depth).fold(json!(text), |inside, _| json!([{ "in": inside }]));
            let found = haystack("host", &details);
            for spelling in [text.clone(), text.to_uppercase(), text.to_lowercase()] {
                prop_assert!(needle(&spelling).is_none_or(|wanted| found.contains(&wanted)), "{} {}", found, spelling);
            }
        }
    }
}
