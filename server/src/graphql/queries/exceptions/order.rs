//! What exceptions are sorted by.

use async_graphql::{Enum, InputObject};
use chrono::NaiveDate;
use entity::exception;
use sea_orm::{DatabaseBackend, sea_query::Expr};

use super::Standpoint;
use crate::graphql::{
    filters::OrderDirection,
    pagination::{Key, KeyKind, Order, SortKey},
};

/// What exceptions are sorted by. Those that have no such value come last, whichever way the list goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ExceptionOrderField {
    /// The day it was first found.
    DateFound,
    /// The host name.
    Hostname,
    /// The last day on which a check found it.
    LastSeen,
    /// The day it was resolved.
    ResolvedDate,
    /// The kind of trouble, by its name.
    Type,
    /// How bad it is, the least first.
    Severity,
    /// The client it concerns: all of one client together, clients in the order in which they became known.
    Organization,
    /// Who works on it, by name.
    Assignee,
    /// Open ones, then snoozed ones by the day until which they are, then resolved ones.
    Status,
    /// Its age in days, as `ageDays` counts it.
    Age,
}

/// How exceptions are sorted.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct ExceptionOrder {
    /// By what.
    field: ExceptionOrderField,
    /// Which way.
    #[graphql(default)]
    direction: OrderDirection,
}

impl ExceptionOrder {
    pub(super) fn of(asked: Option<Self>, seen_from: &Standpoint<'_>) -> Order<exception::Entity> {
        use exception::Column;
        let asked = asked.unwrap_or(Self { field: ExceptionOrderField::DateFound, direction: OrderDirection::Desc });
        let key = match asked.field {
            ExceptionOrderField::DateFound => SortKey::column(Column::DateFound),
            ExceptionOrderField::Hostname => SortKey::column(Column::Hostname),
            ExceptionOrderField::LastSeen => SortKey::column(Column::LastSeenDate),
            ExceptionOrderField::ResolvedDate => SortKey::column(Column::ResolvedDate),
            ExceptionOrderField::Type => SortKey::column(Column::Type),
            ExceptionOrderField::Severity => SortKey::column(Column::Severity),
            ExceptionOrderField::Organization => SortKey::column(Column::OrganizationId),
            ExceptionOrderField::Assignee => SortKey::column(Column::AssignedTo),
            ExceptionOrderField::Status => by_status(seen_from.backend),
            ExceptionOrderField::Age => by_age(seen_from),
        };
        let list = seen_from.as_of.map_or_else(|| "exceptions".to_owned(), |day| format!("exceptions@{day}"));
        Order::by(list, key, Column::Id, asked.direction)
    }
}

/// The days between which snoozes lie in the order by status.
const OPEN: NaiveDate = NaiveDate::from_ymd_opt(1, 1, 1).expect("a date that exists");
const SNOOZED_LONGEST: NaiveDate = NaiveDate::from_ymd_opt(9999, 12, 30).expect("a date that exists");
const RESOLVED: NaiveDate = NaiveDate::from_ymd_opt(9999, 12, 31).expect("a date that exists");

/// A key that is the same on every day, so that an index has it: a snooze that is over comes before every one that is
/// not. The text is the one of index `ix_exceptions_status`.
fn by_status(backend: DatabaseBackend) -> SortKey<exception::Entity> {
    let date = date_word(backend);
    let sql = format!(
        "(CASE WHEN exceptions.resolved THEN {date}'9999-12-31' \
         WHEN exceptions.snoozed_until IS NULL THEN {date}'0001-01-01' \
         WHEN exceptions.snoozed_until > {date}'9999-12-30' THEN {date}'9999-12-30' \
         ELSE exceptions.snoozed_until END)"
    );
    SortKey::expression("status", Expr::cust(sql), KeyKind::Date, |row: &exception::Model| {
        Key::Date(match row.snoozed_until {
            _ if row.resolved => RESOLVED,
            Some(until) => until.min(SNOOZED_LONGEST),
            None => OPEN,
        })
    })
}

fn by_age(seen_from: &Standpoint<'_>) -> SortKey<exception::Entity> {
    let day = seen_from.day;
    let list = "age";
    SortKey::expression(list, age(seen_from), KeyKind::Number, move |row: &exception::Model| {
        Key::Number((until(row, day) - row.date_found).num_days())
    })
}

/// The last day that counts for the age of an exception.
fn until(row: &exception::Model, day: NaiveDate) -> NaiveDate {
    row.resolved_date.filter(|_| row.resolved).unwrap_or(day)
}

/// Days from the first finding to the resolution, or to the day from which it is looked at. It grows every day for what is
/// open and for nothing else, so no index has it.
pub(super) fn age(seen_from: &Standpoint<'_>) -> Expr {
    let date = date_word(seen_from.backend);
    let until =
        format!("COALESCE(CASE WHEN exceptions.resolved THEN exceptions.resolved_date END, {date}'{}')", seen_from.day);
    Expr::cust(match seen_from.backend {
        DatabaseBackend::Postgres => format!("({until} - exceptions.date_found)"),
        _ => format!("CAST(julianday({until}) - julianday(exceptions.date_found) AS INTEGER)"),
    })
}

/// What makes a text a date in an expression.
fn date_word(backend: DatabaseBackend) -> &'static str {
    if backend == DatabaseBackend::Postgres { "DATE " } else { "" }
}
