//! `STALE_DEVICE`: a device that a vendor still lists but has not heard from for more than so many days.
//!
//! Each vendor's own entry is judged by that vendor's contacts: a machine that talks to Ninja every hour may have a dead
//! ThreatLocker agent. Days are counted between dates of the business time zone, so that two checks of one day agree.

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::{
    checks::{Check, CheckSettings, Compares, DayInventory, ExceptionType, Finding, Sighting},
    hostname,
    vendor::Vendor,
};

/// The check.
pub(super) const CHECK: Check =
    Check { exception_type: ExceptionType::StaleDevice, compares: Compares::Each(&Vendor::ALL), run };

fn run(inventory: &DayInventory<'_>, settings: &CheckSettings) -> Vec<Finding> {
    let most = settings.stale_after_days;
    let mut findings: Vec<_> = Vendor::ALL
        .into_iter()
        .flat_map(|vendor| inventory.of(vendor))
        .filter_map(|sighting| {
            let (since, instant) = silent_since(sighting)?;
            let days = inventory.day.days_since(instant);
            (days > i64::from(most)).then(|| finding(sighting, (since, days), most))
        })
        .collect();
    findings.sort_by_key(|finding| finding.subject);
    findings
}

const HEARD: &str = "The days count from the last contact.";
const NEVER_HEARD: &str = "It has never been in contact; the days count from the day it was added.";

/// Since when the vendor has not heard from a device: the last contact, or the date added where there never was one.
/// `None` when the vendor says neither: such a device may have been enrolled today.
fn silent_since(sighting: &Sighting) -> Option<(&'static str, DateTime<Utc>)> {
    let contact = sighting.last_contact.map(|instant| ("last_contact", instant));
    contact.or(sighting.added_at.map(|instant| ("added_at", instant)))
}

fn finding(sighting: &Sighting, (since, days_silent): (&str, i64), stale_after_days: u16) -> Finding {
    let details = json!({
        "vendor": sighting.vendor.name(),
        "vendor_device_key": sighting.vendor_device_key,
        "hostname_base": hostname::canonical(&sighting.hostname),
        "hostname": hostname::short(&sighting.hostname),
        "display_name": sighting.display_name,
        "org_name": sighting.organization_name(),
        "site": sighting.location_name,
        "last_contact": sighting.last_contact,
        "added_at": sighting.added_at,
        "silent_since": since,
        "note": if since == "last_contact" { HEARD } else { NEVER_HEARD },
        "days_silent": days_silent,
        "stale_after_days": stale_after_days,
    });
    Finding::new(ExceptionType::StaleDevice, sighting, &[sighting], details)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::fixtures::{found, in_organization, linking, ninja, nowhere, threatlocker};

    fn heard(sighting: Sighting, instant: &str) -> Sighting {
        let last_contact: DateTime<Utc> = instant.parse().unwrap();
        Sighting { last_contact: Some(last_contact), ..sighting }
    }

    fn run_on(sightings: &[Sighting], stale_after_days: u16) -> Vec<Finding> {
        let settings = CheckSettings { stale_after_days, ..CheckSettings::default() };
        found(&CHECK, sightings, &linking(&[], &[]), &settings)
    }

    #[test]
    fn a_device_is_stale_from_the_day_after_the_last_allowed_one_in_the_business_time_zone() {
        // The fixtures' day is 2 March in Chicago; 31 January is 30 days before, and begins there at 06:00 UTC.
        for (instant, stale) in [
            ("2026-01-31T06:00:00Z", false),
            ("2026-01-31T05:59:59Z", true),
            ("2026-02-01T06:00:00Z", false),
            ("2026-03-02T09:00:00Z", false),
            ("2026-03-05T09:00:00Z", false),
            ("1970-01-02T00:00:00Z", true),
        ] {
            assert_eq!(run_on(&[heard(ninja(1, "PC-1"), instant)], 30).len(), usize::from(stale), "{instant}");
        }
    }

    #[test]
    fn the_finding_says_whose_entry_is_silent_for_how_long() {
        let sighting = in_organization(heard(threatlocker(2, "PC-1.corp.example"), "2026-01-01T12:00:00Z"), 5);
        let [finding] = run_on(&[sighting], 30).try_into().unwrap();
        assert_eq!(finding.fingerprint, "STALE_DEVICE:threatlocker/t2");
        assert_eq!((finding.vendor, finding.subject, &finding.identities), (Vendor::ThreatLocker, 2, &vec![2]));
        assert_eq!((finding.hostname.as_str(), finding.organization_id), ("pc-1", Some(5)));
        assert_eq!((&finding.details["days_silent"], &finding.details["stale_after_days"]), (&json!(60), &json!(30)));
        assert_eq!(finding.details["vendor"], "ThreatLocker");
    }

    #[test]
    fn each_vendors_entry_of_one_machine_is_judged_by_itself() {
        let sightings =
            [heard(ninja(1, "PC-1"), "2026-03-02T08:00:00Z"), heard(threatlocker(2, "PC-1"), "2025-12-01T08:00:00Z")];
        let findings = found(&CHECK, &sightings, &linking(&[(2, 1)], &[]), &CheckSettings::default());
        assert_eq!(findings.iter().map(|it| it.subject).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn a_device_that_nobody_ever_heard_of_is_not_stale() {
        assert_eq!(run_on(&[ninja(1, "PC-1"), nowhere(threatlocker(2, ""))], 30), []);
    }

    #[test]
    fn a_device_that_never_checked_in_is_silent_since_it_was_added_and_says_so() {
        let added = |sighting, instant: &str| Sighting { added_at: Some(instant.parse().unwrap()), ..sighting };
        let [finding] = run_on(&[added(ninja(1, "PC-1"), "2026-01-01T12:00:00Z")], 30).try_into().unwrap();
        assert_eq!(
            (&finding.details["silent_since"], &finding.details["days_silent"]),
            (&json!("added_at"), &json!(60))
        );
        assert_eq!(finding.details["note"], NEVER_HEARD);
        assert_eq!(run_on(&[added(ninja(1, "PC-1"), "2026-03-02T06:00:00Z")], 30), [], "it was enrolled today");
        let heard = heard(added(ninja(1, "PC-1"), "2020-01-01T12:00:00Z"), "2026-03-02T08:00:00Z");
        assert_eq!(run_on(&[heard], 30), [], "the last contact counts where there is one");
    }

    #[test]
    fn the_number_of_days_is_a_setting() {
        let sighting = [heard(ninja(1, "PC-1"), "2026-02-25T12:00:00Z")];
        assert_eq!((run_on(&sighting, 5).len(), run_on(&sighting, 4).len()), (0, 1));
    }
}
