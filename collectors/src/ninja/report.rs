//! The custom-fields report: a cursor that lives on the server (vendor-apis.md 1.5).
//!
//! Its position may have moved though the answer was lost, so a page is never asked for twice: when one fails or the
//! cursor has expired, the whole report is read again, and half a report is never kept. The cursor's name says nothing:
//! it may stay the same on every page. Progress is a larger offset or a new device.

use std::collections::{HashMap, hash_map::Entry};

use super::{
    client::{Client, Get},
    paging::Tally,
    wire::{Cursor, CustomFields, ReportPage},
};
use crate::{
    error::{CallSite, CollectError},
    retry::{Failure, Repeat},
};

const PATH: &str = "v2/queries/custom-fields";

/// The fields that the normaliser reads; `showSecureValues` is never sent.
const FIELDS: &str = "hastpm,tpmenabled,tpmversion,securebootavailable,securebootenabled";

/// How often a broken report is started over.
const RESTARTS: u32 = 3;

/// A report larger than this in pages is taken for one that turns in circles.
const MAX_PAGES: u32 = 10_000;

/// Why a round did not bring the whole report.
enum Broken {
    /// The first page failed, after retries.
    AtStart(CollectError),
    /// A later page failed, or the end came too soon.
    Later(Failure),
}

/// Custom fields by device id.
pub(super) async fn custom_fields(
    client: &Client,
    tally: &Tally<'_>,
) -> Result<HashMap<i64, CustomFields>, CollectError> {
    let mut round = 1;
    loop {
        let failure = match whole_report(client, tally).await {
            Ok(fields) => return Ok(fields),
            Err(Broken::AtStart(error)) => return Err(error),
            Err(Broken::Later(failure)) => failure,
        };
        if round > RESTARTS || failure.error.needs_operator() {
            return Err(broke_off(failure.error));
        }
        tracing::warn!(error = %failure.error, round, "report broke off: reading it again from the start");
        client.retrier.pause(&failure.repeat, round).await;
        round += 1;
    }
}

/// A later page's status is not the report's: its 404 means "cursor expired", not "report not offered".
fn broke_off(error: CollectError) -> CollectError {
    if error.needs_operator() {
        return error;
    }
    let at = CallSite { vendor: super::VENDOR, path: PATH.to_owned(), incident: None };
    CollectError::UnexpectedAnswer { at, status: 200, problem: format!("broke off at every attempt, lastly: {error}") }
}

async fn whole_report(client: &Client, tally: &Tally<'_>) -> Result<HashMap<i64, CustomFields>, Broken> {
    let first = Get::new(PATH).with("fields", FIELDS).with("pageSize", client.page_size.clamp(10, 10_000).to_string());
    let mut page = client.get(&first, ReportPage::read).await.map_err(Broken::AtStart)?;
    let mut report = Report::default();
    for _ in 0..MAX_PAGES {
        tally.page(0);
        let Some(cursor) = report.take(page).map_err(|why| Broken::Later(too_soon(why)))? else {
            return Ok(report.fields);
        };
        let next = first.clone().with("cursor", cursor);
        page = client.get_once(&next, ReportPage::read).await.map_err(Broken::Later)?;
    }
    Err(Broken::Later(too_soon("it has no end")))
}

fn too_soon(why: &str) -> Failure {
    let at = CallSite { vendor: super::VENDOR, path: PATH.to_owned(), incident: None };
    let error = CollectError::UnexpectedAnswer { at, status: 200, problem: why.to_owned() };
    Failure { error, repeat: Repeat::often() }
}

/// What one round has read so far.
#[derive(Default)]
struct Report {
    fields: HashMap<i64, CustomFields>,
    rows: i64,
    offset: i64,
    count: Option<i64>,
}

impl Report {
    /// Adds a page; the name of the cursor when the report goes on.
    fn take(&mut self, page: ReportPage) -> Result<Option<String>, &'static str> {
        let cursor = page.cursor.unwrap_or_default();
        self.count = cursor.count.0.map(|count| count.0).or(self.count);
        let rows = page.rows.len();
        self.rows = self.rows.saturating_add(i64::try_from(rows).unwrap_or(i64::MAX));
        let mut progress = false;
        for row in page.rows {
            let Some(device) = row.device_id.0 else { continue };
            let fields = row.fields.0.unwrap_or_default();
            match self.fields.entry(device.0) {
                Entry::Vacant(free) => {
                    free.insert(fields);
                    progress = true;
                }
                Entry::Occupied(mut known) => known.get_mut().extend(fields),
            }
        }
        progress |= self.moved(&cursor);
        match cursor.name.0 {
            _ if rows == 0 && self.count.is_some_and(|count| self.rows < count) => Err("it ended before its count"),
            None => Ok(None),
            Some(_) if rows == 0 => Ok(None),
            Some(name) if progress => Ok(Some(name)),
            Some(_) => self.stuck(),
        }
    }

    fn moved(&mut self, cursor: &Cursor) -> bool {
        let offset = cursor.offset.0.map_or(0, |offset| offset.0);
        let moved = offset > self.offset;
        self.offset = self.offset.max(offset);
        moved
    }

    /// A page without progress is the end only if all that was announced was seen.
    fn stuck(&self) -> Result<Option<String>, &'static str> {
        let all = self.count.is_some_and(|count| i64::try_from(self.fields.len()).is_ok_and(|seen| seen >= count));
        if all { Ok(None) } else { Err("its cursor stands still") }
    }
}
