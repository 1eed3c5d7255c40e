//! `DUPLICATE_TL`: ThreatLocker devices of one organization with one canonical host name. The newest is kept; each of the
//! others is a finding of its own, so that another keeper (the agent was installed once more) makes no second exception
//! for a device that is surplus anyway.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::{
    checks::{Check, CheckSettings, Compares, DayInventory, ExceptionType, Finding, Sighting, namesakes::Namesakes},
    hostname,
    vendor::Vendor,
};

/// The check.
pub(super) const CHECK: Check =
    Check { exception_type: ExceptionType::DuplicateTl, compares: Compares::All(&[Vendor::ThreatLocker]), run };

fn run(inventory: &DayInventory<'_>, _settings: &CheckSettings) -> Vec<Finding> {
    let groups = Namesakes::all(inventory, Vendor::ThreatLocker, |it| hostname::canonical(&it.hostname), newness);
    let mut findings: Vec<_> = groups.iter().flat_map(surplus_of).collect();
    findings.sort_by_key(|finding| finding.subject);
    findings
}

/// What makes a device newer: the date added, then the last check-in, then the vendor's key, which decides ties for good.
/// A date that the vendor did not say is older than any.
fn newness(sighting: &Sighting) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>, &str) {
    (sighting.added_at, sighting.last_contact, &sighting.vendor_device_key)
}

fn surplus_of<'a>(group: &Namesakes<'a>) -> Vec<Finding> {
    let Some((keep, surplus)) = group.keep_and_surplus() else { return Vec::new() };
    let finding = |it: &&'a Sighting| {
        let mut details = group_details(group, it);
        details["keep"] = json!(keep.vendor_device_key);
        details["surplus"] = json!(it.vendor_device_key);
        Finding::new(ExceptionType::DuplicateTl, it, &[it], details)
    };
    surplus.iter().map(finding).collect()
}

fn group_details<'a>(group: &Namesakes<'a>, surplus: &'a Sighting) -> Value {
    let newest_first = group.told_of(surplus);
    let organizations: BTreeSet<_> = newest_first.iter().filter_map(|it| it.organization_name()).collect();
    json!({
        "hostname_base": group.key,
        "count": group.ranked.len(),
        "duplicate_hostnames": newest_first.iter().map(|it| hostname::short(&it.hostname)).collect::<Vec<_>>(),
        "sites": newest_first.iter().map(|it| &it.location_name).collect::<Vec<_>>(),
        "tl_org_name": newest_first.first().and_then(|it| it.organization_name()),
        "organizations": organizations,
        "members": newest_first.iter().enumerate().map(|(place, it)| member(it, place == 0)).collect::<Vec<_>>(),
        "note": "Keep the newest by date added, then by last check-in.",
    })
}

fn member(sighting: &Sighting, keep: bool) -> Value {
    json!({
        "vendor_device_key": sighting.vendor_device_key,
        "identity_id": sighting.identity_id,
        "tl_hostname": sighting.hostname,
        "tl_display_name": sighting.display_name,
        "added_at": sighting.added_at,
        "last_contact": sighting.last_contact,
        "keep": keep,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::checks::fixtures::{at_site, found, in_organization, instant, linking, ninja, nowhere, threatlocker};

    fn seen(identity_id: i64, added_at: Option<i64>, last_contact: Option<i64>) -> Sighting {
        let sighting = in_organization(threatlocker(identity_id, "PC-1"), 5);
        Sighting { added_at: added_at.map(instant), last_contact: last_contact.map(instant), ..sighting }
    }

    fn run_on(sightings: &[Sighting]) -> Vec<Finding> {
        found(&CHECK, sightings, &linking(&[], &[]), &CheckSettings::default())
    }

    fn subjects(sightings: &[Sighting]) -> Vec<i64> {
        run_on(sightings).iter().map(|finding| finding.subject).collect()
    }

    #[test]
    fn the_newest_by_date_added_is_kept_and_each_other_is_found() {
        let sightings = [seen(1, Some(10), Some(99)), seen(2, Some(30), None), seen(3, Some(20), Some(50))];
        let findings = run_on(&sightings);
        assert_eq!(findings.iter().map(|finding| finding.subject).collect::<Vec<_>>(), [1, 3]);
        let first = &findings[0];
        assert_eq!((first.fingerprint.as_str(), &first.identities), ("DUPLICATE_TL:threatlocker/t1", &vec![1]));
        assert_eq!((first.details["keep"].as_str(), first.details["surplus"].as_str()), (Some("t2"), Some("t1")));
        assert_eq!(first.details["count"], 3);
        assert_eq!(first.details["hostname_base"], "pc-1");
        assert_eq!(first.details["organizations"], json!(["Client 5"]));
        let kept: Vec<_> = first.details["members"].as_array().unwrap().iter().map(|it| it["keep"].clone()).collect();
        assert_eq!(kept, [json!(true), json!(false), json!(false)]);
        assert_eq!(first.details["members"][0]["added_at"], json!(instant(30)));
        assert_eq!(first.details["members"][0]["last_contact"], Value::Null);
    }

    #[test]
    fn the_last_check_in_decides_between_equal_dates_added_and_then_the_key() {
        assert_eq!(subjects(&[seen(1, Some(10), Some(7)), seen(2, Some(10), Some(5))]), [2]);
        assert_eq!(subjects(&[seen(1, Some(10), Some(5)), seen(2, Some(10), Some(5))]), [1]);
        assert_eq!(subjects(&[seen(1, None, None), seen(2, None, Some(1)), seen(3, Some(1), None)]), [1, 2]);
    }

    #[test]
    fn another_keeper_keeps_the_fingerprints_of_those_that_stay_surplus() {
        let before = run_on(&[seen(1, Some(10), None), seen(2, Some(20), None)]);
        let after = run_on(&[seen(1, Some(10), None), seen(2, Some(20), None), seen(3, Some(30), None)]);
        assert_eq!(before[0].fingerprint, after[0].fingerprint);
    }

    #[test]
    fn spellings_of_one_host_name_are_one_name() {
        let of = |identity_id, name| in_organization(threatlocker(identity_id, name), 5);
        assert_eq!(subjects(&[of(1, "pc-1.corp.example"), of(2, "PC-1 | Marie Durand"), of(3, "PC-2")]).len(), 1);
    }

    #[test]
    fn one_name_at_two_clients_is_no_duplicate() {
        let reception = |identity_id| threatlocker(identity_id, "RECEPTION");
        assert_eq!(subjects(&[in_organization(reception(1), 5), in_organization(reception(2), 6)]), [0_i64; 0]);
    }

    #[test]
    fn devices_without_organization_are_compared_only_inside_the_vendors_own() {
        let reception = |identity_id| threatlocker(identity_id, "RECEPTION");
        assert_eq!(subjects(&[nowhere(reception(1)), in_organization(reception(2), 6)]), [0_i64; 0]);
        assert_eq!(
            subjects(&[nowhere(reception(1)), nowhere(reception(2))]),
            [0_i64; 0],
            "nobody knows whose they are"
        );
        let filed = |identity_id, site| at_site(nowhere(reception(identity_id)), site);
        let [finding] = run_on(&[filed(1, 7), filed(2, 8), filed(3, 7)]).try_into().unwrap();
        assert_eq!((finding.organization_id, &finding.details["tl_org_name"]), (None, &Value::Null));
    }

    #[test]
    fn names_of_which_nothing_is_left_are_no_duplicates_and_ninja_is_not_asked() {
        assert_eq!(subjects(&[threatlocker(1, ""), threatlocker(2, ""), threatlocker(3, ".lan")]), [0_i64; 0]);
        assert_eq!(subjects(&[ninja(1, "PC-1"), ninja(2, "PC-1"), threatlocker(3, "PC-1")]), [0_i64; 0]);
    }

    proptest! {
        #[test]
        fn each_group_keeps_exactly_its_newest(
            rows in proptest::collection::vec(
                (0_i64..2, 0..3_u8, proptest::option::of(0_i64..3), proptest::option::of(0_i64..3)), 0..20),
        ) {
            let sighting = |(identity_id, (organization, name, added_at, last_contact)): (i64, _)| {
                let sighting = in_organization(threatlocker(identity_id, &format!("pc-{name}")), organization);
                let (added_at, last_contact): (Option<i64>, Option<i64>) = (added_at, last_contact);
                Sighting { added_at: added_at.map(instant), last_contact: last_contact.map(instant), ..sighting }
            };
            let sightings: Vec<_> = (0..).zip(rows).map(sighting).collect();
            let surplus = subjects(&sightings);
            for one in &sightings {
                let newer = sightings.iter().any(|other| {
                    (&other.organization, &other.hostname) == (&one.organization, &one.hostname) && newness(other) > newness(one)
                });
                prop_assert_eq!(surplus.contains(&one.identity_id), newer);
            }
        }
    }
}
