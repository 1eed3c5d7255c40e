//! `DISPLAY_NAME_MISMATCH`: a linked device to which people gave different display names in the two vendors.
//!
//! Names are compared folded (Unicode compatibility, letter case, white space). A vendor that nobody gave a name shows the
//! machine's own host name, whole or cut: that is a default, and differs from nothing.

use serde_json::json;

use crate::{
    checks::{Check, CheckSettings, Compares, DayInventory, ExceptionType, Finding, Sighting, linked_pair::LinkedPair},
    hostname, text,
    vendor::Vendor,
};

/// The check.
pub(super) const CHECK: Check = Check {
    exception_type: ExceptionType::DisplayNameMismatch,
    compares: Compares::All(&[Vendor::Ninja, Vendor::ThreatLocker]),
    run,
};

fn run(inventory: &DayInventory<'_>, _settings: &CheckSettings) -> Vec<Finding> {
    LinkedPair::all(inventory).filter(differs).map(|pair| finding(&pair)).collect()
}

fn differs(pair: &LinkedPair<'_>) -> bool {
    match (given_name(pair.threatlocker), given_name(pair.ninja)) {
        (Some(threatlocker), Some(ninja)) => threatlocker != ninja,
        _ => false,
    }
}

/// The name that people gave a device, folded; `None` when there is none but its own host name.
fn given_name(sighting: &Sighting) -> Option<String> {
    let name = text::fold_words(sighting.display_name.as_deref()?)?;
    (!is_own_name(&name, &sighting.hostname)).then_some(name)
}

/// Whether a folded display name is only the host name: as received, short, with a domain, or cut at the length of
/// NetBIOS. Where the host name itself is a cut one, the whole name that begins with it is the machine's own too. A name
/// with more words in it (`PC-1 upstairs`, `PC-1 | Marie`) was given by people.
fn is_own_name(name: &str, received: &str) -> bool {
    let Some(host) = hostname::canonical(received) else { return false };
    if name == host || text::fold_words(received).as_deref() == Some(name) {
        return true;
    }
    let has_more_words = name.contains(|character: char| character.is_whitespace() || character == '|');
    let short = hostname::canonical(name).filter(|_| !has_more_words);
    short.is_some_and(|short| {
        let is_whole_of_cut = hostname::may_be_cut(&host) && short.starts_with(&host);
        short == host || short == hostname::netbios(&host) || is_whole_of_cut
    })
}

fn finding(pair: &LinkedPair<'_>) -> Finding {
    let details = json!({
        "tl_display_name": pair.threatlocker.display_name,
        "ninja_display_name": pair.ninja.display_name,
        "note": "People named one machine differently in the two vendors.",
    });
    pair.finding(ExceptionType::DisplayNameMismatch, details)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::checks::fixtures::{found, linking, ninja, threatlocker};

    fn named(sighting: Sighting, display_name: Option<&str>) -> Sighting {
        Sighting { display_name: display_name.map(str::to_owned), ..sighting }
    }

    /// Findings for a machine whose host name is the same at both vendors.
    fn run_on(hostname: &str, ninja_name: Option<&str>, threatlocker_name: Option<&str>) -> Vec<Finding> {
        let sightings = [named(ninja(1, hostname), ninja_name), named(threatlocker(2, hostname), threatlocker_name)];
        found(&CHECK, &sightings, &linking(&[(2, 1)], &[]), &CheckSettings::default())
    }

    #[test]
    fn two_names_that_people_gave_are_found_with_both_and_the_link() {
        let [finding] = run_on("PC-1", Some("Marie's computer"), Some("PC-1 | James Lee")).try_into().unwrap();
        assert_eq!(finding.fingerprint, "DISPLAY_NAME_MISMATCH:ninja/n1+threatlocker/t2");
        assert_eq!((finding.subject, &finding.identities, finding.hostname.as_str()), (2, &vec![1, 2], "pc-1"));
        assert_eq!(finding.details["ninja_display_name"], "Marie's computer");
        assert_eq!(finding.details["tl_display_name"], "PC-1 | James Lee");
        assert_eq!(finding.details["link_rule"], "serial_number");
    }

    #[test]
    fn spellings_of_one_name_do_not_differ() {
        for (one, other) in [
            ("Front Desk", "front desk"),
            (" Front   Desk ", "Front\u{a0}Desk"),
            ("Straße", "STRASSE"),
            ("Ｆｒｏｎｔ", "front"),
            ("Re\u{301}ception", "R\u{e9}ception"),
        ] {
            assert_eq!(run_on("PC-1", Some(one), Some(other)), [], "{one:?} {other:?}");
        }
        assert_eq!(run_on("PC-1", Some("Front-Desk"), Some("Front Desk")).len(), 1);
    }

    #[test]
    fn a_name_that_is_missing_or_the_own_host_name_is_a_default() {
        for default in [None, Some(""), Some("  "), Some("PC-1"), Some("pc-1.corp.example"), Some(" Pc-1 ")] {
            assert_eq!(run_on("PC-1.corp.example", default, Some("Front Desk")), [], "{default:?}");
            assert_eq!(run_on("PC-1.corp.example", Some("Front Desk"), default), [], "{default:?}");
        }
        assert_eq!(run_on("PC-1", Some("pc-1.corp.example"), Some("Front Desk")), [], "whichever side has the domain");
        assert_eq!(run_on("Time clock", Some("TIME  CLOCK"), Some("Front Desk")), [], "a label taken for a host name");
        assert_eq!(run_on("PC-1.corp.example", Some("PC-1 upstairs"), Some("Front Desk")).len(), 1);
        assert_eq!(run_on("PC-1.corp.example", Some("PC-10"), Some("Front Desk")).len(), 1);
    }

    #[test]
    fn a_cut_host_name_and_the_whole_one_are_both_defaults() {
        let (whole, cut) = ("ACCOUNTING-SRV-02", "ACCOUNTING-SRV-");
        for (received, shown) in [(whole, cut), (cut, whole), (whole, whole), (cut, cut)] {
            assert_eq!(run_on(received, Some(shown), Some("Front Desk")), [], "{received} {shown}");
        }
        assert_eq!(run_on(cut, Some("ACCOUNTING-SRV-02 | Marie"), Some("Front Desk")).len(), 1);
        assert_eq!(run_on("ACCOUNTING", Some("ACCOUNTING-SRV"), Some("Front Desk")).len(), 1);
    }

    #[test]
    fn each_side_is_measured_by_its_own_host_name() {
        // Ninja still shows the name before a rename; ThreatLocker knows the new one. "OLD" is nobody's own name here.
        let sightings = [named(ninja(1, "NEW"), Some("OLD")), named(threatlocker(2, "OLD"), Some("Front Desk"))];
        assert_eq!(found(&CHECK, &sightings, &linking(&[(2, 1)], &[]), &CheckSettings::default()).len(), 1);
    }

    #[test]
    fn devices_that_are_not_linked_are_not_compared() {
        let sightings = [named(ninja(1, "PC-1"), Some("A")), named(threatlocker(2, "PC-1"), Some("B"))];
        assert_eq!(found(&CHECK, &sightings, &linking(&[], &[]), &CheckSettings::default()), []);
    }

    #[test]
    fn a_host_name_of_which_nothing_is_left_makes_no_name_a_default() {
        assert_eq!(run_on(" | nobody", Some("A"), Some("B")).len(), 1);
    }

    proptest! {
        #[test]
        fn letter_case_and_white_space_never_make_a_difference(name in "[a-zA-Z' .|-]{1,20}") {
            let shouted = format!("  {} ", name.to_uppercase().replace(' ', " \t"));
            prop_assert_eq!(run_on("PC-1", Some(&name), Some(&shouted)), []);
        }
    }
}
