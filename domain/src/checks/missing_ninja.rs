//! `MISSING_NINJA`: a ThreatLocker device linked to no Ninja device.

use serde_json::{Map, Value, json};

use crate::{
    checks::{Check, CheckSettings, Compares, DayInventory, ExceptionType, Finding, Sighting, ambiguity},
    hostname,
    vendor::Vendor,
};

/// The check.
pub(super) const CHECK: Check = Check {
    exception_type: ExceptionType::MissingNinja,
    compares: Compares::All(&[Vendor::Ninja, Vendor::ThreatLocker]),
    run,
};

/// A link to a Ninja device that is not there that day is none: the machine is not managed.
fn run(inventory: &DayInventory<'_>, _settings: &CheckSettings) -> Vec<Finding> {
    let is_missing = |sighting: &&Sighting| inventory.reference_of(sighting).is_none();
    inventory.of(Vendor::ThreatLocker).filter(is_missing).map(|sighting| finding(inventory, sighting)).collect()
}

fn finding(inventory: &DayInventory<'_>, sighting: &Sighting) -> Finding {
    let canonical = hostname::canonical(&sighting.hostname);
    let has_pipe = sighting.hostname.contains('|');
    let mut details = Map::new();
    let mut tell = |key: &str, value: Value| details.insert(key.to_owned(), value);
    tell("tl_hostname", json!(canonical));
    tell("tl_canonical_key", json!(canonical));
    tell("tl_display_name", json!(sighting.display_name));
    tell("tl_vendor_device_key", json!(sighting.vendor_device_key));
    tell("tl_site_name", json!(sighting.location_name));
    tell("tl_org_name", json!(sighting.organization_name()));
    tell("last_contact", json!(sighting.last_contact));
    tell("data_quality_issue", json!(has_pipe));
    if has_pipe {
        tell("original_stored_hostname", json!(sighting.hostname));
    }
    if let Some(ambiguity) = inventory.ambiguity_of(sighting) {
        tell("ambiguity", ambiguity::details(inventory, sighting, ambiguity));
    }
    Finding::new(ExceptionType::MissingNinja, sighting, &[sighting], Value::Object(details))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        checks::fixtures::{found, in_organization, linking, ninja, nowhere, threatlocker},
        linking::{Ambiguity, LinkRule},
    };

    fn run_on(sightings: &[Sighting], links: &[(i64, i64)], ambiguities: &[Ambiguity]) -> Vec<Finding> {
        found(&CHECK, sightings, &linking(links, ambiguities), &CheckSettings::default())
    }

    #[test]
    fn a_device_without_link_is_found_and_a_linked_one_is_not() {
        let sightings = [ninja(1, "PC-1"), threatlocker(2, "PC-1"), in_organization(threatlocker(3, "PC-2.lan"), 5)];
        let [finding] = run_on(&sightings, &[(2, 1)], &[]).try_into().unwrap();
        assert_eq!(finding.fingerprint, "MISSING_NINJA:threatlocker/t3");
        assert_eq!((finding.subject, finding.identities, finding.organization_id), (3, vec![3], Some(5)));
        assert_eq!(finding.hostname, "pc-2");
        assert_eq!(finding.details["tl_hostname"], "pc-2");
        assert_eq!(finding.details["tl_org_name"], "Client 5");
        assert_eq!(finding.details["data_quality_issue"], false);
        assert!(finding.details.get("original_stored_hostname").is_none());
        assert!(finding.details.get("ambiguity").is_none());
    }

    #[test]
    fn the_same_host_name_without_a_link_does_not_hide_a_device() {
        assert_eq!(run_on(&[ninja(1, "RECEPTION"), threatlocker(2, "RECEPTION")], &[], &[]).len(), 1);
    }

    #[test]
    fn every_unlinked_duplicate_has_its_own_finding() {
        let findings = run_on(&[threatlocker(2, "PC-1"), threatlocker(3, "PC-1")], &[], &[]);
        assert_eq!(findings.iter().map(|finding| finding.subject).collect::<Vec<_>>(), [2, 3]);
        assert_ne!(findings[0].fingerprint, findings[1].fingerprint);
    }

    #[test]
    fn a_link_to_a_ninja_device_that_is_not_there_is_none() {
        assert_eq!(run_on(&[threatlocker(2, "PC-1")], &[(2, 1)], &[]).len(), 1);
    }

    #[test]
    fn an_ambiguity_names_the_candidates() {
        let ambiguity = Ambiguity::new(3, LinkRule::HostnameInOrganization, [1, 2, 99].into_iter());
        let sightings = [in_organization(ninja(1, "PC-1"), 5), ninja(2, "PC-1"), threatlocker(3, "PC-1")];
        let [finding] = run_on(&sightings, &[], &[ambiguity]).try_into().unwrap();
        let told = &finding.details["ambiguity"];
        assert_eq!(told["rule"], "hostname_in_organization");
        assert_eq!(told["candidates"][0]["vendor_device_key"], "n1");
        assert_eq!(told["candidates"][0]["ninja_org_name"], "Client 5");
        assert_eq!((&told["candidates"][2]["identity_id"], &told["count"]), (&json!(99), &json!(3)));
        assert_eq!(told["candidates"][2]["vendor_device_key"], Value::Null);
        assert_eq!(finding.fingerprint, "MISSING_NINJA:threatlocker/t3", "candidates come and go");
    }

    #[test]
    fn a_name_of_which_nothing_is_left_and_no_organization_break_nothing() {
        let [finding] = run_on(&[nowhere(threatlocker(2, " | nobody"))], &[], &[]).try_into().unwrap();
        assert_eq!(finding.hostname, "| nobody");
        assert_eq!(finding.organization_id, None);
        assert_eq!(finding.details["tl_hostname"], Value::Null);
        assert_eq!(finding.details["data_quality_issue"], true);
        assert_eq!(finding.details["original_stored_hostname"], " | nobody");
    }
}
