//! How findings tell of an ambiguity.

use serde_json::{Value, json};

use crate::{
    checks::{DayInventory, Sighting},
    hostname,
    linking::Ambiguity,
    vendor::Vendor,
};

/// The rule that could not decide, and the reference devices that fit (the first of them, if there is a crowd), so that a
/// person can pick one. A candidate that was not there that day is told by its identity alone.
pub(super) fn details(inventory: &DayInventory<'_>, sighting: &Sighting, ambiguity: &Ambiguity) -> Value {
    let candidate = |identity_id: &i64| {
        let sighting = inventory.sighting(*identity_id);
        json!({
            "identity_id": identity_id,
            "vendor_device_key": sighting.map(|it| &it.vendor_device_key),
            "ninja_hostname": sighting.map(|it| hostname::short(&it.hostname)),
            "ninja_display_name": sighting.and_then(|it| it.display_name.as_ref()),
            "ninja_org_name": sighting.and_then(Sighting::organization_name),
            "ninja_site": sighting.and_then(|it| it.location_name.as_ref()),
            "serial_number": sighting.and_then(|it| it.serial_number.as_ref()),
            "last_contact": sighting.and_then(|it| it.last_contact),
        })
    };
    json!({
        "rule": ambiguity.rule.code(),
        "rule_description": ambiguity.rule.description(),
        "note": note(sighting, ambiguity),
        "count": ambiguity.count,
        "candidates": ambiguity.candidates.iter().map(candidate).collect::<Vec<_>>(),
    })
}

fn note(sighting: &Sighting, ambiguity: &Ambiguity) -> String {
    let reference = Vendor::REFERENCE;
    if ambiguity.count > 1 {
        return format!("Several {reference} devices fit equally, so none was taken.");
    }
    let vendor = sighting.vendor;
    format!("One {reference} device fits, but it fits other {vendor} devices too, so it was not taken.")
}
