//! One device, by computer id or by host name, read and normalised like all of them.

use domain::{hostname, observation::Observation};

use super::{
    VENDOR,
    client::{Client, ReadOnlyCall},
    normalize::{self, OrganizationNames},
    paging::{Pace, list},
    wire::{ComputerQuery, ComputerRow},
};
use crate::{
    DeviceQuery,
    assembly::{End, present_one},
    error::{CallSite, CollectError},
};

pub(super) async fn find(client: &Client, wanted: &DeviceQuery) -> Result<Vec<Observation>, CollectError> {
    let Some((wanted, query)) = question(wanted, client.page_size) else { return Ok(Vec::new()) };
    let mut pace = Pace { progress: &(), pages: 0 };
    let computers = list(client, ReadOnlyCall::Computers, &query, &mut pace).await?;
    if let End::Unproved(why) = computers.end {
        return Err(unexpected(format!("the matches are not all there: {why}")));
    }
    let mut found = Vec::new();
    // The vendor's search is only a hint: it may be wider, or ignored.
    for row in computers.rows.into_iter().filter(|row| wanted.is(row)) {
        let read = normalize::observation(row, &OrganizationNames::new()).map(|read| read.observation);
        found.extend(present_one(read).map_err(unexpected)?);
    }
    Ok(found)
}

/// What tells the wanted device's rows.
enum Wanted {
    /// Computer id, lower case.
    Key(String),
    /// Canonical host name.
    Hostname(String),
}

impl Wanted {
    fn is(&self, row: &str) -> bool {
        let Ok(row) = serde_json::from_str::<ComputerRow>(row) else { return false };
        match self {
            Self::Key(key) => row.computer_id.clean().is_some_and(|id| id.to_lowercase() == *key),
            Self::Hostname(name) => {
                row.hostname.clean().and_then(|host| hostname::canonical(&host)).as_ref() == Some(name)
            }
        }
    }
}

/// What to ask and how to tell the answer; `None` when the vendor can have no such device.
fn question(wanted: &DeviceQuery, page_size: u32) -> Option<(Wanted, ComputerQuery)> {
    let mut query = ComputerQuery::all(page_size);
    match wanted {
        DeviceQuery::Key(key) => {
            // A key of another shape would be bad input to the vendor.
            let key = Some(key.trim()).filter(|key| is_guid(key))?.to_lowercase();
            query.computer_id.clone_from(&key);
            Some((Wanted::Key(key), query))
        }
        DeviceQuery::Hostname(name) => {
            let canonical = hostname::canonical(name)?;
            let text = name.split('|').next().unwrap_or_default().split('.').next().unwrap_or_default();
            text.trim().clone_into(&mut query.search_text);
            Some((Wanted::Hostname(canonical), query))
        }
    }
}

fn is_guid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn unexpected(problem: String) -> CollectError {
    let at = CallSite { vendor: VENDOR, path: ReadOnlyCall::Computers.path().to_owned(), incident: None };
    CollectError::UnexpectedAnswer { at, status: 200, problem }
}
