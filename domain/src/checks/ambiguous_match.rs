//! `AMBIGUOUS_MATCH`: a device that several reference devices fit equally, so that linking took none (rules section 7).
//!
//! The candidates come and go with every rename in the organization, so the fingerprint names the device alone.

use serde_json::{Value, json};

use crate::{
    checks::{Check, CheckSettings, Compares, DayInventory, ExceptionType, Finding, Sighting, ambiguity},
    hostname,
    linking::Ambiguity,
    vendor::Vendor,
};

/// The check.
pub(super) const CHECK: Check =
    Check { exception_type: ExceptionType::AmbiguousMatch, compares: Compares::All(&Vendor::ALL), run };

fn run(inventory: &DayInventory<'_>, _settings: &CheckSettings) -> Vec<Finding> {
    inventory.ambiguous().map(|(sighting, ambiguity)| finding(inventory, sighting, ambiguity)).collect()
}

fn finding(inventory: &DayInventory<'_>, sighting: &Sighting, ambiguity: &Ambiguity) -> Finding {
    let mut details = json!({
        "vendor": sighting.vendor.name(),
        "vendor_device_key": sighting.vendor_device_key,
        "hostname_base": hostname::canonical(&sighting.hostname),
        "hostname": hostname::short(&sighting.hostname),
        "display_name": sighting.display_name,
        "org_name": sighting.organization_name(),
        "site": sighting.location_name,
        "serial_number": sighting.serial_number,
        "last_contact": sighting.last_contact,
    });
    if let (Value::Object(details), Value::Object(told)) =
        (&mut details, ambiguity::details(inventory, sighting, ambiguity))
    {
        details.extend(told);
    }
    Finding::new(ExceptionType::AmbiguousMatch, sighting, &[sighting], details)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        checks::fixtures::{found, in_organization, linking, ninja, nowhere, threatlocker},
        linking::LinkRule,
    };

    fn ambiguity(identity_id: i64, candidates: &[i64]) -> Ambiguity {
        Ambiguity::new(identity_id, LinkRule::HostnameInOrganization, candidates.iter().copied())
    }

    fn run_on(sightings: &[Sighting], ambiguities: &[Ambiguity]) -> Vec<Finding> {
        found(&CHECK, sightings, &linking(&[], ambiguities), &CheckSettings::default())
    }

    #[test]
    fn a_device_that_could_not_be_decided_is_found_with_the_rule_and_every_candidate() {
        let sightings = [
            in_organization(ninja(1, "PC-1"), 5),
            in_organization(ninja(2, "pc-1.corp.example"), 5),
            in_organization(threatlocker(3, "PC-1 | Marie Durand"), 5),
        ];
        let [finding] = run_on(&sightings, &[ambiguity(3, &[1, 2])]).try_into().unwrap();
        assert_eq!(finding.fingerprint, "AMBIGUOUS_MATCH:threatlocker/t3");
        assert_eq!((finding.subject, &finding.identities, finding.organization_id), (3, &vec![3], Some(5)));
        assert_eq!((finding.hostname.as_str(), &finding.details["vendor"]), ("pc-1", &json!("ThreatLocker")));
        assert_eq!(finding.details["rule"], "hostname_in_organization");
        assert_eq!(finding.details["rule_description"], "Both have the same host name inside one organization.");
        let keys: Vec<_> = finding.details["candidates"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["vendor_device_key"].clone())
            .collect();
        assert_eq!(keys, [json!("n1"), json!("n2")]);
    }

    #[test]
    fn the_note_is_true_of_one_candidate_and_of_several() {
        let sightings = [ninja(1, "PC-1"), ninja(2, "PC-1"), threatlocker(3, "PC-2")];
        let note = |candidates: &[i64]| run_on(&sightings, &[ambiguity(3, candidates)])[0].details["note"].clone();
        assert_eq!(note(&[1, 2]), "Several Ninja devices fit equally, so none was taken.");
        assert_eq!(
            note(&[1]),
            "One Ninja device fits, but it fits other ThreatLocker devices too, so it was not taken."
        );
    }

    #[test]
    fn other_candidates_keep_the_fingerprint() {
        let sightings = [ninja(1, "PC-1"), ninja(2, "PC-1"), ninja(4, "PC-1"), threatlocker(3, "PC-1")];
        let of = |candidates: &[i64]| run_on(&sightings, &[ambiguity(3, candidates)])[0].fingerprint.clone();
        assert_eq!(of(&[1, 2]), of(&[1, 2, 4]));
    }

    #[test]
    fn a_device_that_is_not_there_is_not_found_and_a_candidate_that_is_not_there_breaks_nothing() {
        assert_eq!(run_on(&[ninja(1, "PC-1")], &[ambiguity(3, &[1, 2])]), []);
        let [finding] = run_on(&[nowhere(threatlocker(3, ""))], &[ambiguity(3, &[98, 99])]).try_into().unwrap();
        assert_eq!(finding.details["candidates"][1]["identity_id"], 99);
        assert_eq!(finding.details["candidates"][1]["vendor_device_key"], Value::Null);
        assert_eq!(finding.details["hostname_base"], Value::Null);
    }

    #[test]
    fn devices_that_were_decided_are_not_found() {
        assert_eq!(run_on(&[ninja(1, "PC-1"), threatlocker(3, "PC-1")], &[]), []);
    }
}
