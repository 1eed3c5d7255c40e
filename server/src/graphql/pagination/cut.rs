//! What becomes of the rows that were found: the page itself, and what is known of its surroundings.

use std::sync::Arc;

use super::{
    connection::{Connection, Edge, Fact, PageInfo},
    cursor::{Cursor, Key, KeyKind},
    page::{PageArguments, Window},
};
use crate::graphql::errors::Fault;

/// What is known of rows that cursors keep out of the range; `None` where no cursor bounds it.
pub(super) struct Neighbours {
    pub(super) previous: Option<Fact<bool>>,
    pub(super) next: Option<Fact<bool>>,
}

/// The rows of a page in the list's order.
pub(super) struct Cut<R> {
    rows: Vec<(Cursor, R)>,
    has_previous: Fact<bool>,
    has_next: Fact<bool>,
    total: Fact<i64>,
}

impl<R> Cut<R> {
    /// From up to one row more than the page has, in the order in which they were read.
    pub(super) fn new(mut rows: Vec<(Cursor, R)>, window: Window, neighbours: Neighbours, total: Fact<i64>) -> Self {
        let more = rows.len() > usize::from(window.size);
        rows.truncate(window.size.into());
        if window.backward {
            rows.reverse();
        }
        let beside = |neighbour: Option<Fact<bool>>, read_towards: bool| match neighbour {
            _ if more && read_towards => Fact::Known(true),
            Some(fact) => fact,
            None => Fact::Known(false),
        };
        let has_previous = beside(neighbours.previous, window.backward);
        let has_next = beside(neighbours.next, !window.backward);
        Self { rows, has_previous, has_next, total }
    }

    /// With its cursors for the order of this name.
    pub(super) fn named(self, order: &str) -> Page<R> {
        let (cursors, rows): (Vec<_>, Vec<_>) = self.rows.into_iter().unzip();
        let write = |cursor: &Cursor| cursor.encode(order);
        let (start, end) = (cursors.first().map(write), cursors.last().map(write));
        let info = PageInfo { has_next: self.has_next, has_previous: self.has_previous, start, end };
        Page { rows, cursors, order: order.into(), info, total: self.total }
    }
}

/// A page whose rows are not shown yet.
pub(in crate::graphql) struct Page<R> {
    /// The rows, in the list's order.
    pub(in crate::graphql) rows: Vec<R>,
    cursors: Vec<Cursor>,
    order: Arc<str>,
    info: PageInfo,
    total: Fact<i64>,
}

impl<R> Page<R> {
    /// With the rows as GraphQL objects, as many and in the same order.
    pub(in crate::graphql) fn show<T>(self, show: impl FnOnce(Vec<R>) -> Vec<T>) -> Connection<T> {
        let nodes = self.cursors.into_iter().zip(show(self.rows));
        let edges = nodes.map(|(cursor, node)| Edge { cursor, order: Arc::clone(&self.order), node }).collect();
        Connection { edges, info: self.info, total: self.total }
    }
}

/// What a list in memory is sorted by.
pub(in crate::graphql) trait SliceKey: Ord {
    /// How cursors write it.
    const KIND: KeyKind;

    /// As it is in a cursor.
    fn into_key(self) -> Key;

    /// As it was; `None` for a key of another kind.
    fn of_key(key: Key) -> Option<Self>
    where
        Self: Sized;
}

impl SliceKey for i64 {
    const KIND: KeyKind = KeyKind::Number;

    fn into_key(self) -> Key {
        Key::Number(self)
    }

    fn of_key(key: Key) -> Option<Self> {
        if let Key::Number(number) = key { Some(number) } else { None }
    }
}

impl SliceKey for String {
    const KIND: KeyKind = KeyKind::Text;

    fn into_key(self) -> Key {
        Key::Text(self)
    }

    fn of_key(key: Key) -> Option<Self> {
        if let Key::Text(text) = key { Some(text) } else { None }
    }
}

/// Cuts a page out of a list that is in memory and sorted by this key, which is unique.
pub(in crate::graphql) fn page_of_slice<R: Clone, K: SliceKey>(
    list: &str,
    rows: &[R],
    place: impl Fn(&R) -> (K, i64),
    arguments: &PageArguments,
) -> Result<Page<R>, Fault> {
    let window = arguments.window()?;
    let decode = |text: Option<&String>| {
        let cursor = text.map(|text| Cursor::decode(text, list, (K::KIND, KeyKind::Number), false)).transpose()?;
        Ok::<_, Fault>(cursor.and_then(|cursor| cursor.key.and_then(K::of_key).zip(i64::of_key(cursor.id))))
    };
    let (after, bound) = (decode(arguments.after.as_ref())?, decode(arguments.before.as_ref())?);
    let start = after.map_or(0, |at| rows.partition_point(|row| place(row) <= at));
    let end = bound.map_or(rows.len(), |at| rows.partition_point(|row| place(row) < at)).max(start);
    let found = rows[start..end].iter().map(|row| {
        let (key, id) = place(row);
        (Cursor { key: Some(key.into_key()), id: Key::Number(id) }, row.clone())
    });
    let count = usize::try_from(window.rows_to_read()).unwrap_or(usize::MAX);
    let found = if window.backward { found.rev().take(count).collect() } else { found.take(count).collect() };
    let neighbours = Neighbours { previous: Some(Fact::Known(start > 0)), next: Some(Fact::Known(end < rows.len())) };
    let total = Fact::Known(i64::try_from(rows.len()).unwrap_or(i64::MAX));
    Ok(Cut::new(found, window, neighbours, total).named(list))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Seen {
        rows: Vec<i64>,
        previous: bool,
        next: bool,
        start: Option<String>,
        end: Option<String>,
    }

    fn page(arguments: &PageArguments) -> Seen {
        let rows: Vec<i64> = (1..=5).collect();
        let page = page_of_slice("numbers", &rows, |row| (*row, 0), arguments).unwrap();
        let known = |fact: &Fact<bool>| matches!(fact, Fact::Known(true));
        Seen {
            previous: known(&page.info.has_previous),
            next: known(&page.info.has_next),
            start: page.info.start.clone(),
            end: page.info.end.clone(),
            rows: page.rows,
        }
    }

    #[test]
    fn reading_on_from_the_end_meets_every_row_once() {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let read = page(&PageArguments { first: Some(2), after, ..PageArguments::default() });
            assert_eq!(read.previous, !seen.is_empty());
            seen.extend(read.rows);
            after = read.end;
            if !read.next {
                break;
            }
        }
        assert_eq!(seen, [1, 2, 3, 4, 5]);
    }

    #[test]
    fn reading_back_from_the_start_meets_every_row_once_in_the_same_order() {
        let (mut seen, mut before) = (Vec::new(), None);
        loop {
            let mut read = page(&PageArguments { last: Some(2), before, ..PageArguments::default() });
            assert_eq!(read.next, !seen.is_empty());
            read.rows.append(&mut seen);
            seen = read.rows;
            before = read.start;
            if !read.previous {
                break;
            }
        }
        assert_eq!(seen, [1, 2, 3, 4, 5]);
    }

    #[test]
    fn a_range_between_two_cursors_leaves_both_out() {
        let all = page(&PageArguments::default());
        assert_eq!((all.previous, all.next), (false, false));
        let read = page(&PageArguments { after: all.start, before: all.end, ..PageArguments::default() });
        assert_eq!(read.rows, [2, 3, 4]);
        assert_eq!((read.previous, read.next), (true, true));
    }

    #[test]
    fn crossed_cursors_give_an_empty_page() {
        let all = page(&PageArguments::default());
        let read = page(&PageArguments { after: all.end, before: all.start, ..PageArguments::default() });
        assert_eq!(read.rows, [] as [i64; 0]);
    }
}
