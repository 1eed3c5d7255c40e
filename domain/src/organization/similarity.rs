//! How likely two organizations of different vendors are one client: for suggestions, never for linking.

use super::canonical;

/// Legal forms that one vendor's name has and the other's has not.
const LEGAL_FORMS: [&str; 20] = [
    "inc",
    "incorporated",
    "llc",
    "llp",
    "lp",
    "ltd",
    "limited",
    "corp",
    "corporation",
    "co",
    "company",
    "plc",
    "pc",
    "pllc",
    "gmbh",
    "ag",
    "kg",
    "sa",
    "bv",
    "the",
];

/// Below this, names are alike by chance.
const ALIKE: f64 = 0.6;

/// How likely two organizations are one client, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Likeness {
    /// From 0 (nothing speaks for it) to 1.
    pub score: f64,
    /// What speaks for it, in words.
    pub reason: String,
}

/// Compares two organizations by name and by the devices that were found to be in both: `shared` of `devices`, the
/// number that the first of them has. `None` when nothing speaks for it. By names alone the order does not matter.
pub fn likeness(one: &str, other: &str, shared: u64, devices: u64) -> Option<Likeness> {
    let names = name_likeness(one, other);
    let names = names.filter(|names| names.score >= ALIKE);
    if shared == 0 {
        return names;
    }
    #[expect(clippy::cast_precision_loss, reason = "numbers of devices of one client")]
    let share = (shared.min(devices.max(1)) as f64) / (devices.max(1) as f64);
    let doubt = 1.0 - names.as_ref().map_or(0.0, |names| names.score);
    // Each alone makes it likely; certain it is only when the names say so.
    let score = 1.0 - doubt * (1.0 - 0.9 * share);
    let devices = format!("{shared} of its {devices} devices were found to be devices of it");
    let reason = names.map_or(devices.clone(), |names| format!("{}; {devices}", names.reason));
    Some(Likeness { score, reason })
}

fn name_likeness(one: &str, other: &str) -> Option<Likeness> {
    let (left, right) = (canonical(one)?, canonical(other)?);
    if left == right {
        return Some(Likeness { score: 1.0, reason: "the names are the same".to_owned() });
    }
    let (left, right) = (words(&left), words(&right));
    let (plain_left, plain_right) = (without_legal_forms(&left), without_legal_forms(&right));
    if plain_left.is_empty() || plain_right.is_empty() {
        return None;
    }
    if plain_left == plain_right {
        let reason = "the names differ in punctuation or legal form only".to_owned();
        return Some(Likeness { score: 0.95, reason });
    }
    // Two texts that are not the same are never as sure as two that are but for their legal form.
    let score = 0.94 * closeness(&plain_left, &plain_right);
    let percent = (score * 100.0).round();
    Some(Likeness { score, reason: format!("the names are alike ({percent} %)") })
}

/// The words of a canonical name; punctuation separates them, `&` and `+` are "and".
fn words(name: &str) -> Vec<String> {
    let spelled = name.replace(['&', '+'], " and ").replace(['\'', '’', '.'], "");
    spelled.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn without_legal_forms(words: &[String]) -> Vec<String> {
    words.iter().filter(|word| !LEGAL_FORMS.contains(&word.as_str())).cloned().collect()
}

/// By edits, in the order of the words or in alphabetical order, whichever is closer.
fn closeness(one: &[String], other: &[String]) -> f64 {
    let as_written = strsim::normalized_damerau_levenshtein(&one.join(" "), &other.join(" "));
    let sorted = |words: &[String]| {
        let mut words = words.to_vec();
        words.sort();
        words.join(" ")
    };
    as_written.max(strsim::normalized_damerau_levenshtein(&sorted(one), &sorted(other)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn score(one: &str, other: &str) -> f64 {
        likeness(one, other, 0, 0).map_or(0.0, |likeness| likeness.score)
    }

    #[test]
    fn legal_forms_punctuation_and_ampersands_hardly_count() {
        for (one, other) in [
            ("Smith & Partners LLP", "Smith and Partners"),
            ("Acme, Inc.", "ACME"),
            ("The Acme Co.", "Acme L.L.C."),
            ("O'Brien Ltd", "OBrien Limited"),
        ] {
            assert!((score(one, other) - 0.95).abs() < 1e-9, "{one} / {other}: {}", score(one, other));
        }
        assert!((score("Northwind", "NORTHWIND ") - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_misspelling_is_likelier_than_another_name() {
        assert!(score("Gulf Coast Orthopedics", "Gulf Coast Orthopaedics") > 0.85);
        assert!(score("Realty Garden District", "Garden District Realty") > 0.9, "the order of words hardly counts");
        assert_eq!(likeness("Bayou City Plumbing", "Kowalski Engineering", 0, 9), None);
        assert_eq!(likeness("Inc", "LLC", 0, 0), None, "legal forms alone are no names");
        assert_eq!(likeness("", "", 0, 0), None);
    }

    #[test]
    fn shared_devices_speak_where_names_do_not() {
        let shared = likeness("HQ", "Bayou City Plumbing", 9, 10).unwrap();
        assert!(shared.score > 0.75 && shared.score < 0.9, "{shared:?}");
        assert_eq!(shared.reason, "9 of its 10 devices were found to be devices of it");
        let both = likeness("Acme Inc", "Acme", 1, 10).unwrap();
        assert!(both.score > 0.95 && both.reason.contains("legal form") && both.reason.contains("1 of its 10"));
    }

    proptest! {
        #[test]
        fn a_score_is_between_nothing_and_certain_and_the_same_both_ways(one in "\\PC{0,30}", other in "\\PC{0,30}") {
            let there = score(&one, &other);
            prop_assert!((0.0..=1.0).contains(&there));
            prop_assert!((there - score(&other, &one)).abs() < 1e-9);
        }

        #[test]
        fn more_shared_devices_never_make_it_less_likely(one in "[a-d ]{1,8}", other in "[a-d ]{1,8}", shared in 0u64..20) {
            let at = |shared| likeness(&one, &other, shared, 20).map_or(0.0, |likeness| likeness.score);
            prop_assert!(at(shared) <= at(shared + 1) && at(shared + 1) <= 1.0);
        }
    }
}
