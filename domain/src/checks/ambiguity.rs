//! How findings tell of an ambiguity.

use serde_json::{Value, json};

use crate::{
    checks::{DayInventory, Sighting},
    hostname,
    linking::Ambiguity,
};

/// The rule that found several, and the reference devices that fit, so that a person can pick one. A candidate that was
/// not there that day is told by its identity alone.
pub(super) fn details(inventory: &DayInventory<'_>, ambiguity: &Ambiguity) -> Value {
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
        "note": "Several Ninja devices fit equally, so none was taken.",
        "candidates": ambiguity.candidates.iter().map(candidate).collect::<Vec<_>>(),
    })
}
