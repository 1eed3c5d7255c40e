//! Server-side cursors of the reports. The position lives here, so a page that is asked for twice has already moved.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::time::Instant;

use super::reports::Report;
use crate::switches::{CursorName, NinjaSwitches};

/// One row of a report: a device and which of its rows.
pub(crate) type Place = (i64, usize);

/// Where a report stands.
#[derive(Debug, Clone)]
pub(crate) struct Cursor {
    pub(crate) report: Report,
    pub(crate) places: Arc<Vec<Place>>,
    pub(crate) offset: usize,
    expires: Instant,
}

/// What a cursor name leads to.
#[derive(Debug)]
pub(crate) enum Found {
    Open(Cursor),
    Expired,
    Unknown,
}

/// All open cursors; the oldest go when there are too many.
#[derive(Debug, Default)]
pub(crate) struct Cursors {
    open: HashMap<String, Cursor>,
    names: Vec<String>,
    made: u64,
}

const MOST: usize = 256;

impl Cursors {
    pub(crate) fn find(&self, name: &str) -> Found {
        match self.open.get(name) {
            Some(cursor) if cursor.expires > Instant::now() => Found::Open(cursor.clone()),
            Some(_) => Found::Expired,
            None => Found::Unknown,
        }
    }

    /// Opens a report at its beginning.
    pub(crate) fn begin(report: Report, places: Vec<Place>, switches: &NinjaSwitches) -> Cursor {
        Cursor { report, places: Arc::new(places), offset: 0, expires: Instant::now() + switches.cursor_ttl }
    }

    /// Keeps the cursor at its new position and says under which name. A constant name stays what it was.
    pub(crate) fn keep(&mut self, cursor: Cursor, name: Option<&str>, how: CursorName) -> String {
        let name = match (name, how) {
            (Some(name), CursorName::Constant) => name.to_owned(),
            (old, _) => {
                if let Some(old) = old {
                    self.close(old);
                }
                self.fresh()
            }
        };
        self.open.insert(name.clone(), cursor);
        name
    }

    /// Ends a cursor that has told everything.
    pub(crate) fn close(&mut self, name: &str) {
        self.open.remove(name);
        self.names.retain(|one| one != name);
    }

    fn fresh(&mut self) -> String {
        self.made += 1;
        let name = format!("c1f0a9d2-0000-4000-8000-{:012x}", self.made);
        self.names.push(name.clone());
        if self.names.len() > MOST {
            let oldest = self.names.remove(0);
            self.open.remove(&oldest);
        }
        name
    }
}
