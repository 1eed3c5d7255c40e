//! CSV as RFC 4180 writes it, in UTF-8 with the mark by which Excel knows it.

use axum::body::Bytes;
use chrono::SecondsFormat;

use super::{cell::Cell, formula::harmless, pages::Row, report::Table};

/// Without it Excel reads the file in the country's old character set, and `é` becomes two letters.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The mark and the headings.
pub(super) fn head(table: &Table) -> Result<Bytes, csv::Error> {
    let headings = [table.columns.iter().map(|column| column.title.to_owned()).collect::<Vec<_>>()];
    written(BYTE_ORDER_MARK, headings)
}

/// The lines of these rows.
pub(super) fn lines(rows: &[Row]) -> Result<Bytes, csv::Error> {
    written("", rows.iter().map(|row| row.iter().map(shown).collect::<Vec<_>>()))
}

fn written(before: &str, records: impl IntoIterator<Item = Vec<String>>) -> Result<Bytes, csv::Error> {
    let mut lines = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::from(before));
    for record in records {
        lines.write_record(record)?;
    }
    let bytes = lines.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(bytes.into())
}

/// Numbers, days and instants as GraphQL writes them; texts so that no spreadsheet runs them.
fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => harmless(text).into_owned(),
        Cell::Number(number) => number.to_string(),
        Cell::Date(date) => date.to_string(),
        Cell::Instant(instant) => instant.to_rfc3339_opts(SecondsFormat::AutoSi, true),
        Cell::Flag(flag) => flag.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::report::Column;

    fn text(bytes: &Bytes) -> &str {
        std::str::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_file_begins_with_its_mark_and_its_headings() {
        const TABLE: Table = Table {
            name: "",
            document: "",
            rows: "",
            columns: &[Column::text("Host name", "a"), Column::text("Vendors' ids, all", "b")],
        };
        assert_eq!(text(&head(&TABLE).unwrap()), "\u{feff}Host name,\"Vendors' ids, all\"\r\n");
    }

    #[test]
    fn every_kind_of_cell_is_written_as_graphql_does_and_quoted_where_needed() {
        let word = |text: &str| Cell::Text(text.to_owned());
        let row = vec![
            word("a,\"b\"\r\nc 😀"),
            word("=1"),
            Cell::Empty,
            Cell::Number((-5).into()),
            Cell::Date("2026-03-01".parse().unwrap()),
            Cell::Instant("2026-03-01T08:10:00.123456Z".parse().unwrap()),
            Cell::Flag(true),
        ];
        let expected = "\"a,\"\"b\"\"\r\nc 😀\",'=1,,-5,2026-03-01,2026-03-01T08:10:00.123456Z,true\r\n";
        assert_eq!(text(&lines(&[row]).unwrap()), expected);
    }
}
