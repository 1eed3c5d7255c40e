//! XLSX: typed cells, written to a temporary file row by row, so that memory does not grow with the rows.
//!
//! Texts are text cells, whatever they begin with: no formula and no link is ever written.

use std::io::Write;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Timelike, Utc};
use rust_xlsxwriter::{ColNum, ExcelDateTime, Format, RowNum, Workbook, Worksheet, XlsxError};

use super::{
    cell::Cell,
    pages::Row,
    report::{Kind, Table},
};

/// Units of UTF-16 in one cell.
const LONGEST_TEXT: usize = 32_767;
/// What is told of the rest of a longer text.
const CUT: &str = " [cut here: the CSV has the whole text]";

/// A workbook that is being written.
pub(super) struct ExcelFile {
    workbook: Workbook,
    formats: Formats,
    sheet_rows: u32,
    /// The sheet that is being written.
    sheet: Option<Sheet>,
}

struct Sheet {
    table: &'static Table,
    index: usize,
    /// Which sheet of its table it is, from 1.
    number: u32,
    next_row: RowNum,
}

struct Formats {
    heading: Format,
    date: Format,
    instant: Format,
}

impl ExcelFile {
    /// With as many rows in one sheet at most.
    pub(super) fn new(sheet_rows: u32) -> Self {
        let formats = Formats {
            heading: Format::new().set_bold(),
            date: Format::new().set_num_format("yyyy-mm-dd"),
            instant: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
        };
        Self { workbook: Workbook::new(), formats, sheet_rows, sheet: None }
    }

    /// The rows to come are of this table.
    pub(super) fn start_table(&mut self, table: &'static Table) -> Result<(), XlsxError> {
        self.end_sheet()?;
        self.start_sheet(table, 1)
    }

    /// Writes rows; those for which a sheet has no room go on in a second one.
    pub(super) fn write(&mut self, rows: &[Row]) -> Result<(), XlsxError> {
        for row in rows {
            let full = self.sheet.as_ref().filter(|sheet| sheet.next_row >= self.sheet_rows);
            if let Some((table, number)) = full.map(|sheet| (sheet.table, sheet.number)) {
                self.end_sheet()?;
                self.start_sheet(table, number + 1)?;
            }
            let Some(sheet) = &mut self.sheet else { continue };
            let worksheet = self.workbook.worksheet_from_index(sheet.index)?;
            for (column, cell) in (0..).zip(row) {
                self.formats.write(worksheet, (sheet.next_row, column), cell)?;
            }
            sheet.next_row += 1;
        }
        Ok(())
    }

    /// Puts the whole file together.
    pub(super) fn finish(mut self, mut writer: impl Write + Send) -> Result<(), XlsxError> {
        self.end_sheet()?;
        self.workbook.save_to_writer(&mut writer)?;
        Ok(writer.flush()?)
    }

    fn start_sheet(&mut self, table: &'static Table, number: u32) -> Result<(), XlsxError> {
        let index = self.workbook.worksheets().len();
        let worksheet = self.workbook.add_worksheet_with_constant_memory()?;
        worksheet.set_name(if number == 1 { table.name.to_owned() } else { format!("{} {number}", table.name) })?;
        worksheet.set_freeze_panes(1, 0)?;
        // On paper a row stays on one page, and every page has the headings.
        worksheet.set_landscape().set_print_fit_to_pages(1, 0).set_repeat_rows(0, 0)?;
        for (at, column) in (0..).zip(table.columns) {
            worksheet.set_column_width(at, width(column.kind).max(width_of_heading(column.title)))?;
            worksheet.write_string_with_format(0, at, column.title, &self.formats.heading)?;
        }
        self.sheet = Some(Sheet { table, index, number, next_row: 1 });
        Ok(())
    }

    /// Headings become buttons that filter the rows below.
    fn end_sheet(&mut self) -> Result<(), XlsxError> {
        let Some(sheet) = self.sheet.take() else { return Ok(()) };
        let last = ColNum::try_from(sheet.table.columns.len().saturating_sub(1)).unwrap_or(ColNum::MAX);
        self.workbook.worksheet_from_index(sheet.index)?.autofilter(0, 0, sheet.next_row - 1, last)?;
        Ok(())
    }
}

impl Formats {
    fn write(&self, sheet: &mut Worksheet, (row, column): (RowNum, ColNum), cell: &Cell) -> Result<(), XlsxError> {
        match cell {
            Cell::Empty => {}
            Cell::Text(text) => drop(sheet.write_string(row, column, fitting(text))?),
            Cell::Number(number) => match number.as_f64() {
                Some(number) => drop(sheet.write_number(row, column, number)?),
                None => drop(sheet.write_string(row, column, number.to_string())?),
            },
            Cell::Flag(flag) => drop(sheet.write_boolean(row, column, *flag)?),
            Cell::Date(date) => match excel_date(*date) {
                Some(day) => drop(sheet.write_datetime_with_format(row, column, day, &self.date)?),
                None => drop(sheet.write_string(row, column, date.to_string())?),
            },
            Cell::Instant(instant) => match excel_instant(*instant) {
                Some(time) => drop(sheet.write_datetime_with_format(row, column, time, &self.instant)?),
                None => drop(sheet.write_string(row, column, instant.to_rfc3339())?),
            },
        }
        Ok(())
    }
}

/// A day as Excel counts them; `None` before 1900, for which Excel has no days.
fn excel_date(date: NaiveDate) -> Option<ExcelDateTime> {
    let year = u16::try_from(date.year()).ok().filter(|year| *year >= 1900)?;
    ExcelDateTime::from_ymd(year, u8::try_from(date.month()).ok()?, u8::try_from(date.day()).ok()?).ok()
}

/// In UTC, to the millisecond: Excel knows neither zones nor less.
fn excel_instant(instant: DateTime<Utc>) -> Option<ExcelDateTime> {
    let time: NaiveTime = instant.time();
    let (minute, second) = (u8::try_from(time.minute()).ok()?, u8::try_from(time.second()).ok()?);
    let milli = u16::try_from(time.nanosecond() / 1_000_000 % 1000).ok()?;
    let hour = u16::try_from(time.hour()).ok()?;
    excel_date(instant.date_naive())?.and_hms_milli(hour, minute, second, milli).ok()
}

/// The text, cut where a cell is full.
fn fitting(text: &str) -> String {
    if text.encode_utf16().count() <= LONGEST_TEXT {
        return text.to_owned();
    }
    let mut room = LONGEST_TEXT - CUT.len();
    let fits = |character: &char| match room.checked_sub(character.len_utf16()) {
        Some(left) => {
            room = left;
            true
        }
        None => false,
    };
    let mut kept: String = text.chars().take_while(fits).collect();
    kept.push_str(CUT);
    kept
}

/// Characters that a bold heading needs, with the button of its filter.
fn width_of_heading(title: &str) -> f64 {
    let characters = u16::try_from(title.chars().count()).unwrap_or(u16::MAX);
    f64::from(characters) * 1.1 + 3.0
}

fn width(kind: Kind) -> f64 {
    match kind {
        Kind::Text => 26.0,
        Kind::Number => 12.0,
        Kind::Date => 14.0,
        Kind::Instant => 21.0,
        Kind::Flag => 10.0,
    }
}
