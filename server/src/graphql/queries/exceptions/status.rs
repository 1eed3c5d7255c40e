//! Open, snoozed, resolved: said once in SQL and once for a row that was read.

use chrono::NaiveDate;
use entity::{exception, exception_period};
use sea_orm::{
    ColumnTrait, Condition,
    sea_query::{Expr, ExprTrait, Query},
};

use super::Standpoint;
use crate::graphql::types::ExceptionStatus;

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
    pub(super) fn has_status(self, status: ExceptionStatus) -> Condition {
        use exception::Column::{Resolved, SnoozedUntil};
        let snoozed = SnoozedUntil.is_not_null().and(SnoozedUntil.gte(self.day));
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
                    .cond_where(still_open(day))
                    .take(),
            ),
        }
    }
}

/// A period that had not ended by the end of the day.
pub(super) fn still_open(day: NaiveDate) -> Condition {
    use exception_period::Column::ClosedOn;
    Condition::any().add(ClosedOn.is_null()).add(ClosedOn.gt(day))
}
