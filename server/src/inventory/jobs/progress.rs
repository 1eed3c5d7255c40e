//! How far a collector is, counted as it goes.

use std::sync::atomic::{AtomicU64, Ordering};

use collectors::Progress;

/// How far a run is: pages and rows fetched so far, out of how many pages where the vendor says.
#[derive(Debug, Default)]
pub(crate) struct RunProgress {
    pages: AtomicU64,
    of: AtomicU64,
    rows: AtomicU64,
}

impl Progress for RunProgress {
    fn pages(&self, fetched: u64, of: Option<u64>, rows: u64) {
        self.pages.store(fetched, Ordering::Relaxed);
        self.of.store(of.unwrap_or(0), Ordering::Relaxed);
        self.rows.store(rows, Ordering::Relaxed);
    }
}

impl RunProgress {
    /// Percent fetched, at most 90: the rest is storing. Without a total, 10 from the first page on.
    pub(super) fn percent(&self) -> i32 {
        let (pages, of) = (self.pages.load(Ordering::Relaxed), self.of.load(Ordering::Relaxed));
        match (pages, of) {
            (0, _) => 0,
            (_, 0) => 10,
            (pages, of) => i32::try_from((pages * 90 / of).min(90)).unwrap_or(90),
        }
    }

    pub(crate) fn pages_fetched(&self) -> i64 {
        i64::try_from(self.pages.load(Ordering::Relaxed)).unwrap_or(i64::MAX)
    }

    /// The sentence for a run that is still fetching.
    pub(super) fn sentence(&self) -> String {
        format!("{} devices read so far", self.rows.load(Ordering::Relaxed))
    }
}
