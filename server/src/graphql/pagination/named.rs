//! Cutting pages out of lists of names that are in memory.

use std::cmp::Ordering;

use super::{
    connection::Fact,
    cursor::{Cursor, Key, KeyKind},
    cut::{Cut, Neighbours, Page},
    page::PageArguments,
};
use crate::graphql::errors::Fault;

/// A row's place: its name and a number that makes it unique. Rows without a name are the last ones.
pub(in crate::graphql) type Place<'a> = (Option<&'a str>, i64);

/// Cuts a page out of a list that is sorted by these places.
pub(in crate::graphql) fn page_of_named<R: Clone>(
    list: &str,
    rows: &[R],
    place: impl Fn(&R) -> Place<'_>,
    arguments: &PageArguments,
) -> Result<Page<R>, Fault> {
    let window = arguments.window()?;
    let decode = |text: Option<&String>| {
        text.map(|text| Cursor::decode(text, list, (KeyKind::Text, KeyKind::Number), true)).transpose()
    };
    let (after, before) = (decode(arguments.after.as_ref())?, decode(arguments.before.as_ref())?);
    let start = after.map_or(0, |at| rows.partition_point(|row| compare(place(row), &at).is_le()));
    let end = before.map_or(rows.len(), |at| rows.partition_point(|row| compare(place(row), &at).is_lt())).max(start);
    let found = rows[start..end].iter().map(|row| {
        let (name, id) = place(row);
        (Cursor { key: name.map(|name| Key::Text(name.to_owned())), id: Key::Number(id) }, row.clone())
    });
    let count = usize::try_from(window.rows_to_read()).unwrap_or(usize::MAX);
    let found = if window.backward { found.rev().take(count).collect() } else { found.take(count).collect() };
    let neighbours = Neighbours { previous: Some(Fact::Known(start > 0)), next: Some(Fact::Known(end < rows.len())) };
    let total = Fact::Known(i64::try_from(rows.len()).unwrap_or(i64::MAX));
    Ok(Cut::new(found, window, neighbours, total).named(list))
}

fn compare((name, id): Place<'_>, cursor: &Cursor) -> Ordering {
    let bound = match &cursor.key {
        Some(Key::Text(name)) => Some(name.as_str()),
        _ => None,
    };
    let Key::Number(bound_id) = cursor.id else { return Ordering::Less };
    (name.is_none(), name, id).cmp(&(bound.is_none(), bound, bound_id))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Row = (Option<&'static str>, i64);

    const ROWS: [Row; 5] = [(Some("a"), 9), (Some("b"), 1), (Some("b"), 2), (None, 3), (None, i64::MAX)];

    fn page(arguments: &PageArguments) -> (Vec<Row>, Option<String>, Option<String>) {
        let page = page_of_named("names", &ROWS, |row| *row, arguments).unwrap();
        let edges = page.show(|rows| rows);
        let rows = edges.edges.iter().map(|edge| edge.node).collect();
        (rows, edges.info.start.clone(), edges.info.end)
    }

    #[test]
    fn reading_on_and_back_meets_every_row_once() {
        let (mut forward, mut after) = (Vec::new(), None);
        while forward.len() < ROWS.len() {
            let (rows, _, end) = page(&PageArguments { first: Some(2), after, ..PageArguments::default() });
            assert!(!rows.is_empty());
            forward.extend(rows);
            after = end;
        }
        assert_eq!(forward, ROWS);
        let (mut backward, mut before) = (Vec::new(), None);
        while backward.len() < ROWS.len() {
            let (mut rows, start, _) = page(&PageArguments { last: Some(2), before, ..PageArguments::default() });
            assert!(!rows.is_empty());
            rows.append(&mut backward);
            backward = rows;
            before = start;
        }
        assert_eq!(backward, ROWS);
    }

    #[test]
    fn a_cursor_of_another_list_is_refused() {
        let (_, _, end) = page(&PageArguments::default());
        let arguments = PageArguments { after: end, ..PageArguments::default() };
        assert!(matches!(page_of_named("others", &ROWS, |row| *row, &arguments), Err(Fault::BadCursor(_))));
    }
}
