//! ThreatLocker's lists: numbered pages over live data (vendor-apis.md 2.2, traps 27-30).
//!
//! A walk goes on until a page brings nothing new, whatever the header says, because page sizes and totals cannot be
//! trusted between pages; the total then proves or disproves the end. A row that came or went meanwhile shifts the
//! others, so a walk that is short of its total, or whose total changed on the way, is made again.

use std::collections::HashSet;

use rust_decimal::prelude::ToPrimitive;

use super::{
    client::{Client, ReadOnlyCall},
    wire::{ListedRow, Numbered, Page},
};
use crate::{Progress, assembly::End, error::CollectError};

/// How often a walk that came out short is made again.
const REWALKS: usize = 2;

/// No list of this kind is that long.
const MAX_PAGES: u64 = 10_000;

/// The rows of a list as received, each once, and whether these are all.
#[derive(Debug)]
pub(super) struct List {
    pub(super) rows: Vec<String>,
    pub(super) end: End,
}

/// Progress over the walks of one list.
pub(super) struct Pace<'a> {
    pub(super) progress: &'a dyn Progress,
    pub(super) pages: u64,
}

/// Reads a list to its end. `Err` when nothing was seen or a person must act; later failures leave what was seen, with
/// the end unproved.
pub(super) async fn list<Q: Numbered>(
    client: &Client,
    call: ReadOnlyCall,
    query: &Q,
    pace: &mut Pace<'_>,
) -> Result<List, CollectError> {
    let mut all = Walk::default();
    let mut why = String::new();
    for _ in 0..=REWALKS {
        let mut walk = Walk::default();
        let failure = walk.run(client, call, query, pace).await.err();
        let end = walk.end(failure.as_ref());
        match (end, failure) {
            (End::Proved, _) => return Ok(List { rows: walk.rows, end: End::Proved }),
            (_, Some(error)) if error.needs_operator() => return Err(error),
            (_, Some(error)) if walk.rows.is_empty() && all.rows.is_empty() => return Err(error),
            (End::Unproved(reason), failure) => {
                why = reason;
                all.absorb(walk);
                if failure.is_some() {
                    break;
                }
            }
        }
    }
    Ok(List { rows: all.rows, end: End::Unproved(why) })
}

/// One way through the pages.
#[derive(Default)]
struct Walk {
    rows: Vec<String>,
    seen: HashSet<String>,
    /// The latest total that the vendor named.
    total: Option<u64>,
    /// The total changed on the way, so rows moved between pages: one may have been stepped over though another that is
    /// gone makes up the number.
    shifted: bool,
    /// An empty page was seen.
    emptied: bool,
}

impl Walk {
    async fn run<Q: Numbered>(
        &mut self,
        client: &Client,
        call: ReadOnlyCall,
        query: &Q,
        pace: &mut Pace<'_>,
    ) -> Result<(), CollectError> {
        let walked_before = pace.pages;
        for number in 1..=MAX_PAGES {
            let answer = client.page(call, &query.numbered(number)).await?;
            pace.pages += 1;
            // One more than the vendor counts: the page that proves the end.
            let of =
                answer.total_pages.map(|pages| pace.pages.max(walked_before.saturating_add(pages).saturating_add(1)));
            let grew = self.take(answer);
            pace.progress.pages(pace.pages, of, self.rows.len() as u64);
            if !grew {
                break;
            }
        }
        Ok(())
    }

    /// Adds a page; false when it brought nothing new.
    fn take(&mut self, page: Page) -> bool {
        self.emptied |= page.rows.is_empty();
        let before = self.rows.len();
        if before == 0 || !page.rows.is_empty() {
            // The header of an empty page past the end may count only itself.
            let total = page.total_items.or_else(|| total_rows(page.rows.first()?)).or(self.total);
            self.shifted |= self.total.is_some() && total != self.total;
            self.total = total;
        }
        for row in page.rows {
            self.add(row);
        }
        self.rows.len() > before
    }

    fn add(&mut self, row: String) {
        if self.seen.insert(identity(&row)) {
            self.rows.push(row);
        }
    }

    fn absorb(&mut self, other: Self) {
        other.rows.into_iter().for_each(|row| self.add(row));
    }

    /// What the walk proves: with a total, that many rows; without one, an empty page.
    fn end(&self, failure: Option<&CollectError>) -> End {
        let seen = self.rows.len() as u64;
        match (failure, self.total) {
            // Asking past the end is bad input to some: that proves no less, once the total was reached.
            (Some(CollectError::Rejected { .. } | CollectError::VendorFault { status: 500, .. }), Some(total))
                if total > 0 && seen >= total && !self.shifted =>
            {
                End::Proved
            }
            (Some(error), _) => End::failed(error),
            (None, _) if self.shifted => End::Unproved("rows came or went while the pages were read".to_owned()),
            (None, Some(total)) if seen < total => End::Unproved(format!("{seen} of {total} rows seen")),
            (None, None) if !self.emptied => {
                End::Unproved("a page was repeated and the vendor names no total".to_owned())
            }
            (None, _) => End::Proved,
        }
    }
}

/// What tells a row from others: its id, or for a row without one its whole text. A computer also names its
/// organization, which is the id of the rows of the other list only.
fn identity(row: &str) -> String {
    let listed: ListedRow = serde_json::from_str(row).unwrap_or_default();
    let is_computer = listed.hostname.0.is_some() || listed.computer_name.0.is_some();
    let id = if is_computer { listed.computer_id.0 } else { listed.computer_id.0.or(listed.organization_id.0) };
    id.map(|id| id.trim().to_lowercase()).filter(|id| !id.is_empty()).unwrap_or_else(|| row.to_owned())
}

pub(super) fn total_rows(row: &str) -> Option<u64> {
    serde_json::from_str::<ListedRow>(row).ok()?.total_rows.0?.0.to_u64()
}
