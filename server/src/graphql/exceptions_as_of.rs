//! Exceptions as they were at the end of a day, out of the periods in which they were open.
//!
//! The past takes the place and the columns of table `exceptions` in a statement, so that filters, orders and fields
//! are written once. What is not kept about the past is null (who worked on it, until when it was snoozed) or today's
//! (details, host name, organization, severity, version).

use chrono::NaiveDate;
use entity::exception::{Column, Entity};
use sea_orm::{
    EntityName, EntityTrait, IdenStatic, Iterable, JoinType, QuerySelect, Select,
    sea_query::{Expr, Query, SelectStatement},
};

/// The exceptions there are, as they are now or as they were at the end of a day.
pub(super) fn exceptions(as_of: Option<NaiveDate>) -> Select<Entity> {
    let mut rows = Entity::find();
    if let Some(day) = as_of {
        QuerySelect::query(&mut rows).from_clear().from_subquery(at_the_end_of(day), Entity.table_name());
    }
    rows
}

/// Each exception known on that day with its last period that had begun.
fn at_the_end_of(day: NaiveDate) -> SelectStatement {
    let last_begun = format!(
        "period.id = (SELECT known.id FROM exception_period AS known WHERE known.exception_id = was.id \
         AND known.opened_on <= '{day}' ORDER BY known.opened_on DESC, known.id DESC LIMIT 1)"
    );
    let mut statement = Query::select();
    for column in Column::iter() {
        statement.expr_as(Expr::cust(value_of(column, day)), column.as_str());
    }
    statement
        .from_as(Entity.table_name(), "was")
        .join_as(JoinType::InnerJoin, "exception_period", "period", Expr::cust(last_begun))
        // Nothing was open before it was found: said once more in a way that an index can use.
        .and_where(Expr::cust(format!("was.date_found <= '{day}'")))
        .take()
}

/// A column at the end of the day, in SQL of both databases. A day is written by us, so it needs no binding.
fn value_of(column: Column, day: NaiveDate) -> String {
    let closed = format!("(period.closed_on IS NOT NULL AND period.closed_on <= '{day}')");
    let when_closed = |value: &str| format!("CASE WHEN {closed} THEN period.{value} END");
    match column {
        Column::Resolved => closed,
        Column::ResolvedDate => when_closed("closed_on"),
        Column::ResolvedAt => when_closed("closed_at"),
        Column::ResolvedBy => when_closed("resolved_by"),
        Column::Resolution => when_closed("resolution"),
        Column::AcceptedUntil => when_closed("accepted_until"),
        // What a check closed keeps the note of the last person.
        Column::Notes => format!(
            "(SELECT told.note FROM exception_period AS told WHERE told.exception_id = was.id \
             AND told.closed_on <= '{day}' AND told.resolution <> 'VERIFIED' \
             ORDER BY told.closed_on DESC, told.id DESC LIMIT 1)"
        ),
        // A later sighting is not known yet; one that was closed was not seen after that.
        Column::LastSeenDate => format!(
            "CASE WHEN {closed} AND was.last_seen_date > period.closed_on THEN period.closed_on \
             WHEN was.last_seen_date > '{day}' THEN '{day}' ELSE was.last_seen_date END"
        ),
        Column::ReopenedAt => "CASE WHEN EXISTS (SELECT 1 FROM exception_period AS before \
                               WHERE before.exception_id = was.id AND (before.opened_on, before.id) < \
                               (period.opened_on, period.id)) THEN period.opened_at END"
            .to_owned(),
        Column::ReopenedBy => format!(
            "(SELECT told.actor FROM exception_event AS told WHERE told.exception_id = was.id \
             AND told.kind = 'reopened' AND told.happened_on <= '{day}' ORDER BY told.id DESC LIMIT 1)"
        ),
        Column::AssignedTo => "CAST(NULL AS varchar(255))".to_owned(),
        Column::SnoozedUntil => "CAST(NULL AS date)".to_owned(),
        Column::Id
        | Column::DateFound
        | Column::Type
        | Column::Hostname
        | Column::Details
        | Column::DetailsText
        | Column::Fingerprint
        | Column::OrganizationId
        | Column::Severity
        | Column::Version => format!("was.{}", column.as_str()),
    }
}
