//! Sightings and links for the tests of checks.

use chrono::{DateTime, NaiveDate, Utc};

use crate::{
    billing::Billing,
    checks::{BusinessDay, Check, CheckSettings, DayInventory, Finding, OrganizationRef, Sighting},
    clock::BusinessZone,
    device_type::DeviceType,
    linking::{Ambiguity, Link, LinkRule, Linking},
    vendor::Vendor,
};

/// A Ninja device with the key `n<identity>`, billable, in no organization.
pub(super) fn ninja(identity_id: i64, hostname: &str) -> Sighting {
    Sighting {
        vendor: Vendor::Ninja,
        vendor_device_key: format!("n{identity_id}"),
        billing: Some(Billing::Billable),
        ..threatlocker(identity_id, hostname)
    }
}

/// A ThreatLocker device with the key `t<identity>`, in no organization.
pub(super) fn threatlocker(identity_id: i64, hostname: &str) -> Sighting {
    Sighting {
        identity_id,
        vendor: Vendor::ThreatLocker,
        vendor_device_key: format!("t{identity_id}"),
        hostname: hostname.to_owned(),
        display_name: None,
        organization: None,
        site_id: None,
        location_name: None,
        device_type: DeviceType::Workstation,
        serial_number: None,
        billing: None,
        spare_reason: None,
        added_at: None,
        last_contact: None,
    }
}

pub(super) fn in_organization(sighting: Sighting, id: i64) -> Sighting {
    Sighting { organization: Some(OrganizationRef { id, name: format!("Client {id}") }), ..sighting }
}

pub(super) fn nowhere(sighting: Sighting) -> Sighting {
    Sighting { organization: None, location_name: None, ..sighting }
}

/// In an organization of the vendor's, of which nobody knows which client it is.
pub(super) fn at_site(sighting: Sighting, site_id: i64) -> Sighting {
    Sighting { site_id: Some(site_id), ..sighting }
}

pub(super) fn instant(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

/// Links `(identity, reference)` by serial number.
pub(super) fn linking(pairs: &[(i64, i64)], ambiguities: &[Ambiguity]) -> Linking {
    let link = |&(identity_id, reference_id)| Link {
        identity_id,
        reference_id,
        rule: LinkRule::SerialNumber,
        evidence: "serial number abc1234".into(),
    };
    Linking::new(pairs.iter().map(link).collect(), ambiguities.to_vec())
}

/// The day that is checked: 2 March 2026 in Chicago.
pub(super) fn day() -> BusinessDay {
    BusinessDay { date: NaiveDate::from_ymd_opt(2026, 3, 2).unwrap(), zone: BusinessZone::default() }
}

/// What a check finds. It must find the same when the sightings come the other way round.
pub(super) fn found(
    check: &Check,
    sightings: &[Sighting],
    linking: &Linking,
    settings: &CheckSettings,
) -> Vec<Finding> {
    let findings = (check.run)(&DayInventory::new(day(), sightings, linking), settings);
    let reversed: Vec<_> = sightings.iter().rev().cloned().collect();
    assert_eq!(findings, (check.run)(&DayInventory::new(day(), &reversed, linking), settings), "order must not matter");
    assert!(findings.is_sorted_by_key(|finding| finding.subject), "findings are sorted by subject");
    findings
}
