//! A whole run: devices, and beside them the lists that name their surroundings.

use std::collections::HashMap;

use domain::{
    collection::Collection,
    observation::{Observation, Place},
};

use super::{
    VENDOR,
    client::{Client, Get},
    normalize::{self, Surroundings},
    paging::{EntityList, Tally, entities},
    report,
};
use crate::{Progress, answer::Answer, assembly::Remarks, error::CollectError};

const ORGANIZATIONS: &str = "v2/organizations";
const LOCATIONS: &str = "v2/locations";
const ROLES: &str = "v2/roles";

pub(super) async fn collect(client: &Client, progress: &dyn Progress) -> Result<Collection, CollectError> {
    let tally = Tally::new(progress);
    let on_devices = |rows| tally.page(rows);
    // Two at a time: the vendor's limits are unknown. A failure of the devices ends the other lists at once.
    let (devices, (mut around, mut remarks)) =
        tokio::try_join!(entities(client, "v2/devices-detailed", &on_devices), async {
            Ok(surroundings(client, &tally).await)
        },)?;
    remarks.ended("devices", &devices.end);
    if devices.rows.iter().filter_map(|row| normalize::device(row)).any(|row| normalize::wants_role(&row)) {
        let roles = client.get(&Get::new(ROLES), Answer::records).await;
        around.roles =
            optional(roles, "roles", &mut remarks).map(|rows| normalize::role_chassis(&rows)).unwrap_or_default();
    }
    let observations = observations(devices, &around, &mut remarks);
    note_unlisted(&observations, &around, &mut remarks);
    let organizations = around.organizations.iter().map(|(id, name)| Place { key: id.to_string(), name: name.clone() });
    Ok(remarks.into_collection(VENDOR, observations, organizations.collect()))
}

/// Devices of an organization that the list does not hold stay (trap 23), without its name.
fn note_unlisted(observations: &[Observation], around: &Surroundings, remarks: &mut Remarks) {
    let named = |place: &Place| place.key.parse().is_ok_and(|id| around.organizations.contains_key(&id));
    let unlisted = observations.iter().filter_map(|device| device.organization.as_ref()).filter(|place| !named(place));
    let count = unlisted.count();
    if count > 0 && !around.organizations.is_empty() {
        remarks.note(format!("devices filed under organizations that the organization list does not hold: {count}"));
    }
}

fn observations(devices: EntityList, around: &Surroundings, remarks: &mut Remarks) -> Vec<Observation> {
    let mut observations = Vec::with_capacity(devices.rows.len());
    for row in devices.rows {
        match normalize::observation(row, around) {
            Ok(observation) => observations.push(observation),
            Err(aside) => remarks.set_aside(aside),
        }
    }
    observations
}

/// Organizations, locations and custom fields. Their failures make the collection partial and never stop it.
async fn surroundings(client: &Client, tally: &Tally<'_>) -> (Surroundings, Remarks) {
    let mut remarks = Remarks::default();
    let organizations = named(client, tally, (ORGANIZATIONS, "organizations"), &mut remarks).await;
    let locations = named(client, tally, (LOCATIONS, "locations"), &mut remarks).await;
    let fields = report::custom_fields(client, tally).await;
    let custom_fields = optional(fields, "custom fields", &mut remarks).unwrap_or_default();
    (Surroundings { organizations, locations, roles: HashMap::new(), custom_fields }, remarks)
}

async fn named(
    client: &Client,
    tally: &Tally<'_>,
    (path, what): (&str, &str),
    remarks: &mut Remarks,
) -> HashMap<i64, Option<String>> {
    match entities(client, path, &|_| tally.page(0)).await {
        Ok(list) => {
            remarks.ended(what, &list.end);
            normalize::names(&list.rows)
        }
        Err(error) => {
            remarks.missing(what, error);
            HashMap::new()
        }
    }
}

/// A list that not every instance offers: 404 and 403 are the instance's capability (trap 25), not a failure.
fn optional<T>(list: Result<T, CollectError>, what: &str, remarks: &mut Remarks) -> Option<T> {
    match list {
        Ok(list) => return Some(list),
        Err(error) if matches!(error.status(), Some(403 | 404)) => {
            remarks.note(format!("{what}: capability not offered ({error})"));
        }
        Err(error) => remarks.missing(what, error),
    }
    None
}
