//! Fetching exported files, and reading them back as a spreadsheet would.

use std::{collections::BTreeMap, io::Cursor};

use calamine::{Data, Reader, Xlsx};
use reqwest::{Method, header::HeaderMap};
use serde_json::Value;

use crate::{GraphqlClient, http_client};

/// An exported file, or the refusal of one.
#[derive(Clone, Debug)]
pub struct Download {
    /// HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub bytes: Vec<u8>,
}

/// A line of a file: the values as shown, by heading.
pub type Line = BTreeMap<String, String>;

impl GraphqlClient {
    /// Fetches `/export/{file}`. The error says that the body broke off.
    pub async fn download(&self, file: &str, parameters: &[(&str, &str)]) -> Result<Download, reqwest::Error> {
        self.send_for(Method::GET, file, parameters).await
    }

    /// The same by any method.
    pub async fn send_for(
        &self,
        method: Method,
        file: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Download, reqwest::Error> {
        let address = format!("{}/export/{file}", self.url.trim_end_matches("/graphql"));
        let response = http_client().request(method, address).query(parameters).send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Download { status, headers, bytes: response.bytes().await?.to_vec() })
    }

    /// The lines of a CSV.
    pub async fn csv(&self, name: &str, parameters: &[(&str, &str)]) -> Vec<Line> {
        comma_lines(&self.file(&format!("{name}.csv"), parameters).await)
    }

    /// The lines of an XLSX's sheets, by their names.
    pub async fn xlsx(&self, name: &str, parameters: &[(&str, &str)]) -> Vec<(String, Vec<Line>)> {
        excel_sheets(&self.file(&format!("{name}.xlsx"), parameters).await)
    }

    async fn file(&self, file: &str, parameters: &[(&str, &str)]) -> Vec<u8> {
        let download = self.download(file, parameters).await;
        let download = download.unwrap_or_else(|error| panic!("{file} {parameters:?}: {error}"));
        assert_eq!(download.status, 200, "{file} {parameters:?}: {}", download.text());
        download.bytes
    }
}

impl Download {
    /// A header's text; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The first error of a refusal; panics, showing the body, when there is none.
    #[track_caller]
    pub fn error(&self) -> Value {
        let body: Option<Value> = serde_json::from_slice(&self.bytes).ok();
        let error = body.as_ref().map(|body| body["errors"][0].clone()).filter(Value::is_object);
        error.unwrap_or_else(|| panic!("no error: {}", self.text()))
    }
}

/// The lines of a CSV file. It begins with a byte order mark, as Excel wants it.
#[track_caller]
pub fn comma_lines(bytes: &[u8]) -> Vec<Line> {
    let text = std::str::from_utf8(bytes).unwrap_or_else(|error| panic!("no UTF-8: {error}"));
    let Some(text) = text.strip_prefix('\u{feff}') else { panic!("no byte order mark: {text}") };
    let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
    let read = |record: Result<csv::StringRecord, csv::Error>| match record {
        Ok(record) => record.iter().map(str::to_owned).collect(),
        Err(error) => panic!("no CSV: {error}"),
    };
    let headings: Vec<String> = read(reader.headers().cloned());
    reader.into_records().map(read).map(|values: Vec<String>| line(&headings, values)).collect()
}

/// The sheets of an XLSX file. Days and instants are shown as GraphQL does, whole numbers without a point.
#[track_caller]
pub fn excel_sheets(bytes: &[u8]) -> Vec<(String, Vec<Line>)> {
    let mut workbook: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes))
        .unwrap_or_else(|error: calamine::XlsxError| panic!("no XLSX: {error}"));
    let names = workbook.sheet_names();
    names.into_iter().map(|name| (name.clone(), lines_of(&mut workbook, &name))).collect()
}

fn lines_of(workbook: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> Vec<Line> {
    let formulas = workbook.worksheet_formula(name);
    assert!(formulas.is_ok_and(|formulas| formulas.used_cells().count() == 0), "{name} has formulas");
    let range = workbook.worksheet_range(name).unwrap_or_else(|error| panic!("no sheet {name}: {error}"));
    let mut rows = range.rows().map(|row| row.iter().map(shown).collect::<Vec<_>>());
    let headings = rows.next().unwrap_or_default();
    rows.map(|values| line(&headings, values)).collect()
}

fn line(headings: &[String], values: Vec<String>) -> Line {
    assert_eq!(headings.len(), values.len(), "{values:?}");
    headings.iter().cloned().zip(values).collect()
}

fn shown(cell: &Data) -> String {
    match cell {
        Data::Empty => String::new(),
        Data::String(text) => text.clone(),
        Data::Float(number) => number.to_string(),
        Data::Bool(flag) => flag.to_string(),
        Data::DateTime(instant) if instant.as_f64().fract() == 0.0 => {
            let (year, month, day, ..) = instant.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
        Data::DateTime(instant) => {
            let (year, month, day, hour, minute, second, _) = instant.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
        }
        other => panic!("a cell of a kind that is never written: {other:?}"),
    }
}
