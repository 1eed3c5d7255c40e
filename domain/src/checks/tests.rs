//! What holds of every check, over random days.

use std::collections::HashSet;

use proptest::prelude::*;

use super::{
    fixtures::{day, in_organization, instant, ninja, threatlocker},
    *,
};
use crate::{
    billing::Billing,
    device_type::DeviceType,
    linking::{self, Ambiguity, Link, LinkRule, Linkable, Linking},
    vendor::Vendor,
};

#[test]
fn every_type_has_one_check_and_one_code() {
    let checked: Vec<_> = CHECKS.iter().map(|check| check.exception_type).collect();
    assert_eq!(checked, ExceptionType::ALL);
    assert_eq!(ExceptionType::ALL.map(ExceptionType::code).into_iter().collect::<HashSet<_>>().len(), 9);
    for exception_type in ExceptionType::ALL {
        assert_eq!(ExceptionType::from_code(exception_type.code()), Some(exception_type));
        assert_eq!(serde_json::to_value(exception_type).unwrap(), exception_type.code());
        assert!(!exception_type.description().is_empty());
    }
    assert_eq!(ExceptionType::from_code("missing_ninja"), None);
}

#[test]
fn checks_of_linked_devices_need_both_vendors_duplicates_only_their_own_and_silence_each() {
    for check in CHECKS {
        let expected: &[&[Vendor]] = match check.exception_type {
            ExceptionType::DuplicateTl => &[&[Vendor::ThreatLocker]],
            ExceptionType::DuplicateNinja => &[&[Vendor::Ninja]],
            ExceptionType::StaleDevice => &[&[Vendor::Ninja], &[Vendor::ThreatLocker]],
            _ => &[&[Vendor::Ninja, Vendor::ThreatLocker]],
        };
        assert_eq!(check.compares.groups().collect::<Vec<_>>(), expected, "{:?}", check.exception_type);
    }
}

#[test]
fn a_check_that_is_switched_off_is_not_on() {
    let settings =
        CheckSettings { switched_off: [ExceptionType::SiteMismatch].into_iter().collect(), ..CheckSettings::default() };
    let off: Vec<_> = CHECKS.iter().filter(|check| !check.is_on(&settings)).map(|it| it.exception_type).collect();
    assert_eq!(off, [ExceptionType::SiteMismatch]);
}

#[test]
fn a_day_without_devices_has_no_findings() {
    let linking = linking::link(&[], &linking::Decisions::default());
    for check in CHECKS {
        assert_eq!((check.run)(&DayInventory::new(day(), &[], &linking), &CheckSettings::default()), []);
    }
}

/// A device of few names, clients, serials and times, so that they meet; any of it may be missing.
fn sighting() -> impl Strategy<Value = Sighting> {
    let name = prop_oneof![
        Just("PC-1"),
        Just("pc-1.corp.example"),
        Just("PC-2 | Marie"),
        Just("ACCOUNTING-SRV-"),
        Just("ACCOUNTING-SRV-02"),
        Just(""),
        Just(" | "),
        Just("💥%'\""),
    ];
    let label = prop_oneof![Just("Front Desk"), Just("front  desk"), Just("PC-1"), Just("spare"), Just("")];
    let serial = prop_oneof![Just("S-1234"), Just("s1234"), Just("T9999"), Just("Default string")];
    let seconds =
        prop_oneof![Just(0_i64), Just(1_767_000_000), Just(1_772_400_000), Just(1_772_440_000), Just(9_000_000_000)];
    let billing = prop_oneof![Just(Billing::Billable), Just(Billing::Spare), Just(Billing::Unknown)];
    let place = prop_oneof![Just("Main Office"), Just("Client Spare Closet")];
    (
        (any::<bool>(), name, proptest::option::of(label), proptest::option::of(0_i64..3)),
        (proptest::option::of(serial), proptest::option::of(seconds.clone()), proptest::option::of(seconds)),
        (proptest::option::of(billing), proptest::sample::select(&DeviceType::ALL[..]), proptest::option::of(place)),
    )
        .prop_map(|((is_ninja, name, label, client), (serial, added, heard), (billing, device_type, place))| {
            let sighting = if is_ninja { ninja(0, name) } else { threatlocker(0, name) };
            let sighting = client.map_or(sighting.clone(), |client| in_organization(sighting, client));
            Sighting {
                display_name: label.map(str::to_owned),
                serial_number: serial.map(str::to_owned),
                added_at: added.map(instant),
                last_contact: heard.map(instant),
                location_name: place.map(str::to_owned),
                billing: billing.filter(|_| is_ninja),
                device_type,
                ..sighting
            }
        })
}

fn numbered(sightings: Vec<Sighting>) -> Vec<Sighting> {
    let number = |(identity_id, sighting): (i64, Sighting)| {
        let vendor_device_key = format!("{}{identity_id}", sighting.vendor_device_key);
        Sighting { identity_id, vendor_device_key, ..sighting }
    };
    (1..).zip(sightings).map(number).collect()
}

/// A day's devices, and the same in another order.
fn fleet() -> impl Strategy<Value = (Vec<Sighting>, Vec<Sighting>)> {
    let fleet = proptest::collection::vec(sighting(), 0..24).prop_map(numbered);
    fleet.prop_flat_map(|fleet| (Just(fleet.clone()), Just(fleet).prop_shuffle()))
}

/// Links and ambiguities as they come from elsewhere: some of devices that are not there.
fn stored_linking() -> impl Strategy<Value = Linking> {
    let links = proptest::collection::btree_map(0_i64..30, 0_i64..30, 0..12);
    let ambiguities = proptest::collection::btree_map(30_i64..40, proptest::collection::vec(0_i64..40, 0..4), 0..4);
    (links, ambiguities).prop_map(|(links, ambiguities)| {
        let link = |(identity_id, reference_id)| Link {
            identity_id,
            reference_id,
            rule: LinkRule::MacAddress,
            evidence: String::new(),
        };
        let ambiguity = |(identity_id, candidates): (i64, Vec<i64>)| {
            Ambiguity::new(identity_id - 20, LinkRule::MacAddress, candidates.into_iter())
        };
        Linking::new(links.into_iter().map(link).collect(), ambiguities.into_iter().map(ambiguity).collect())
    })
}

fn link(sightings: &[Sighting]) -> Linking {
    let linkable = |it: &Sighting| Linkable {
        identity_id: it.identity_id,
        vendor: it.vendor,
        organization_id: it.organization.as_ref().map(|organization| organization.id),
        hostname: it.hostname.clone(),
        serial_number: it.serial_number.clone(),
        mac_addresses: Vec::new(),
    };
    linking::link(&sightings.iter().map(linkable).collect::<Vec<_>>(), &linking::Decisions::default())
}

fn all_findings(sightings: &[Sighting], linking: &Linking) -> Vec<Finding> {
    let settings = CheckSettings { exempt_spare_locations: vec!["main office".to_owned()], ..CheckSettings::default() };
    let inventory = DayInventory::new(day(), sightings, linking);
    CHECKS.iter().flat_map(|check| (check.run)(&inventory, &settings)).collect()
}

#[test]
fn details_of_two_thousand_alike_grow_with_their_number_and_not_with_its_square() {
    let of = |vendor: fn(i64, &str) -> Sighting, from: i64| {
        (from..from + 2_000).map(move |id| {
            let sighting = in_organization(vendor(id, "GOLDEN"), 5);
            Sighting { serial_number: Some("GOLDEN-1".to_owned()), added_at: Some(instant(id)), ..sighting }
        })
    };
    let fleet: Vec<_> = of(ninja, 10_000).chain(of(threatlocker, 20_000)).collect();
    let findings = all_findings(&fleet, &link(&fleet));
    let largest = findings.iter().map(|finding| finding.details.to_string().len()).max();
    assert!(findings.len() > 8_000 && largest.is_some_and(|size| size < 20_000), "{} {largest:?}", findings.len());
    let newest = "t21999";
    for finding in findings.iter().filter(|it| it.exception_type == ExceptionType::DuplicateTl) {
        let keys: Vec<_> =
            finding.details["members"].as_array().unwrap().iter().map(|it| &it["vendor_device_key"]).collect();
        assert_eq!((keys.len(), &finding.details["count"]), (20, &serde_json::json!(2_000)));
        assert!(keys.contains(&&finding.details["surplus"]) && *keys[0] == newest, "{keys:?}");
    }
}

proptest! {
    #[test]
    fn the_order_of_the_rows_does_not_matter((fleet, shuffled) in fleet()) {
        prop_assert_eq!(all_findings(&fleet, &link(&fleet)), all_findings(&shuffled, &link(&shuffled)));
    }

    #[test]
    fn no_two_findings_of_a_day_have_one_fingerprint((fleet, _) in fleet()) {
        let findings = all_findings(&fleet, &link(&fleet));
        let fingerprints: HashSet<_> = findings.iter().map(|finding| &finding.fingerprint).collect();
        prop_assert_eq!(fingerprints.len(), findings.len());
    }

    #[test]
    fn a_finding_is_about_devices_of_the_day_and_of_the_vendors_that_its_check_compares(
        ((fleet, _), stored) in (fleet(), stored_linking()),
        is_linked_today in any::<bool>(),
    ) {
        let linking = if is_linked_today { link(&fleet) } else { stored };
        let inventory = DayInventory::new(day(), &fleet, &linking);
        for check in CHECKS {
            for finding in (check.run)(&inventory, &CheckSettings::default()) {
                prop_assert_eq!(finding.exception_type, check.exception_type);
                prop_assert!(finding.identities.contains(&finding.subject));
                prop_assert!(finding.identities.is_sorted());
                prop_assert_eq!(inventory.sighting(finding.subject).map(|it| it.vendor), Some(finding.vendor));
                let group = check.compares.groups().find(|group| group.contains(&finding.vendor));
                for identity in &finding.identities {
                    let seen = inventory.sighting(*identity).map(|it| it.vendor);
                    prop_assert!(seen.is_some_and(|vendor| group.is_some_and(|group| group.contains(&vendor))));
                }
                prop_assert!(finding.details.is_object());
            }
        }
    }

    #[test]
    fn a_device_of_a_day_is_missing_elsewhere_or_compared_but_never_both((fleet, _) in fleet()) {
        let findings = all_findings(&fleet, &link(&fleet));
        let of = |types: &[ExceptionType]| -> HashSet<i64> {
            let these = findings.iter().filter(|finding| types.contains(&finding.exception_type));
            these.flat_map(|finding| finding.identities.clone()).collect()
        };
        let missing = of(&[ExceptionType::MissingNinja, ExceptionType::MissingTl]);
        let compared =
            of(&[ExceptionType::SiteMismatch, ExceptionType::SpareMismatch, ExceptionType::DisplayNameMismatch]);
        prop_assert!(missing.is_disjoint(&compared));
        prop_assert!(of(&[ExceptionType::AmbiguousMatch]).is_subset(&missing));
    }
}
