//! Ninja's entity lists: a bare list, continued after the largest id seen (vendor-apis.md 1.5).
//!
//! The only proof of the end is an empty page: a short one may be a server that caps the page size, and an unsorted one
//! may end with a small id. So the largest id of the raw rows moves the list on and must grow.

use std::{
    collections::HashSet,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use super::{
    client::{Client, Get},
    wire::PlaceRow,
};
use crate::{Progress, answer::Answer, assembly::End, error::CollectError};

/// No list of this kind is that long: with pages of one row it is still a large fleet.
const MAX_PAGES: u64 = 10_000;

/// Progress of one run over all of its lists.
pub(super) struct Tally<'a> {
    progress: &'a dyn Progress,
    pages: AtomicU64,
    rows: AtomicU64,
}

impl<'a> Tally<'a> {
    pub(super) fn new(progress: &'a dyn Progress) -> Self {
        Self { progress, pages: AtomicU64::new(0), rows: AtomicU64::new(0) }
    }

    /// Counts a page and the device rows on it. Ninja never tells how many there will be.
    pub(super) fn page(&self, device_rows: usize) {
        let rows = self.rows.fetch_add(device_rows as u64, Relaxed) + device_rows as u64;
        self.progress.pages(self.pages.fetch_add(1, Relaxed) + 1, None, rows);
    }
}

/// The rows of a list as received, each once, and whether these are all.
#[derive(Debug)]
pub(super) struct EntityList {
    pub(super) rows: Vec<String>,
    pub(super) end: End,
}

/// Reads a list to its end. `Err` when nothing was seen or a person must act; later failures leave what was seen, with
/// the end unproved.
pub(super) async fn entities(
    client: &Client,
    path: &str,
    on_page: &(dyn Fn(usize) + Sync),
) -> Result<EntityList, CollectError> {
    let mut walk = Walk::default();
    for _ in 0..MAX_PAGES {
        let after = walk.last.unwrap_or(0);
        let get = Get::new(path).with("pageSize", client.page_size.to_string()).with("after", after.to_string());
        let page = match client.get(&get, Answer::records).await {
            Ok(page) => page,
            Err(error) if walk.rows.is_empty() || error.needs_operator() => return Err(error),
            Err(error) => return Ok(walk.finish(End::failed(&error))),
        };
        if page.is_empty() {
            return Ok(walk.finish(End::Proved));
        }
        on_page(page.len());
        if let Err(stuck) = walk.take(page) {
            return Ok(walk.finish(End::Unproved(stuck)));
        }
    }
    Ok(walk.finish(End::Unproved(format!("no end after {MAX_PAGES} pages"))))
}

#[derive(Default)]
struct Walk {
    rows: Vec<String>,
    seen: HashSet<i64>,
    last: Option<i64>,
}

impl Walk {
    /// Adds a page; the reason when it does not lead on.
    fn take(&mut self, page: Vec<String>) -> Result<(), String> {
        let before = self.last;
        for row in page {
            let id = serde_json::from_str::<PlaceRow>(&row).ok().and_then(|row| row.id.0).map(|id| id.0);
            self.last = self.last.max(id);
            // Rows without an id are kept: they are set aside one by one, with their reason.
            if id.is_none_or(|id| self.seen.insert(id)) {
                self.rows.push(row);
            }
        }
        if self.last > before { Ok(()) } else { Err("a page without larger ids than before".to_owned()) }
    }

    fn finish(self, end: End) -> EntityList {
        EntityList { rows: self.rows, end }
    }
}
