//! One device, by computer id or by host name: one page of a search, normalised like all of them.

use domain::{hostname, observation::Observation};

use super::{
    VENDOR,
    client::{Client, ReadOnlyCall},
    normalize::{self, OrganizationNames},
    paging::total_rows,
    wire::{ComputerQuery, ComputerRow, Page},
};
use crate::{
    DeviceQuery, Found,
    assembly::present_one,
    error::{CallSite, CollectError},
    retry::{Failure, Patience},
};

/// Rows that are asked for at least: one page is all that is read.
const SEARCH_PAGE: u32 = 100;

/// No page is smaller than the vendor's default, so a shorter one is the last even where no total is named.
const SMALLEST_PAGE: u64 = 25;

pub(super) async fn find(client: &Client, wanted: &DeviceQuery, patience: Patience) -> Result<Found, Failure> {
    let page_size = client.page_size.max(SEARCH_PAGE);
    let Some((wanted, query)) = question(wanted, page_size) else { return Ok(Found::None) };
    let page = client.page_until(ReadOnlyCall::Computers, &query, patience).await?;
    let is_all = is_all(&page);
    let rows: Vec<String> = page.rows.into_iter().filter(|row| wanted.is(row)).collect();
    // The vendor's search is only a hint: it may be wider, or ignored. An id is one row's alone.
    let is_answered = is_all || matches!(wanted, Wanted::Key(_)) && !rows.is_empty();
    if !is_answered {
        return Err(unexpected("more matches than one page has: name the device by its key".to_owned()));
    }
    let mut found: Vec<Observation> = Vec::new();
    for row in rows {
        let read = normalize::observation(row, &OrganizationNames::new()).map(|read| read.observation);
        found.extend(present_one(read).map_err(unexpected)?);
    }
    Ok(Found::of(found))
}

/// Whether nothing follows the first page.
fn is_all(page: &Page) -> bool {
    let seen = page.rows.len() as u64;
    match page.total_items.or_else(|| total_rows(page.rows.first()?)) {
        Some(total) => seen >= total,
        None => seen < SMALLEST_PAGE,
    }
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
            hostname::short(name).clone_into(&mut query.search_text);
            Some((Wanted::Hostname(canonical), query))
        }
    }
}

fn is_guid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

pub(super) fn site() -> CallSite {
    CallSite { vendor: VENDOR, path: ReadOnlyCall::Computers.path().to_owned(), incident: None }
}

fn unexpected(problem: String) -> Failure {
    Failure::last(CollectError::UnexpectedAnswer { at: site(), status: 200, problem })
}
