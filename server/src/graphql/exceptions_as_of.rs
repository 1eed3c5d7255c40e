//! Exceptions as they were at the end of a day, out of the periods in which they were open and of what happened to them.
//!
//! The past takes the place and the columns of table `exceptions` in a statement, so that filters, orders and fields
//! are written once. What is not kept about the past is today's: details, host name, organization, severity, version.

use chrono::NaiveDate;
use entity::exception::{Column, Entity};
use sea_orm::{
    DatabaseBackend, EntityName, EntityTrait, IdenStatic, Iterable, JoinType, QuerySelect, Select,
    sea_query::{Expr, Query, SelectStatement},
};

use crate::inventory::exceptions::CHECKS_ACTOR;

/// The exceptions there are, as they are now or as they were at the end of a day.
pub(super) fn exceptions(as_of: Option<NaiveDate>, backend: DatabaseBackend) -> Select<Entity> {
    let mut rows = Entity::find();
    if let Some(day) = as_of {
        let past = Past { day, backend };
        QuerySelect::query(&mut rows).from_clear().from_subquery(past.exceptions(), Entity.table_name());
    }
    rows
}

/// Whether a period of `exception_period`, under this name, had not ended by the end of the day: the one definition of
/// being open then.
pub(super) fn still_open(period: &str, day: NaiveDate) -> String {
    format!("({period}.closed_on IS NULL OR {period}.closed_on > '{day}')")
}

/// The end of a day. It is written by us, so it needs no binding.
#[derive(Clone, Copy)]
struct Past {
    day: NaiveDate,
    backend: DatabaseBackend,
}

impl Past {
    /// Each exception known on that day with its last period that had begun.
    fn exceptions(self) -> SelectStatement {
        let day = self.day;
        let last_begun = format!(
            "period.id = (SELECT known.id FROM exception_period AS known WHERE known.exception_id = was.id \
             AND known.opened_on <= '{day}' ORDER BY known.opened_on DESC, known.id DESC LIMIT 1)"
        );
        let mut statement = Query::select();
        for column in Column::iter() {
            statement.expr_as(Expr::cust(self.value_of(column)), column.as_str());
        }
        statement
            .from_as(Entity.table_name(), "was")
            .join_as(JoinType::InnerJoin, "exception_period", "period", Expr::cust(last_begun))
            // Nothing was open before it was found: said once more in a way that an index can use.
            .and_where(Expr::cust(format!("was.date_found <= '{day}'")))
            .take()
    }

    /// A column at the end of the day, in SQL.
    fn value_of(self, column: Column) -> String {
        let day = self.day;
        let closed = format!("(NOT {})", still_open("period", day));
        let when_closed = |value: &str| format!("CASE WHEN {closed} THEN period.{value} END");
        match column {
            Column::Resolved => closed,
            Column::ResolvedDate => when_closed("closed_on"),
            Column::ResolvedAt => when_closed("closed_at"),
            Column::ResolvedBy => when_closed("resolved_by"),
            Column::Resolution => when_closed("resolution"),
            Column::AcceptedUntil => when_closed("accepted_until"),
            // A later sighting is not known yet; one that was closed was not seen after that.
            Column::LastSeenDate => format!(
                "CASE WHEN {closed} AND was.last_seen_date > period.closed_on THEN period.closed_on \
                 WHEN was.last_seen_date > '{day}' THEN '{day}' ELSE was.last_seen_date END"
            ),
            Column::ReopenedAt => "CASE WHEN EXISTS (SELECT 1 FROM exception_period AS before \
                                   WHERE before.exception_id = was.id AND (before.opened_on, before.id) < \
                                   (period.opened_on, period.id)) THEN period.opened_at END"
                .to_owned(),
            Column::ReopenedBy => self.told_last("told.actor", "told.kind = 'reopened'"),
            Column::AssignedTo => self.told_last("told.detail ->> 'to'", "told.kind IN ('assigned', 'unassigned')"),
            Column::SnoozedUntil => self.snoozed_until(),
            // A check says why it reopens; that is no person's note.
            Column::Notes => self.told_last(
                "told.detail ->> 'note'",
                &format!("told.detail ->> 'note' IS NOT NULL AND told.actor <> '{CHECKS_ACTOR}'"),
            ),
            Column::Id
            | Column::DateFound
            | Column::Type
            | Column::Hostname
            | Column::Details
            | Column::DetailsText
            | Column::Fingerprint
            | Column::OrganizationId
            | Column::OrganizationName
            | Column::Severity
            | Column::Vendors
            | Column::Version => format!("was.{}", column.as_str()),
        }
    }

    /// Whatever ends its being open, or opens it, ends its sleep.
    fn snoozed_until(self) -> String {
        let until = match self.backend {
            DatabaseBackend::Postgres => "CAST(told.detail ->> 'to' AS date)",
            _ => "told.detail ->> 'to'",
        };
        self.told_last(
            &format!("CASE WHEN told.kind = 'snoozed' THEN {until} END"),
            "told.kind IN ('snoozed', 'woken', 'resolved', 'reopened', 'verified')",
        )
    }

    /// What the last of these events says that had happened by the end of the day; null where there was none. One of old
    /// has no day: that of its instant stands in.
    fn told_last(self, value: &str, which: &str) -> String {
        let day = self.day;
        let written_on = match self.backend {
            DatabaseBackend::Postgres => "CAST(told.happened_at AT TIME ZONE 'UTC' AS date)",
            _ => "date(told.happened_at)",
        };
        format!(
            "(SELECT {value} FROM exception_event AS told WHERE told.exception_id = was.id AND {which} \
             AND COALESCE(told.happened_on, {written_on}) <= '{day}' ORDER BY told.id DESC LIMIT 1)"
        )
    }
}
