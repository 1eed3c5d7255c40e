//! Whether the vendor kept to the organization that was asked for.
//!
//! A scope that the vendor does not understand is ignored without a word, and the key's home organization comes back
//! (trap 32). The child organizations tell: what descends from the scope belongs, what the same list files elsewhere does
//! not. Organizations that the list does not hold are unknown; computers may name such.

use std::collections::{HashMap, HashSet};

use domain::observation::{Observation, Place};

use super::wire::OrganizationRow;

/// An organization of the child list.
#[derive(Clone, Debug)]
pub(super) struct Organization {
    pub(super) place: Place,
    /// All the parents that the row names.
    pub(super) parents: Vec<String>,
}

impl Organization {
    /// `None` for a row without an id.
    pub(super) fn read(row: &str) -> Option<Self> {
        let row: OrganizationRow = serde_json::from_str(row).ok()?;
        let key = row.organization_id.clean()?.to_lowercase();
        let named = row.organization_parents.0.iter().filter_map(|parent| parent.organization_id.clean());
        let parents = named.chain(row.parent_id.clean()).map(|id| id.to_lowercase()).collect();
        Some(Self { place: Place { key, name: row.name.clean().or_else(|| row.display_name.clean()) }, parents })
    }
}

/// Why the devices do not look like those of the scope; `None` when nothing speaks against it.
pub(super) fn violation(scope: &str, devices: &[Observation], organizations: &[Organization]) -> Option<String> {
    let inside = descendants(scope, organizations);
    let listed: HashMap<&str, &Organization> = organizations.iter().map(|org| (org.place.key.as_str(), org)).collect();
    let (mut foreign, mut unknown, mut good) = (0, 0, 0);
    for key in devices.iter().filter_map(|device| device.organization.as_ref()).map(|place| place.key.as_str()) {
        match listed.get(key) {
            _ if inside.contains(key) => good += 1,
            Some(organization) if !organization.parents.is_empty() => foreign += 1,
            _ => unknown += 1,
        }
    }
    let ignored = foreign > 0 || (unknown > 0 && good == 0);
    ignored.then(|| {
        format!(
            "the vendor ignored it: {} devices of other organizations, {good} of the one asked for",
            foreign + unknown
        )
    })
}

/// The scope and all that descend from it.
fn descendants<'a>(scope: &'a str, organizations: &'a [Organization]) -> HashSet<&'a str> {
    let mut inside = HashSet::from([scope]);
    loop {
        let before = inside.len();
        for organization in organizations {
            if organization.parents.iter().any(|parent| inside.contains(parent.as_str())) {
                inside.insert(&organization.place.key);
            }
        }
        if inside.len() == before {
            return inside;
        }
    }
}
