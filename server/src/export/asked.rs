//! What a request asks for: which file, of which rows.

use async_graphql::Variables;
use chrono::NaiveDate;
use serde_json::{Map, Value};

use super::{
    report::{InFileName, Parameter, Reads, Report, Table, Title},
    reports::REPORTS,
};
use crate::http::{ExportRefusal, ExportRequest};

/// The parameter that names one of several tables.
const TABLE: &str = "table";

/// The kind of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    Xlsx,
}

impl Format {
    const ALL: [Self; 2] = [Self::Csv, Self::Xlsx];

    fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// A request that makes sense so far; GraphQL has the last word on its values.
#[derive(Debug)]
pub(super) struct Asked {
    report: &'static Report,
    pub(super) format: Format,
    pub(super) tables: Vec<&'static Table>,
    pub(super) variables: Map<String, Value>,
    /// What the file's name tells: what, then when.
    what: Vec<String>,
    when: Vec<String>,
    /// Of which organization, by its id.
    pub(super) organization_id: Option<String>,
}

impl Asked {
    /// Reads a request. A parameter that nobody knows is refused: a filter that is misspelled would find everything.
    pub(super) fn read(request: &ExportRequest) -> Result<Self, ExportRefusal> {
        let (report, format) = find(&request.file)?;
        let tables = match format {
            Format::Csv => report.tables.iter().take(1).collect(),
            Format::Xlsx => report.tables.iter().collect(),
        };
        let (what, when) = (Vec::new(), Vec::new());
        let mut asked = Self { report, format, tables, variables: Map::new(), what, when, organization_id: None };
        for (number, (name, value)) in request.parameters.iter().enumerate() {
            if request.parameters[..number].iter().any(|(earlier, _)| earlier == name) {
                return Err(refused(format!("the parameter {name} is given twice")));
            }
            asked.take(name, value)?;
        }
        Ok(asked)
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), ExportRefusal> {
        if name == TABLE && self.report.has_choice() {
            // As in a query by URL, an empty value is none.
            if value.is_empty() {
                return Ok(());
            }
            let table = self.report.tables.iter().find(|table| table.name.to_lowercase() == value);
            let names: Vec<_> = self.report.tables.iter().map(|table| table.name.to_lowercase()).collect();
            let unknown = || refused(format!("there is no table `{value}`; there are {}", names.join(", ")));
            self.tables = vec![table.ok_or_else(unknown)?];
            self.what.insert(0, value.to_owned());
            return Ok(());
        }
        let parameter = self.report.parameter(name).ok_or_else(|| refused(unknown(name, self.report)))?;
        if value.is_empty() {
            return Ok(());
        }
        match parameter.in_file_name {
            InFileName::No => {}
            InFileName::What => self.what.push(value.to_owned()),
            InFileName::Organization => self.organization_id = Some(value.to_owned()),
            InFileName::When(before) => self.when.push(format!("{before}{value}")),
        }
        self.variables.insert(name.to_owned(), read(parameter, value)?);
        Ok(())
    }

    /// What the report's title asks for, if it has one.
    pub(super) fn title(&self) -> Option<&'static Title> {
        self.report.title.as_ref()
    }

    /// The name of the organization whose rows it has. One that has no letter of a file's name is told by its id.
    pub(super) fn name_organization(&mut self, name: Option<String>) {
        let is_told = |name: &String| name.contains(|character: char| character.is_ascii_alphanumeric());
        self.what.extend(name.filter(is_told).or_else(|| self.organization_id.clone()));
    }

    /// What the title answered.
    pub(super) fn name_title(&mut self, title: &Title, word: String) {
        match title.tells {
            InFileName::When(before) if self.when.is_empty() => self.when.push(format!("{before}{word}")),
            InFileName::What => self.what.push(word),
            _ => {}
        }
    }

    /// What and when: `inventory-hub-exceptions-2026-11-21.csv`.
    pub(super) fn file_name(&self, today: NaiveDate) -> String {
        let today = self.when.is_empty().then(|| today.to_string());
        let parts = ["inventory-hub", self.report.name].into_iter().chain(self.what.iter().map(String::as_str));
        let parts = parts.chain(self.when.iter().map(String::as_str)).chain(today.as_deref());
        format!("{}.{}", parts.map(plain).collect::<Vec<_>>().join("-"), self.format.ending())
    }
}

/// The variables of one page.
pub(super) fn variables_of_page(asked: &Map<String, Value>, first: u16, after: Option<&str>) -> Variables {
    let mut variables = asked.clone();
    variables.insert("first".to_owned(), first.into());
    variables.insert("after".to_owned(), after.into());
    Variables::from_json(Value::Object(variables))
}

/// The parameters that the file takes and that say something, in their order.
pub(super) fn known(request: &ExportRequest) -> impl Iterator<Item = (&str, &str)> {
    let report = find(&request.file).ok().map(|(report, _)| report);
    let given = request.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    given.filter(move |(name, value)| {
        let takes = |report: &Report| report.parameter(name).is_some() || (*name == TABLE && report.has_choice());
        report.is_some_and(takes) && !value.is_empty()
    })
}

fn find(file: &str) -> Result<(&'static Report, Format), ExportRefusal> {
    let (name, ending) = file.rsplit_once('.').unwrap_or((file, ""));
    let report = REPORTS.into_iter().find(|report| report.name == name);
    let format = Format::ALL.into_iter().find(|format| format.ending() == ending);
    report.zip(format).ok_or_else(|| {
        let names: Vec<_> = REPORTS.iter().map(|report| report.name).collect();
        ExportRefusal::Unknown(format!("exports are {}, each as .csv or .xlsx", names.join(", ")))
    })
}

fn read(parameter: &Parameter, value: &str) -> Result<Value, ExportRefusal> {
    let name = parameter.name;
    match parameter.reads {
        Reads::Word => Ok(Value::String(value.to_owned())),
        Reads::Json => {
            serde_json::from_str(value).map_err(|error| refused(format!("the parameter {name} is not JSON: {error}")))
        }
        Reads::Flag => {
            let flag: Result<bool, _> = value.parse();
            flag.map(Value::Bool).map_err(|_| refused(format!("the parameter {name} must be true or false")))
        }
    }
}

fn unknown(name: &str, report: &Report) -> String {
    let known: Vec<_> = report.parameters.iter().map(|parameter| parameter.name).collect();
    let table = if report.has_choice() { ", table" } else { "" };
    format!("there is no parameter `{name}`; there are {}{table}", known.join(", "))
}

fn refused(message: String) -> ExportRefusal {
    ExportRefusal::Parameters(message)
}

/// Letters, digits and dashes alone, so that no header and no file system minds.
fn plain(part: &str) -> String {
    let kept = part.chars().map(|character| if character.is_ascii_alphanumeric() { character } else { '-' });
    kept.take(60).collect::<String>().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use domain::access::Principal;
    use serde_json::json;

    use super::*;

    fn asked(file: &str, parameters: &[(&str, &str)]) -> Result<Asked, ExportRefusal> {
        let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Asked::read(&ExportRequest {
            file: file.to_owned(),
            parameters,
            wants_body: true,
            principal: Principal::local_operator(),
            known: Vec::new(),
        })
    }

    fn name(file: &str, parameters: &[(&str, &str)]) -> String {
        asked(file, parameters).unwrap().file_name("2026-11-21".parse().unwrap())
    }

    #[test]
    fn a_file_s_name_says_what_and_when() {
        let usage = [("vendor", "NINJA"), ("from", "2026-10-01"), ("to", "2026-11-01")];
        assert_eq!(name("exceptions.csv", &[]), "inventory-hub-exceptions-2026-11-21.csv");
        assert_eq!(name("exceptions.xlsx", &[("asOf", "")]), "inventory-hub-exceptions-2026-11-21.xlsx");
        assert_eq!(
            name("exceptions.xlsx", &[("asOf", "2026-11-01")]),
            "inventory-hub-exceptions-as-of-2026-11-01.xlsx"
        );
        assert_eq!(name("usage-changes.csv", &usage), "inventory-hub-usage-changes-ninja-2026-10-01-to-2026-11-01.csv");
        let none = [usage.as_slice(), &[("table", ""), ("organizationId", "")]].concat();
        assert_eq!(name("usage-changes.csv", &none), name("usage-changes.csv", &usage), "an empty value is none");
        let organizations = [usage.as_slice(), &[("table", "organizations")]].concat();
        assert_eq!(
            name("usage-changes.csv", &organizations),
            "inventory-hub-usage-changes-organizations-ninja-2026-10-01-to-2026-11-01.csv"
        );
    }

    #[test]
    fn a_title_and_an_organization_are_told_where_no_parameter_tells_them() {
        let today = "2026-11-21".parse().unwrap();
        let named = |name: Option<&str>| {
            let mut asked = asked("billing.xlsx", &[("month", "2026-03"), ("organizationId", "b3JnOjE")]).unwrap();
            asked.name_organization(name.map(str::to_owned));
            let title = asked.title().unwrap();
            asked.name_title(title, "CLOSED".to_owned());
            asked.file_name(today)
        };
        assert_eq!(named(Some("Acme & Co.")), "inventory-hub-billing-acme---co--closed-2026-03.xlsx");
        assert_eq!(named(Some("前台")), "inventory-hub-billing-b3jnoje-closed-2026-03.xlsx");
        let mut windows11 = asked("windows11.csv", &[]).unwrap();
        let title = windows11.title().unwrap();
        windows11.name_title(title, "2026-11-19".to_owned());
        assert_eq!(windows11.file_name(today), "inventory-hub-windows11-2026-11-19.csv", "older than today");
        let mut dated = asked("windows11.csv", &[("date", "2026-11-01")]).unwrap();
        dated.name_title(title, "2026-11-01".to_owned());
        assert_eq!(dated.file_name(today), "inventory-hub-windows11-2026-11-01.csv");
    }

    #[test]
    fn a_file_s_name_carries_nothing_that_a_header_or_a_file_system_minds() {
        let name = name("exceptions.csv", &[("asOf", "\"; x=\r\n../é")]);
        assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.'), "{name}");
        assert!(!name.contains(".."));
    }

    #[test]
    fn what_is_not_known_or_not_readable_is_refused_by_name() {
        for (file, parameters, word) in [
            ("exceptions.csv", vec![("fliter", "{}")], "`fliter`"),
            ("exceptions.csv", vec![("filter", "{}"), ("filter", "{}")], "twice"),
            ("exceptions.csv", vec![("filter", "{")], "not JSON"),
            ("exceptions.csv", vec![("table", "exceptions")], "`table`"),
            ("usage-changes.csv", vec![("includeInternal", "yes")], "true or false"),
            ("usage-changes.csv", vec![("table", "nothing")], "changes, organizations"),
        ] {
            let refusal = asked(file, &parameters).unwrap_err();
            let ExportRefusal::Parameters(message) = refusal else { panic!("{refusal:?}") };
            assert!(message.contains(word), "{message}");
        }
        for file in ["", "exceptions", "exceptions.", "exceptions.pdf", "nothing.csv", ".csv", "exceptions.csv.csv"] {
            assert!(matches!(asked(file, &[]), Err(ExportRefusal::Unknown(_))), "{file}");
        }
    }

    #[test]
    fn values_become_variables_and_empty_ones_none() {
        let read = asked("exceptions.csv", &[("filter", r#"{"status":{"eq":"OPEN"}}"#), ("orderBy", "")]).unwrap();
        assert_eq!(Value::Object(read.variables), json!({ "filter": { "status": { "eq": "OPEN" } } }));
        let read = asked("usage-changes.csv", &[("includeInternal", "false"), ("from", "2026-10-01")]).unwrap();
        assert_eq!(Value::Object(read.variables), json!({ "includeInternal": false, "from": "2026-10-01" }));
    }
}
