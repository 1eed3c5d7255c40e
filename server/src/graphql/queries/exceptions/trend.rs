//! `exceptionTrend`.

use std::collections::HashMap;

use async_graphql::{Context, InputObject, Object};
use chrono::{Datelike, NaiveDate};
use entity::{exception, exception_period};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseBackend, QueryTrait,
    sea_query::{Asterisk, Expr, ExprTrait, Func, Query, SelectStatement},
};

use super::{ExceptionFilter, Standpoint};
use crate::graphql::{
    context::Hub,
    errors::Fault,
    exceptions_as_of::still_open,
    filters::{ExceptionTypeFilter, IdFilter, SeverityFilter},
    types::{Date, ExceptionTrendDay, scalars::count},
};

/// Days of one trend at most: ten years.
const MAX_DAYS: i64 = 3660;

/// Asks about what stays the same over the life of an exception. Fields that are null are not asked; those that are
/// given hold together.
#[derive(Clone, Debug, Default, InputObject)]
pub struct ExceptionTrendFilter {
    /// By the kind of trouble.
    #[graphql(name = "type")]
    exception_type: Option<ExceptionTypeFilter>,
    /// By the client it concerns today.
    organization: Option<IdFilter>,
    /// By how bad it is.
    severity: Option<SeverityFilter>,
}

impl From<ExceptionTrendFilter> for ExceptionFilter {
    fn from(asked: ExceptionTrendFilter) -> Self {
        Self::lasting(asked.exception_type, asked.organization, asked.severity)
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub(in crate::graphql::queries) struct ExceptionTrendQueries;

#[Object]
impl ExceptionTrendQueries {
    /// How many exceptions were opened and closed on each day, and how many were open at its end: every day from `from`
    /// to `to`, the oldest first, days without change included. Days to come are left out.
    #[graphql(complexity = "cost(from, to, child_complexity)")]
    async fn exception_trend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first day.")] from: Date,
        #[graphql(desc = "The last day, not before the first and at most 3,660 days with it.")] to: Date,
        #[graphql(desc = "Which exceptions; null is all.")] filter: Option<ExceptionTrendFilter>,
    ) -> Result<Vec<ExceptionTrendDay>, Fault> {
        require_range(from.0, to.0)?;
        let seen_from = Standpoint::now(ctx.inventory());
        let last = Ord::min(to.0, seen_from.day);
        let filter = filter.map(ExceptionFilter::from);
        let rows = filter.map(|filter| Ok::<_, Fault>(seen_from.rows(Some(&filter))?.into_query())).transpose()?;
        let rows = periods_of(rows, seen_from.backend);
        let mut open = open_before(ctx, &rows, from.0).await?;
        let opened = per_day(ctx, &rows, exception_period::Column::OpenedOn, from.0..=last).await?;
        let closed = per_day(ctx, &rows, exception_period::Column::ClosedOn, from.0..=last).await?;
        let days = from.0.iter_days().take_while(|day| *day <= last);
        Ok(days
            .map(|day| {
                let on = |counts: &HashMap<NaiveDate, i64>| counts.get(&day).copied().unwrap_or_default();
                let (opened, closed) = (on(&opened), on(&closed));
                open += opened - closed;
                let (opened, closed, open_at_end) = (count(opened), count(closed), count(open));
                ExceptionTrendDay { date: day.into(), opened, closed, open_at_end }
            })
            .collect())
    }
}

/// The complexity: a range that will be refused costs what the longest allowed one does.
fn cost(from: Date, to: Date, of_each: usize) -> usize {
    let days = ((to.0 - from.0).num_days() + 1).clamp(1, MAX_DAYS);
    usize::try_from(days).unwrap_or(usize::MAX).saturating_mul(of_each).saturating_add(1)
}

fn require_range(from: NaiveDate, to: NaiveDate) -> Result<(), Fault> {
    let days = (to - from).num_days() + 1;
    if from > to {
        return Err(Fault::BadUserInput(format!("`from` ({from}) must not be after `to` ({to})")));
    }
    let message = || Fault::BadUserInput(format!("a trend of {days} days was asked for, and may have {MAX_DAYS}"));
    if days > MAX_DAYS { Err(message()) } else { Ok(()) }
}

/// How many were open when the day began.
async fn open_before(ctx: &Context<'_>, rows: &SelectStatement, day: NaiveDate) -> Result<i64, Fault> {
    // Nothing was open before year 1, and no database has such a day.
    let Some(yesterday) = day.pred_opt().filter(|day| day.year() > 0) else { return Ok(0) };
    let statement = rows
        .clone()
        .expr(Func::count(Expr::col(Asterisk)))
        .and_where(exception_period::Column::OpenedOn.lte(yesterday))
        .and_where(Expr::cust(still_open("exception_period", yesterday)))
        .take();
    let row = ctx.reader().query_one(&statement).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or_default())
}

/// How many periods began, or ended, on each day of the range; days without any are missing.
async fn per_day(
    ctx: &Context<'_>,
    rows: &SelectStatement,
    column: exception_period::Column,
    range: std::ops::RangeInclusive<NaiveDate>,
) -> Result<HashMap<NaiveDate, i64>, Fault> {
    let day = Expr::col((exception_period::Entity, column));
    let statement = rows
        .clone()
        .expr(day.clone())
        .expr(Func::count(Expr::col(Asterisk)))
        .cond_where(Condition::all().add(day.clone().gte(*range.start())).add(day.clone().lte(*range.end())))
        .add_group_by([day])
        .take();
    let found = ctx.reader().query_all(&statement).await?;
    found.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}

/// The periods of these exceptions, or of all. SQLite is to walk along the days and look into the list of exceptions: the
/// sign says so.
fn periods_of(exceptions: Option<SelectStatement>, backend: DatabaseBackend) -> SelectStatement {
    let mut periods = Query::select().from(exception_period::Entity).take();
    if let Some(mut exceptions) = exceptions {
        let wanted = exceptions.clear_selects().column((exception::Entity, exception::Column::Id)).take();
        let sign = if backend == DatabaseBackend::Postgres { "" } else { "+" };
        periods.and_where(Expr::cust(format!("{sign}exception_period.exception_id")).in_subquery(wanted));
    }
    periods
}
