use proptest::prelude::*;

use super::{Standing, requirement, standing};
use crate::windows11::Outcome::{Met, NotEnoughData, NotMet};

/// The names of the table with their expected standings.
fn table() -> Vec<(&'static str, &'static str)> {
    let lines = include_str!("names.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let split = |line: &'static str| line.split_once('|').unwrap_or_else(|| panic!("no bar in {line}"));
    lines.map(split).map(|(expected, name)| (expected.trim(), name.trim())).collect()
}

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Listed { .. } => "listed",
        Standing::NotListed { .. } => "not_listed",
        Standing::ListedIn { .. } => "few",
        Standing::Virtual | Standing::NoModel { .. } | Standing::Unknown => "unknown",
    }
}

#[test]
fn every_name_of_the_table_stands_as_the_lists_say() {
    let table = table();
    assert!(table.len() > 250, "{} names", table.len());
    let wrong: Vec<String> = table
        .iter()
        .filter(|(expected, name)| word(standing(name)) != *expected)
        .map(|(expected, name)| format!("{name}: {:?}, not {expected}", standing(name)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_name_that_says_nothing_is_not_enough_data_and_never_unsupported() {
    for name in [None, Some(""), Some(" \t"), Some("???"), Some("CPU @ 3.00GHz"), Some("(R)(TM)")] {
        assert_eq!(requirement(name, None).outcome, NotEnoughData, "{name:?}");
    }
}

#[test]
fn the_one_of_the_seventh_generation_counts_in_few_machines() {
    let name = Some("Intel(R) Core(TM) i7-7820HQ CPU @ 2.90GHz");
    for (machine, expected) in [
        (Some("Surface Studio 2"), Met),
        (Some("Precision 5520"), Met),
        (Some("OptiPlex 7050"), NotMet),
        (Some(" "), NotEnoughData),
        (None, NotEnoughData),
    ] {
        assert_eq!(requirement(name, machine).outcome, expected, "{machine:?}");
    }
}

/// The same name as another tool might write it.
fn respelled(name: &str, sign: &str, space: &str, upper: bool) -> String {
    let plain = ["(R)", "(TM)", "(tm)"].iter().fold(name.to_owned(), |name, mark| name.replace(mark, sign));
    let spaced = plain.split(' ').collect::<Vec<_>>().join(space);
    let spaced = format!("{space}{spaced}{space}");
    if upper { spaced.to_uppercase() } else { spaced.to_lowercase() }
}

proptest! {
    #[test]
    fn spelling_does_not_change_where_a_processor_stands(
        at in any::<prop::sample::Index>(),
        sign in prop::sample::select(vec!["(R)", "(tm)", "®", "™", " ", " (R) "]),
        space in prop::sample::select(vec![" ", "  ", "\t", "\u{a0}", " \u{7} "]),
        upper: bool,
    ) {
        let table = table();
        let (expected, name) = table[at.index(table.len())];
        prop_assert_eq!(word(standing(&respelled(name, sign, space, upper))), expected, "{}", name);
    }

    #[test]
    fn no_name_is_too_odd(name in "\\PC{0,60}", machine in proptest::option::of("\\PC{0,20}")) {
        requirement(Some(&name), machine.as_deref());
    }

    #[test]
    fn odd_names_of_real_words_are_judged_too(
        words in prop::collection::vec(prop::sample::select(vec![
            "intel", "amd", "core", "ultra", "ryzen", "xeon", "i7", "e5", "w", "gold", "athlon", "7c+", "99999999999", "th",
            "12th", "gen", "@", "snapdragon", "-", "n", "0",
        ]), 0..8),
    ) {
        standing(&words.join(" "));
    }

    #[test]
    fn letters_and_digits_without_a_family_are_never_refused(name in "[b-dg-hj-z]{1,6} ?[0-9]{0,5}") {
        prop_assume!(!name.contains("via") && !name.contains("fx"));
        prop_assert!(!matches!(standing(&name), Standing::NotListed { .. }), "{}", name);
    }
}
