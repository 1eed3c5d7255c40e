//! Reading ahead, where pages follow each other at one moment: an export.
//!
//! A page of most lists costs what it has, wherever it lies. A page of what is computed anew for each statement costs what
//! the whole list does, so that reading it through would cost the square of it. Here many pages are read at once and handed
//! out one by one. It keeps no more rows than that, and it refuses lists that may change between two pages.

use std::{
    any::Any,
    collections::VecDeque,
    fmt,
    sync::{Mutex, PoisonError},
};

/// Rows that are read at once: some megabytes.
const ROWS: u64 = 50_000;

/// What was read beyond the last page.
#[derive(Default)]
pub(in crate::graphql) struct ReadAhead(Mutex<Option<Left>>);

impl fmt::Debug for ReadAhead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadAhead").finish_non_exhaustive()
    }
}

/// Rows that follow a place of a list.
struct Left {
    list: String,
    /// The cursor of the last row before them.
    after: Option<String>,
    /// A `VecDeque` of the list's rows.
    rows: Box<dyn Any + Send>,
    /// Whether the list ends with them.
    to_the_end: bool,
}

/// A page that is asked for: of which list, from where, how many rows.
pub(super) struct Asked<'a> {
    pub(super) list: String,
    pub(super) after: Option<&'a String>,
    pub(super) wanted: u64,
}

impl ReadAhead {
    /// The rows of a page: those that are left from before, or else those that `read` finds with this limit.
    pub(super) async fn page<M, E>(
        &self,
        asked: &Asked<'_>,
        read: impl AsyncFnOnce(u64) -> Result<Vec<M>, E>,
    ) -> Result<(VecDeque<M>, bool), E>
    where
        M: Send + 'static,
    {
        let wanted = usize::try_from(asked.wanted).unwrap_or(usize::MAX);
        if let Some((rows, to_the_end)) =
            self.take(asked).filter(|(rows, to_the_end)| *to_the_end || rows.len() >= wanted)
        {
            return Ok((rows, to_the_end));
        }
        let limit = ROWS.max(asked.wanted);
        let rows: VecDeque<M> = read(limit).await?.into();
        let to_the_end = (rows.len() as u64) < limit;
        Ok((rows, to_the_end))
    }

    fn take<M: 'static>(&self, asked: &Asked<'_>) -> Option<(VecDeque<M>, bool)> {
        let left = self.0.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        let goes_on = left.list == asked.list && left.after.as_ref() == asked.after;
        let rows = goes_on.then(|| left.rows.downcast().ok()).flatten()?;
        Some((*rows, left.to_the_end))
    }

    /// Keeps what follows a page.
    pub(super) fn keep<M: Send + 'static>(&self, list: String, after: String, (rows, to_the_end): (VecDeque<M>, bool)) {
        let left = Left { list, after: Some(after), rows: Box::new(rows), to_the_end };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(left);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Reads a list of so many numbers through, in pages of 500 and the row that follows each; how often it was asked.
    async fn read_through(length: u64) -> (Vec<u64>, usize) {
        let (ahead, asked_for) = (ReadAhead::default(), AtomicUsize::new(0));
        let (mut seen, mut after): (Vec<u64>, Option<String>) = (Vec::new(), None);
        loop {
            let asked = Asked { list: "numbers".to_owned(), after: after.as_ref(), wanted: 501 };
            let start = seen.len() as u64;
            let read = async |limit: u64| {
                asked_for.fetch_add(1, Ordering::Relaxed);
                Ok::<_, ()>((start..length.min(start + limit)).collect())
            };
            let (mut rows, to_the_end) = ahead.page(&asked, read).await.unwrap();
            let more = rows.len() > 500;
            seen.extend(rows.drain(..rows.len().min(500)));
            let Some(last) = seen.last().filter(|_| more) else { break };
            after = Some(last.to_string());
            ahead.keep("numbers".to_owned(), last.to_string(), (rows, to_the_end));
        }
        (seen, asked_for.into_inner())
    }

    #[tokio::test]
    async fn every_row_is_handed_out_once_and_many_pages_are_read_at_once() {
        for (length, times) in [(0, 1), (1, 1), (500, 1), (501, 1), (49_999, 1), (50_000, 2), (50_001, 2), (120_000, 3)]
        {
            let (seen, asked_for) = read_through(length).await;
            assert_eq!(seen, (0..length).collect::<Vec<_>>(), "{length}");
            assert!(asked_for <= times, "{length}: {asked_for}");
        }
    }

    #[tokio::test]
    async fn rows_of_another_list_or_of_another_place_are_not_handed_out() {
        let ahead = ReadAhead::default();
        for (list, after) in [("other", "5"), ("numbers", "6")] {
            ahead.keep("numbers".to_owned(), "5".to_owned(), (VecDeque::from([6_u64]), true));
            let after = after.to_owned();
            let asked = Asked { list: list.to_owned(), after: Some(&after), wanted: 2 };
            let (rows, _) = ahead.page(&asked, async |_| Ok::<_, ()>(vec![9_u64])).await.unwrap();
            assert_eq!(rows, [9]);
        }
    }
}
