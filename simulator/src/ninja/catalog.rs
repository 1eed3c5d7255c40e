use crate::fleet::class::{Class, Shape};
use crate::fleet::organizations::{Location, Organization};
use crate::wire::{Object, Wire};
use crate::world::World;

pub(crate) fn role_of(class: Class) -> i64 {
    200 + Class::ALL.iter().position(|&one| one == class).and_then(|at| i64::try_from(at).ok()).unwrap_or(0)
}

pub(crate) fn policy_of(class: Class) -> i64 {
    role_of(class) - 150
}

/// `/v2/roles`.
pub(crate) fn roles() -> Vec<Object> {
    Class::ALL.iter().map(|&class| role(class)).collect()
}

fn role(class: Class) -> Object {
    let chassis = match class.shape() {
        _ if matches!(class, Class::Android | Class::AppleIos | Class::AppleIpados) => "MOBILE",
        Shape::Agent if class == Class::Mac => "LAPTOP",
        Shape::Agent => "DESKTOP",
        _ => "UNKNOWN",
    };
    let mut row = Object::new();
    row.put("id", role_of(class)).put("name", class.name()).put("description", "").put("nodeClass", class.name());
    row.put("custom", false).put("chassisType", chassis);
    row.put("created", Wire::Raw("1600000000.000000000".to_owned())).put("icon", "");
    row
}

impl World {
    /// The rows of `/v2/organizations` in ascending order of id.
    pub(crate) fn organization_rows(&self) -> Vec<Object> {
        let edits = &self.edits.ninja_organizations;
        let fleet = self.fleet.organizations().iter().map(|one| (one.ninja_id, organization(one)));
        Self::edited(edits, fleet)
    }

    /// The rows of `/v2/organizations-detailed`.
    pub(crate) fn detailed_organization_rows(&self) -> Vec<Object> {
        let edits = &self.edits.ninja_organizations;
        let fleet = self.fleet.organizations().iter().map(|one| (one.ninja_id, self.detailed_organization(one)));
        Self::edited(edits, fleet)
    }

    /// The rows of `/v2/locations`.
    pub(crate) fn location_rows(&self) -> Vec<Object> {
        let places = self.fleet.organizations().iter().flat_map(|one| {
            one.locations().into_iter().map(|place| {
                let mut row = location(&place);
                row.put("organizationId", one.ninja_id).put("id", place.id);
                (place.id, row)
            })
        });
        Self::edited(&self.edits.locations, places)
    }

    fn edited(edits: &crate::edits::Edits, rows: impl Iterator<Item = (i64, Object)>) -> Vec<Object> {
        let mut all: Vec<(i64, Object)> = rows
            .filter(|(id, _)| !edits.removes(&id.to_string()))
            .map(|(id, row)| (id, edits.over(&id.to_string(), row)))
            .collect();
        all.extend(edits.added().filter_map(|id| Some((id.parse().ok()?, edits.over(id, edits.added_row(id)?)))));
        all.sort_by_key(|(id, _)| *id);
        all.into_iter().map(|(_, row)| row).collect()
    }

    fn detailed_organization(&self, one: &Organization) -> Object {
        let places = one.locations().into_iter().map(|place| {
            let id = place.id;
            let row = self.edits.locations.over(&id.to_string(), location(&place));
            let mut with_id = row;
            with_id.put("id", id);
            Wire::from(with_id)
        });
        let policies = [Class::WindowsServer, Class::WindowsWorkstation].map(|class| {
            let mut row = Object::new();
            row.put("nodeRoleId", role_of(class)).put("policyId", policy_of(class));
            Wire::from(row)
        });
        let mut row = organization(one);
        row.put("locations", places.collect::<Vec<_>>()).put("policies", policies.to_vec());
        row.put("settings", Object::new());
        row
    }
}

fn organization(one: &Organization) -> Object {
    const MODES: [&str; 3] = ["AUTOMATIC", "MANUAL", "REJECT"];
    let mut row = Object::new();
    row.put("name", one.ninja_name.clone());
    row.put_some("description", (one.index % 4 == 3).then_some("T&M client"));
    row.put("nodeApprovalMode", MODES[one.index % 3]).put("id", one.ninja_id);
    row
}

fn location(place: &Location) -> Object {
    let mut row = Object::new();
    row.put("name", place.name).put_some("address", place.address);
    row
}
