//! Open, snoozed, resolved, and how old: said once in SQL and once for a row that was read.

use chrono::NaiveDate;
use entity::{exception, exception_event, exception_period};
use sea_orm::{
    ColumnTrait, Condition, DatabaseBackend,
    sea_query::{Expr, ExprTrait, Query},
};

use super::Standpoint;
use crate::graphql::{exceptions_as_of::still_open, types::ExceptionStatus};

/// The status of a row on a day.
pub(in crate::graphql) fn status_of(row: &exception::Model, day: NaiveDate) -> ExceptionStatus {
    match row.snoozed_until {
        _ if row.resolved => ExceptionStatus::Resolved,
        Some(until) if until >= day => ExceptionStatus::Snoozed,
        _ => ExceptionStatus::Open,
    }
}

impl Standpoint<'_> {
    /// Whether a row has this status; true or false for each row, never unknown.
    pub(in crate::graphql) fn has_status(self, status: ExceptionStatus) -> Condition {
        use exception::Column::{Resolved, SnoozedUntil};
        let snoozed = SnoozedUntil.is_not_null().and(SnoozedUntil.gte(self.day));
        let snoozed = Condition::all().add_option(self.was_ever_snoozed()).add(snoozed);
        match status {
            ExceptionStatus::Open => Condition::all().add(self.is_unresolved()).add(snoozed.not()),
            ExceptionStatus::Snoozed => Condition::all().add(self.is_unresolved()).add(snoozed),
            ExceptionStatus::Resolved => Condition::all().add(Resolved.eq(true)),
        }
    }

    /// Of a past day, an index tells the few that were open then; the column is computed row by row. Now it is written as
    /// the indexes of what is unresolved say it.
    fn is_unresolved(self) -> Expr {
        match self.as_of {
            None => Expr::cust("NOT exceptions.resolved"),
            Some(day) => self.id_that_probes().in_subquery(
                Query::select()
                    .column(exception_period::Column::ExceptionId)
                    .from(exception_period::Entity)
                    .and_where(exception_period::Column::OpenedOn.lte(day))
                    .and_where(Expr::cust(still_open("exception_period", day)))
                    .take(),
            ),
        }
    }

    /// Of a past day, an index tells the few for which it is worth looking up until when they were snoozed then.
    fn was_ever_snoozed(self) -> Option<Expr> {
        self.as_of.map(|_| {
            self.id_that_probes().in_subquery(
                Query::select()
                    .column(exception_event::Column::ExceptionId)
                    .from(exception_event::Entity)
                    // The text of index `ix_exception_event_snoozed`.
                    .and_where(Expr::cust("kind = 'snoozed'"))
                    .take(),
            )
        })
    }
}

/// Days from the first finding of a row to its resolution, or to the day from which it is looked at.
pub(in crate::graphql) fn age_days(row: &exception::Model, day: NaiveDate) -> i64 {
    let until = row.resolved_date.filter(|_| row.resolved).unwrap_or(day);
    Ord::max((until - row.date_found).num_days(), 0)
}

/// The same in SQL. It grows every day for what is open and for nothing else, so no index has it.
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
pub(super) fn date_word(backend: DatabaseBackend) -> &'static str {
    if backend == DatabaseBackend::Postgres { "DATE " } else { "" }
}
