//! `SITE_MISMATCH`: a linked device whose organizations differ between the vendors.

use serde_json::json;

use crate::{
    checks::{Check, CheckSettings, Compares, DayInventory, ExceptionType, Finding, linked_pair::LinkedPair},
    vendor::Vendor,
};

/// The check.
pub(super) const CHECK: Check = Check {
    exception_type: ExceptionType::SiteMismatch,
    compares: Compares::All(&[Vendor::Ninja, Vendor::ThreatLocker]),
    run,
};

fn run(inventory: &DayInventory<'_>, _settings: &CheckSettings) -> Vec<Finding> {
    LinkedPair::all(inventory).filter(differs).map(|pair| finding(&pair)).collect()
}

/// Whether both vendors name an organization and the two are not the same by canonical name. A vendor that names none has
/// not said another one, so that is no mismatch.
fn differs(pair: &LinkedPair<'_>) -> bool {
    match (&pair.threatlocker.organization, &pair.ninja.organization) {
        (Some(threatlocker), Some(ninja)) => threatlocker.id != ninja.id,
        _ => false,
    }
}

fn finding(pair: &LinkedPair<'_>) -> Finding {
    let details = json!({
        "tl_org": pair.threatlocker.organization_name(),
        "ninja_org": pair.ninja.organization_name(),
        "note": "The vendors file one machine under different organizations; one of them is wrong.",
    });
    pair.finding(ExceptionType::SiteMismatch, details)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::checks::{
        Sighting,
        fixtures::{found, in_organization, linking, ninja, nowhere, threatlocker},
    };

    fn run_on(sightings: &[Sighting], links: &[(i64, i64)]) -> Vec<Finding> {
        found(&CHECK, sightings, &linking(links, &[]), &CheckSettings::default())
    }

    #[test]
    fn a_linked_device_filed_under_two_organizations_is_found_with_both_names_and_the_link() {
        let sightings =
            [in_organization(ninja(1, "PC-1.corp.example"), 5), in_organization(threatlocker(2, "PC-1"), 6)];
        let [finding] = run_on(&sightings, &[(2, 1)]).try_into().unwrap();
        assert_eq!(finding.fingerprint, "SITE_MISMATCH:ninja/n1+threatlocker/t2");
        assert_eq!((finding.subject, finding.identities, finding.organization_id), (2, vec![1, 2], Some(6)));
        assert_eq!(finding.hostname, "pc-1");
        assert_eq!(finding.details["tl_org"], "Client 6");
        assert_eq!(finding.details["ninja_org_name"], "Client 5");
        assert_eq!(finding.details["ninja_hostname"], "PC-1");
        assert_eq!(finding.details["link_rule"], "serial_number");
        assert_eq!(finding.details["link_evidence"], "serial number abc1234");
        assert_eq!(finding.details["tl_site"], Value::Null);
    }

    #[test]
    fn one_organization_spelt_in_two_ways_is_no_mismatch() {
        let mut threatlocker = in_organization(threatlocker(2, "PC-1"), 5);
        threatlocker.organization.as_mut().unwrap().name = "CLIENT  5".into();
        assert_eq!(run_on(&[in_organization(ninja(1, "PC-1"), 5), threatlocker], &[(2, 1)]), []);
    }

    #[test]
    fn a_side_without_organization_is_no_mismatch() {
        assert_eq!(run_on(&[nowhere(ninja(1, "PC-1")), in_organization(threatlocker(2, "PC-1"), 5)], &[(2, 1)]), []);
        assert_eq!(run_on(&[in_organization(ninja(1, "PC-1"), 5), nowhere(threatlocker(2, "PC-1"))], &[(2, 1)]), []);
    }

    #[test]
    fn devices_that_are_not_linked_are_not_compared() {
        assert_eq!(
            run_on(&[in_organization(ninja(1, "PC-1"), 5), in_organization(threatlocker(2, "PC-1"), 6)], &[]),
            []
        );
    }

    #[test]
    fn a_move_in_either_vendor_keeps_the_fingerprint() {
        let before = [in_organization(ninja(1, "PC-1"), 5), in_organization(threatlocker(2, "PC-1"), 6)];
        let after = [in_organization(ninja(1, "PC-9"), 7), in_organization(threatlocker(2, "PC-9"), 8)];
        let of = |sightings: &[Sighting]| run_on(sightings, &[(2, 1)])[0].fingerprint.clone();
        assert_eq!(of(&before), of(&after));
    }

    proptest! {
        #[test]
        fn exactly_the_pairs_with_two_different_organizations_are_found(
            organizations in proptest::collection::vec((proptest::option::of(0_i64..3), proptest::option::of(0_i64..3)), 0..12),
        ) {
            let file = |sighting, organization: Option<i64>| match organization {
                Some(id) => in_organization(sighting, id),
                None => nowhere(sighting),
            };
            let (mut sightings, mut links, mut expected) = (Vec::new(), Vec::new(), Vec::new());
            for (reference, (theirs, ours)) in (0_i64..).zip(organizations) {
                let identity = reference + 100;
                sightings.push(file(threatlocker(identity, "pc"), theirs));
                sightings.push(file(ninja(reference, "pc"), ours));
                links.push((identity, reference));
                expected.extend(theirs.zip(ours).filter(|(one, other)| one != other).map(|_| identity));
            }
            let subjects: Vec<_> = run_on(&sightings, &links).iter().map(|finding| finding.subject).collect();
            prop_assert_eq!(subjects, expected);
        }
    }
}
