//! One device, by id or by host name: `GET /v2/device/{id}`, normalised like all of them.
//!
//! A host name is searched, and the search's rows decide who has it: they are told by key, without reading any record, so that
//! whoever asks for one knows for whom. The record does not name its organization, location or role, and has no custom fields: who
//! stores it knows them.

use domain::{hostname, observation::Observation};

use super::{
    VENDOR,
    client::{Client, Get},
    normalize::{self, Surroundings},
    wire::{self, DeviceRow},
};
use crate::{
    DeviceQuery, Found,
    assembly::present_one,
    error::{CallSite, CollectError},
    retry::{Failure, Patience},
};

/// Most hits of a search that are looked at.
const SEARCH_LIMIT: usize = 1000;

pub(super) async fn find(client: &Client, wanted: &DeviceQuery, patience: Patience) -> Result<Found, Failure> {
    match wanted {
        DeviceQuery::Key(key) => match id(key) {
            Some(id) => Ok(Found::of(device(client, id, patience).await?.into_iter().collect())),
            None => Ok(Found::None),
        },
        DeviceQuery::Hostname(name) => match hostname::canonical(name) {
            Some(canonical) => named(client, (name, &canonical), patience).await,
            None => Ok(Found::None),
        },
    }
}

/// Ninja's ids are whole numbers: it has no device of another key.
pub(super) fn id(key: &str) -> Option<i64> {
    key.trim().parse().ok()
}

async fn named(client: &Client, name: (&str, &str), patience: Patience) -> Result<Found, Failure> {
    let mut keys: Vec<String> = search(client, name, patience).await?.iter().map(ToString::to_string).collect();
    keys.sort();
    Ok(match <[String; 1]>::try_from(keys) {
        Ok([only]) => Found::Key(only),
        Err(keys) if keys.is_empty() => Found::None,
        Err(keys) => Found::Several(keys),
    })
}

/// The ids of the present devices that have the name.
async fn search(client: &Client, (name, canonical): (&str, &str), patience: Patience) -> Result<Vec<i64>, Failure> {
    let get = Get::new("v2/devices/search").with("q", hostname::short(name)).with("limit", SEARCH_LIMIT.to_string());
    let rows = client.get_until(&get, wire::search_rows, patience).await?;
    if rows.len() >= SEARCH_LIMIT {
        let problem = format!("{SEARCH_LIMIT} or more hits: the wanted device may be among those left out");
        return Err(unexpected(get.path, problem));
    }
    let rows = rows.iter().filter_map(|row| normalize::device(row));
    let mut ids: Vec<i64> = rows.filter(|row| has_name(row, canonical)).filter_map(|row| Some(row.id.0?.0)).collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

/// A row says what its record says, where it has a name at all; else any of its labels may be the name, and whoever reads the
/// record decides.
fn has_name(row: &DeviceRow, wanted: &str) -> bool {
    let is_wanted = |name: String| hostname::canonical(&name).as_deref() == Some(wanted);
    if normalize::unapproved(row).is_some() {
        return false;
    }
    normalize::hostname(row).or_else(|| row.display_name.clean()).is_some_and(is_wanted)
}

/// The device as Ninja shows it now; `None` when it has no present one of that id.
async fn device(client: &Client, id: i64, patience: Patience) -> Result<Option<Observation>, Failure> {
    let path = format!("v2/device/{id}");
    let record = match client.get_until(&Get::new(&path), wire::record, patience).await {
        Ok(record) => record,
        // The vendor's own 404 means "no such thing"; a gateway's page with that status does not.
        Err(Failure { error: CollectError::Rejected { refusal, .. }, .. }) if refusal.status == 404 => return Ok(None),
        Err(failure) => return Err(failure),
    };
    let read = present_one(normalize::observation(record, &Surroundings::default()));
    read.map_err(|problem| unexpected(&path, problem))
}

fn unexpected(path: &str, problem: String) -> Failure {
    let at = CallSite { vendor: VENDOR, path: path.to_owned(), incident: None };
    Failure::last(CollectError::UnexpectedAnswer { at, status: 200, problem })
}
