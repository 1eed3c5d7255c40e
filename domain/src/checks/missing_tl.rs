//! `MISSING_TL`: a billable Ninja server or workstation linked to no ThreatLocker device.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::{
    billing::Billing,
    checks::{Check, CheckSettings, Compares, DayInventory, ExceptionType, Finding, Sighting},
    device_type::DeviceType,
    hostname,
    vendor::Vendor,
};

/// How many devices that may be a machine's are told; the first by identity.
const MOST_TOLD: usize = 20;

/// The check.
pub(super) const CHECK: Check = Check {
    exception_type: ExceptionType::MissingTl,
    compares: Compares::All(&[Vendor::Ninja, Vendor::ThreatLocker]),
    run,
};

fn run(inventory: &DayInventory<'_>, _settings: &CheckSettings) -> Vec<Finding> {
    let undecided = undecided(inventory);
    let is_missing = |sighting: &&Sighting| {
        wants_protection(sighting) && inventory.linked_to(sighting, Vendor::ThreatLocker).next().is_none()
    };
    let missing = inventory.of(Vendor::REFERENCE).filter(is_missing);
    missing.map(|it| finding(it, undecided.get(&it.identity_id).map_or(&[], Vec::as_slice))).collect()
}

/// Machines that are billed and that an agent runs on. A spare or unknown machine needs none, and a hypervisor, a
/// telephone or a switch can't have one.
fn wants_protection(sighting: &Sighting) -> bool {
    sighting.billing == Some(Billing::Billable)
        && matches!(sighting.device_type, DeviceType::Server | DeviceType::Workstation)
}

/// The ThreatLocker devices that may be a Ninja device's, had linking been able to decide, by that device.
fn undecided<'a>(inventory: &DayInventory<'a>) -> HashMap<i64, Vec<&'a Sighting>> {
    let mut seekers: HashMap<i64, Vec<&Sighting>> = HashMap::new();
    for (seeker, ambiguity) in inventory.ambiguous().filter(|(seeker, _)| seeker.vendor == Vendor::ThreatLocker) {
        for candidate in &ambiguity.candidates {
            seekers.entry(*candidate).or_default().push(seeker);
        }
    }
    seekers
}

fn finding(sighting: &Sighting, undecided: &[&Sighting]) -> Finding {
    let mut details = json!({
        "ninja_hostname": hostname::short(&sighting.hostname),
        "ninja_canonical_key": hostname::canonical(&sighting.hostname),
        "ninja_display_name": sighting.display_name,
        "ninja_vendor_device_key": sighting.vendor_device_key,
        "ninja_site": sighting.location_name,
        "ninja_org_name": sighting.organization_name(),
        "device_type": sighting.device_type.code(),
        "last_contact": sighting.last_contact,
    });
    if !undecided.is_empty() {
        details["ambiguity"] = ambiguity(undecided);
    }
    Finding::new(ExceptionType::MissingTl, sighting, &[sighting], details)
}

fn ambiguity(undecided: &[&Sighting]) -> Value {
    let device = |sighting: &&Sighting| {
        json!({
            "vendor_device_key": sighting.vendor_device_key,
            "tl_hostname": hostname::short(&sighting.hostname),
            "tl_org_name": sighting.organization_name(),
        })
    };
    json!({
        "note": "These ThreatLocker devices fit this machine, but not it alone or not alone, so none was taken.",
        "count": undecided.len(),
        "devices": undecided.iter().take(MOST_TOLD).map(device).collect::<Vec<_>>(),
    })
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
    fn a_managed_machine_that_nothing_is_linked_to_is_found_and_a_protected_one_is_not() {
        let sightings = [in_organization(ninja(1, "PC-1.corp.example"), 5), ninja(2, "PC-2"), threatlocker(3, "PC-2")];
        let [finding] = run_on(&sightings, &[(3, 2)], &[]).try_into().unwrap();
        assert_eq!(finding.fingerprint, "MISSING_TL:ninja/n1");
        assert_eq!((finding.subject, &finding.identities, finding.organization_id), (1, &vec![1], Some(5)));
        assert_eq!(finding.hostname, "pc-1");
        assert_eq!(finding.details["ninja_hostname"], "PC-1");
        assert_eq!(finding.details["ninja_org_name"], "Client 5");
        assert_eq!(finding.details["device_type"], "workstation");
        assert_eq!(finding.details.get("ambiguity"), None);
    }

    #[test]
    fn only_billable_servers_and_workstations_need_protection() {
        for device_type in DeviceType::ALL {
            let wanted = matches!(device_type, DeviceType::Server | DeviceType::Workstation);
            let found = run_on(&[Sighting { device_type, ..ninja(1, "PC-1") }], &[], &[]).len();
            assert_eq!(found, usize::from(wanted), "{device_type:?}");
        }
        for billing in [Some(Billing::Spare), Some(Billing::Unknown), None] {
            assert_eq!(run_on(&[Sighting { billing, ..ninja(1, "PC-1") }], &[], &[]), [], "{billing:?}");
        }
    }

    #[test]
    fn a_link_to_a_threatlocker_device_that_is_not_there_is_none() {
        assert_eq!(run_on(&[ninja(1, "PC-1")], &[(2, 1)], &[]).len(), 1);
    }

    #[test]
    fn a_machine_that_an_undecided_device_may_be_is_found_and_told_so() {
        let ambiguity = Ambiguity::new(3, LinkRule::SerialNumber, [1, 2].into_iter());
        let sightings = [ninja(1, "PC-1"), ninja(2, "PC-1"), in_organization(threatlocker(3, "PC-1"), 6)];
        let findings = run_on(&sightings, &[], &[ambiguity]);
        assert_eq!(findings.iter().map(|it| it.subject).collect::<Vec<_>>(), [1, 2]);
        for finding in findings {
            assert_eq!(finding.details["ambiguity"]["devices"][0]["vendor_device_key"], "t3");
            assert_eq!(finding.details["ambiguity"]["devices"][0]["tl_org_name"], "Client 6");
            assert_eq!(finding.details["ambiguity"]["count"], 1);
        }
    }

    #[test]
    fn nothing_known_breaks_nothing() {
        let [finding] = run_on(&[nowhere(ninja(1, " | nobody"))], &[], &[]).try_into().unwrap();
        assert_eq!((finding.hostname.as_str(), finding.organization_id), ("| nobody", None));
        assert_eq!(finding.details["ninja_canonical_key"], Value::Null);
    }
}
