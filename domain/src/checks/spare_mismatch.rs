//! `SPARE_MISMATCH`: a ThreatLocker device linked to a Ninja device that is spare, outside the exempt locations.

use serde_json::json;

use crate::{
    billing::{Billing, SpareReason},
    checks::{Check, CheckSettings, Compares, DayInventory, ExceptionType, Finding, linked_pair::LinkedPair},
    organization,
    vendor::Vendor,
};

/// The check.
pub(super) const CHECK: Check = Check {
    exception_type: ExceptionType::SpareMismatch,
    compares: Compares::All(&[Vendor::Ninja, Vendor::ThreatLocker]),
    run,
};

fn run(inventory: &DayInventory<'_>, settings: &CheckSettings) -> Vec<Finding> {
    let exempt: Vec<_> =
        settings.exempt_spare_locations.iter().filter_map(|name| organization::canonical(name)).collect();
    LinkedPair::all(inventory)
        .filter(|pair| pair.ninja.billing == Some(Billing::Spare) && !is_exempt(pair, &exempt))
        .map(|pair| finding(&pair))
        .collect()
}

/// Whether the Ninja device is in an exempt location; names are compared like organization names. A location that nobody
/// named is not exempt.
fn is_exempt(pair: &LinkedPair<'_>, exempt: &[String]) -> bool {
    let location = pair.ninja.location_name.as_deref().and_then(organization::canonical);
    location.is_some_and(|location| exempt.contains(&location))
}

fn finding(pair: &LinkedPair<'_>) -> Finding {
    let details = json!({
        "ninja_display_name": pair.ninja.display_name,
        "spare_reason": pair.ninja.spare_reason.map(SpareReason::code),
        "note": "ThreatLocker protects a machine that is spare in Ninja.",
    });
    pair.finding(ExceptionType::SpareMismatch, details)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::checks::{
        Sighting,
        fixtures::{found, linking, ninja, threatlocker},
    };

    fn spare(location_name: Option<&str>) -> Sighting {
        Sighting {
            billing: Some(Billing::Spare),
            spare_reason: Some(SpareReason::SpareLocation),
            location_name: location_name.map(str::to_owned),
            ..ninja(1, "PC-1")
        }
    }

    fn run_on(ninja: Sighting, exempt: &[&str]) -> Vec<Finding> {
        let settings = CheckSettings {
            exempt_spare_locations: exempt.iter().map(|name| (*name).to_owned()).collect(),
            ..CheckSettings::default()
        };
        found(&CHECK, &[ninja, threatlocker(2, "PC-1")], &linking(&[(2, 1)], &[]), &settings)
    }

    #[test]
    fn a_protected_spare_is_found_with_the_reason() {
        let [finding] = run_on(spare(Some("Client Spare Closet")), &[]).try_into().unwrap();
        assert_eq!(finding.fingerprint, "SPARE_MISMATCH:ninja/n1+threatlocker/t2");
        assert_eq!((finding.subject, finding.identities), (2, vec![1, 2]));
        assert_eq!(finding.details["ninja_billing_status"], "spare");
        assert_eq!(finding.details["spare_reason"], "spare_location");
        assert_eq!(finding.details["ninja_site"], "Client Spare Closet");
        assert_eq!(finding.details["link_rule"], "serial_number");
    }

    #[test]
    fn exempt_locations_are_left_out_in_any_spelling() {
        assert_eq!(run_on(spare(Some(" es  SPARE ")), &["ES Spare"]), []);
        assert_eq!(run_on(spare(Some("ES Spare Room")), &["ES Spare"]).len(), 1);
    }

    #[test]
    fn a_spare_without_location_is_found_whatever_is_exempt() {
        let findings = run_on(spare(None), &["ES Spare", "", " "]);
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].details["ninja_site"], Value::Null);
    }

    #[test]
    fn devices_that_are_billable_unknown_or_not_billed_are_not_found() {
        for billing in [Some(Billing::Billable), Some(Billing::Unknown), None] {
            assert_eq!(run_on(Sighting { billing, ..ninja(1, "PC-1") }, &[]), [], "{billing:?}");
        }
    }

    #[test]
    fn a_spare_that_nothing_is_linked_to_is_not_found() {
        let sightings = [spare(None), threatlocker(2, "PC-1")];
        assert_eq!(found(&CHECK, &sightings, &linking(&[], &[]), &CheckSettings::default()), []);
    }
}
