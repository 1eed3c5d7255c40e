//! What exceptions are sorted by.

use async_graphql::{Enum, InputObject};
use chrono::NaiveDate;
use entity::exception;
use sea_orm::{DatabaseBackend, sea_query::Expr};

use super::{Standpoint, status::date_word};
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
    /// The client it concerns, by name as `organizations` sorts them: all of one client together.
    Organization,
    /// Who works on it, by name.
    Assignee,
    /// Open ones, then snoozed ones by the day until which they are, then resolved ones.
    Status,
    /// How long ago it was first found, resolved or not: downward the oldest findings first. Of those that are open this is
    /// the order of `ageDays`.
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
            ExceptionOrderField::DateFound | ExceptionOrderField::Age => SortKey::column(Column::DateFound),
            ExceptionOrderField::Hostname => SortKey::column(Column::Hostname),
            ExceptionOrderField::LastSeen => SortKey::column(Column::LastSeenDate),
            ExceptionOrderField::ResolvedDate => SortKey::column(Column::ResolvedDate),
            ExceptionOrderField::Type => SortKey::column(Column::Type),
            ExceptionOrderField::Severity => SortKey::column(Column::Severity),
            ExceptionOrderField::Organization => SortKey::column(Column::OrganizationName),
            ExceptionOrderField::Assignee => SortKey::column(Column::AssignedTo),
            ExceptionOrderField::Status => by_status(seen_from.backend),
        };
        // Who was found earlier is older: an index has that order, and it is the same on every day.
        let direction = match asked.field {
            ExceptionOrderField::Age => asked.direction.reversed(),
            _ => asked.direction,
        };
        let list = seen_from.as_of.map_or_else(|| "exceptions".to_owned(), |day| format!("exceptions@{day}"));
        Order::by(list, key, Column::Id, direction)
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
