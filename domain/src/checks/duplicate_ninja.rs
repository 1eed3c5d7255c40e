//! `DUPLICATE_NINJA`: Ninja devices of one organization with one canonical host name or one serial number.
//!
//! Groups are formed by name and by serial number, each for itself: a device that shares its name with one and its serial
//! with another does not make those two duplicates of each other. Of each group the device most recently in contact is
//! kept. A device that is surplus in any group is one finding, whatever the number of its groups; its fingerprint names it
//! alone, as in `DUPLICATE_TL`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::{
    checks::{Check, CheckSettings, Compares, DayInventory, ExceptionType, Finding, Sighting, namesakes::Namesakes},
    hostname, serial,
    vendor::Vendor,
};

/// The check.
pub(super) const CHECK: Check =
    Check { exception_type: ExceptionType::DuplicateNinja, compares: Compares::All(&[Vendor::Ninja]), run };

fn run(inventory: &DayInventory<'_>, _settings: &CheckSettings) -> Vec<Finding> {
    let by_serial = Namesakes::all(inventory, Vendor::Ninja, serial_key, freshness);
    let by_name = Namesakes::all(inventory, Vendor::Ninja, |it| hostname::canonical(&it.hostname), freshness);
    let mut surplus: BTreeMap<i64, Vec<(&str, &Namesakes<'_>)>> = BTreeMap::new();
    let groups = by_serial.iter().map(|group| ("serial_number", group));
    for (shared, group) in groups.chain(by_name.iter().map(|group| ("hostname", group))) {
        for sighting in group.ranked.iter().skip(1) {
            surplus.entry(sighting.identity_id).or_default().push((shared, group));
        }
    }
    surplus
        .iter()
        .filter_map(|(identity_id, groups)| Some(finding(inventory.sighting(*identity_id)?, groups)))
        .collect()
}

fn serial_key(sighting: &Sighting) -> Option<String> {
    sighting.serial_number.as_deref().and_then(serial::key)
}

/// What makes a device the one to keep: the last contact, then the date added, then the vendor's key, which decides ties
/// for good. One order for all groups, so that two devices are never each other's surplus.
fn freshness(sighting: &Sighting) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>, &str) {
    (sighting.last_contact, sighting.added_at, &sighting.vendor_device_key)
}

/// The serial number comes first: it says more than a name.
fn finding<'a>(sighting: &'a Sighting, groups: &[(&str, &Namesakes<'a>)]) -> Finding {
    let keep = groups.iter().find_map(|(_, group)| group.ranked.first());
    let details = json!({
        "hostname_base": hostname::canonical(&sighting.hostname),
        "ninja_hostname": hostname::short(&sighting.hostname),
        "ninja_display_name": sighting.display_name,
        "ninja_org_name": sighting.organization_name(),
        "ninja_site": sighting.location_name,
        "surplus": sighting.vendor_device_key,
        "keep": keep.map(|it| &it.vendor_device_key),
        "shared": groups.iter().map(|(shared, group)| group_details(shared, group, sighting)).collect::<Vec<_>>(),
        "note": "Keep the one most recently in contact.",
    });
    Finding::new(ExceptionType::DuplicateNinja, sighting, &[sighting], details)
}

fn group_details<'a>(shared: &str, group: &Namesakes<'a>, surplus: &'a Sighting) -> Value {
    let members = group.told_of(surplus).into_iter().enumerate();
    json!({
        "what": shared,
        "value": group.key,
        "count": group.ranked.len(),
        "members": members.map(|(place, it)| member(it, place == 0)).collect::<Vec<_>>(),
    })
}

fn member(sighting: &Sighting, keep: bool) -> Value {
    json!({
        "vendor_device_key": sighting.vendor_device_key,
        "identity_id": sighting.identity_id,
        "ninja_hostname": sighting.hostname,
        "ninja_display_name": sighting.display_name,
        "serial_number": sighting.serial_number,
        "added_at": sighting.added_at,
        "last_contact": sighting.last_contact,
        "keep": keep,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::fixtures::{at_site, found, in_organization, instant, linking, ninja, nowhere, threatlocker};

    /// A device of client 5 with a name, a serial number and a last contact.
    fn seen(identity_id: i64, hostname: &str, serial: &str, last_contact: i64) -> Sighting {
        Sighting {
            serial_number: Some(serial.to_owned()),
            last_contact: Some(instant(last_contact)),
            ..in_organization(ninja(identity_id, hostname), 5)
        }
    }

    fn run_on(sightings: &[Sighting]) -> Vec<Finding> {
        found(&CHECK, sightings, &linking(&[], &[]), &CheckSettings::default())
    }

    fn subjects(sightings: &[Sighting]) -> Vec<i64> {
        run_on(sightings).iter().map(|finding| finding.subject).collect()
    }

    #[test]
    fn of_one_name_the_device_most_recently_in_contact_is_kept() {
        let sightings = [seen(1, "PC-1", "", 10), seen(2, "pc-1.corp.example", "", 30), seen(3, "PC-1", "", 20)];
        let findings = run_on(&sightings);
        assert_eq!(findings.iter().map(|it| it.subject).collect::<Vec<_>>(), [1, 3]);
        let first = &findings[0];
        assert_eq!((first.fingerprint.as_str(), &first.identities), ("DUPLICATE_NINJA:ninja/n1", &vec![1]));
        assert_eq!((first.details["keep"].as_str(), first.details["surplus"].as_str()), (Some("n2"), Some("n1")));
        let [shared] = first.details["shared"].as_array().unwrap().as_slice() else { panic!("{first:?}") };
        assert_eq!(
            (&shared["what"], &shared["value"], &shared["count"]),
            (&json!("hostname"), &json!("pc-1"), &json!(3))
        );
        let kept: Vec<_> = shared["members"].as_array().unwrap().iter().map(|it| it["keep"].clone()).collect();
        assert_eq!(kept, [json!(true), json!(false), json!(false)]);
    }

    #[test]
    fn one_serial_number_in_any_spelling_is_enough() {
        let sightings = [seen(1, "OLD", "PF2C-0000", 10), seen(2, "NEW", " pf2c 0000", 30)];
        let [finding] = run_on(&sightings).try_into().unwrap();
        assert_eq!((finding.subject, finding.hostname.as_str()), (1, "old"));
        assert_eq!(finding.details["shared"][0]["what"], "serial_number");
        assert_eq!(finding.details["shared"][0]["value"], "pf2c0000");
    }

    #[test]
    fn placeholders_and_names_of_which_nothing_is_left_are_shared_by_nobody() {
        let sightings = [seen(1, "A", "Default string", 1), seen(2, "B", "default string", 2), seen(3, "", "", 3)];
        assert_eq!(subjects(&sightings), [0_i64; 0]);
        assert_eq!(subjects(&[ninja(1, ""), ninja(2, ".lan"), ninja(3, "|")]), [0_i64; 0]);
    }

    #[test]
    fn a_device_that_shares_both_is_found_once_and_the_serial_number_comes_first() {
        let sightings = [seen(1, "PC-1", "S1234", 10), seen(2, "PC-1", "S1234", 20)];
        let [finding] = run_on(&sightings).try_into().unwrap();
        let shared: Vec<_> =
            finding.details["shared"].as_array().unwrap().iter().map(|it| it["what"].clone()).collect();
        assert_eq!(shared, [json!("serial_number"), json!("hostname")]);
    }

    #[test]
    fn sharing_is_not_handed_on() {
        // 1 and 2 share the name, 2 and 3 the serial number; 1 and 3 have nothing in common.
        let sightings = [seen(1, "PC-1", "A1111", 30), seen(2, "PC-1", "B2222", 10), seen(3, "PC-3", "B2222", 20)];
        let [finding] = run_on(&sightings).try_into().unwrap();
        assert_eq!(finding.subject, 2);
        assert_eq!(finding.details["keep"], "n3", "the one with its serial number");
        let groups = finding.details["shared"].as_array().unwrap();
        let keepers: Vec<_> = groups.iter().map(|group| &group["members"][0]["vendor_device_key"]).collect();
        assert_eq!(keepers, [&json!("n3"), &json!("n1")]);
    }

    #[test]
    fn the_date_added_decides_between_equal_contacts_and_then_the_key() {
        let added = |sighting, at| Sighting { added_at: Some(instant(at)), ..sighting };
        let (one, other) = (seen(1, "PC-1", "", 10), seen(2, "PC-1", "", 10));
        assert_eq!(subjects(&[added(one.clone(), 7), added(other.clone(), 5)]), [2]);
        assert_eq!(subjects(&[one, other]), [1]);
        let never = Sighting { last_contact: None, ..seen(1, "PC-1", "", 0) };
        assert_eq!(subjects(&[added(never, 99), seen(2, "PC-1", "", 1)]), [1], "no contact is older than any");
    }

    #[test]
    fn clients_are_not_compared_and_devices_without_one_only_inside_the_vendors_own_organization() {
        let reception = |identity_id| seen(identity_id, "RECEPTION", "S1234", identity_id);
        assert_eq!(subjects(&[reception(1), in_organization(reception(2), 6), nowhere(reception(3))]), [0_i64; 0]);
        assert_eq!(
            subjects(&[nowhere(reception(1)), nowhere(reception(2))]),
            [0_i64; 0],
            "nobody knows whose they are"
        );
        let filed = |identity_id, site| at_site(nowhere(reception(identity_id)), site);
        assert_eq!(subjects(&[filed(1, 7), filed(2, 8), filed(3, 7)]), [1], "the vendor's own organization tells");
    }

    #[test]
    fn another_keeper_keeps_the_fingerprints_of_those_that_stay_surplus() {
        let before = run_on(&[seen(1, "PC-1", "", 10), seen(2, "PC-1", "", 20)]);
        let after = run_on(&[seen(1, "PC-1", "", 10), seen(2, "PC-1", "", 20), seen(3, "PC-1", "", 30)]);
        assert_eq!(before[0].fingerprint, after[0].fingerprint);
    }

    #[test]
    fn threatlocker_is_not_asked_and_a_crowd_is_told_in_part() {
        assert_eq!(subjects(&[threatlocker(1, "PC-1"), threatlocker(2, "PC-1"), ninja(3, "PC-1")]), [0_i64; 0]);
        let crowd: Vec<_> = (0..50).map(|id| seen(id, "PC-1", "", id)).collect();
        let findings = run_on(&crowd);
        assert_eq!(findings.len(), 49);
        assert_eq!(findings[0].details["shared"][0]["count"], 50);
        let told = |finding: &Finding| {
            let members = finding.details["shared"][0]["members"].as_array().unwrap().clone();
            members.iter().map(|it| it["identity_id"].as_i64().unwrap()).collect::<Vec<_>>()
        };
        assert!(findings.iter().all(|it| told(it).len() == 20 && told(it)[0] == 49 && told(it).contains(&it.subject)));
    }
}
