//! One device, by id or by host name, read and normalised like all of them.

use domain::{hostname, observation::Observation};

use super::{
    VENDOR,
    client::{Client, Get},
    collect::{names_for_one, roles_for_one},
    normalize::{self, Surroundings},
    wire::{self, DeviceRow},
};
use crate::{
    DeviceQuery,
    assembly::present_one,
    error::{CallSite, CollectError},
};

/// Most hits of a search that are looked at.
const SEARCH_LIMIT: usize = 1000;

pub(super) async fn find(client: &Client, wanted: &DeviceQuery) -> Result<Vec<Observation>, CollectError> {
    let ids = match wanted {
        // Ninja's ids are whole numbers: it has no device of another key.
        DeviceQuery::Key(key) => key.trim().parse::<i64>().into_iter().collect(),
        DeviceQuery::Hostname(name) => search(client, name).await?,
    };
    let mut found = Vec::new();
    let mut around = None;
    for id in ids {
        let Some(record) = record(client, id).await? else { continue };
        let around = match &mut around {
            Some(around) => around,
            none => none.insert(names_for_one(client).await?),
        };
        complete(client, id, &record, around).await?;
        let observation = present_one(normalize::observation(record, around));
        found.extend(observation.map_err(|problem| unreadable(id, problem))?);
    }
    if let DeviceQuery::Hostname(name) = wanted {
        found.retain(|device| hostname::canonical(&device.hostname) == hostname::canonical(name));
    }
    Ok(found)
}

/// The ids of devices one of whose names may be the wanted one; the full record decides.
async fn search(client: &Client, name: &str) -> Result<Vec<i64>, CollectError> {
    let Some(wanted) = hostname::canonical(name) else { return Ok(Vec::new()) };
    let text = name.split('|').next().unwrap_or_default().split('.').next().unwrap_or_default().trim();
    let get = Get::new("v2/devices/search").with("q", text).with("limit", SEARCH_LIMIT.to_string());
    let rows = client.get(&get, wire::search_rows).await?;
    if rows.len() >= SEARCH_LIMIT {
        let at = CallSite { vendor: VENDOR, path: get.path.to_owned(), incident: None };
        let problem = format!("{SEARCH_LIMIT} or more hits: the wanted device may be among those left out");
        return Err(CollectError::UnexpectedAnswer { at, status: 200, problem });
    }
    let rows = rows.iter().filter_map(|row| normalize::device(row));
    let mut ids: Vec<i64> = rows.filter(|row| may_be(row, &wanted)).filter_map(|row| Some(row.id.0?.0)).collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

fn may_be(row: &DeviceRow, wanted: &str) -> bool {
    let names = [&row.dns_name, &row.system_name, &row.netbios_name, &row.name, &row.display_name];
    names.iter().filter_map(|name| name.clean()).any(|name| hostname::canonical(&name).as_deref() == Some(wanted))
}

/// The device as Ninja shows it now; `None` when it has none of that id.
async fn record(client: &Client, id: i64) -> Result<Option<String>, CollectError> {
    let path = format!("v2/device/{id}");
    absent(client.get(&Get::new(&path), wire::record).await)
}

/// Adds the device's own custom fields and, where needed, the roles.
async fn complete(client: &Client, id: i64, record: &str, around: &mut Surroundings) -> Result<(), CollectError> {
    let path = format!("v2/device/{id}/custom-fields");
    match client.get(&Get::new(&path), wire::custom_field_map).await {
        Ok(fields) => drop(around.custom_fields.insert(id, fields)),
        Err(error) if matches!(error.status(), Some(403 | 404)) => {}
        Err(error) => return Err(error),
    }
    if around.roles.is_empty() && normalize::device(record).is_some_and(|row| normalize::wants_role(&row)) {
        around.roles = roles_for_one(client).await?;
    }
    Ok(())
}

/// The vendor's own 404 means "no such thing"; a gateway's page with that status does not.
fn absent<T>(answer: Result<T, CollectError>) -> Result<Option<T>, CollectError> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(CollectError::Rejected { refusal, .. }) if refusal.status == 404 => Ok(None),
        Err(error) => Err(error),
    }
}

fn unreadable(id: i64, problem: String) -> CollectError {
    let at = CallSite { vendor: VENDOR, path: format!("v2/device/{id}"), incident: None };
    CollectError::UnexpectedAnswer { at, status: 200, problem }
}
