//! `exceptionSummary`.

use async_graphql::{Context, Object};
use chrono::NaiveDate;
use entity::exception;
use sea_orm::{
    ConnectionTrait, FromQueryResult, QueryTrait,
    sea_query::{Expr, Func, SelectStatement},
};

use super::{ExceptionFilter, Standpoint};
use crate::graphql::{
    context::Hub,
    errors::Fault,
    types::{Date, ExceptionStatus, ExceptionSummary, ExceptionTally, SummaryGroup, stored::known},
};

#[derive(Clone, Copy, Debug, Default)]
pub(in crate::graphql::queries) struct ExceptionSummaryQueries;

#[Object]
impl ExceptionSummaryQueries {
    /// How many exceptions there are, by type, severity and organization: the ones that `exceptions` lists for the same
    /// arguments.
    async fn exception_summary(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which exceptions; null is all.")] filter: Option<ExceptionFilter>,
        #[graphql(desc = "As they were at the end of this day; null is as they are now. A day to come is refused.")]
        as_of: Option<Date>,
    ) -> Result<ExceptionSummary, Fault> {
        let seen_from = Standpoint::at(ctx, as_of)?;
        let statement = grouped(seen_from, seen_from.rows(filter.as_ref())?.into_query());
        let found = ctx.reader().query_all(&statement).await?;
        let groups = found.iter().map(|row| read(&Counted::from_query_result(row, "")?));
        Ok(ExceptionSummary { groups: groups.collect::<Result<_, Fault>>()?, day: seen_from.day })
    }
}

#[derive(Debug, FromQueryResult)]
struct Counted {
    type_code: String,
    severity: i16,
    organization_id: Option<i64>,
    open: i64,
    snoozed: i64,
    resolved: i64,
    oldest_open: Option<NaiveDate>,
}

fn grouped(seen_from: Standpoint<'_>, mut rows: SelectStatement) -> SelectStatement {
    use exception::{Column, Entity};
    let count = |wanted| Func::count(Expr::case(seen_from.has_status(wanted), Expr::val(1)));
    let oldest = Expr::case(seen_from.has_status(ExceptionStatus::Open), Expr::col((Entity, Column::DateFound)));
    rows.clear_selects()
        .expr_as(Expr::col((Entity, Column::Type)), "type_code")
        .column((Entity, Column::Severity))
        .column((Entity, Column::OrganizationId))
        .expr_as(count(ExceptionStatus::Open), "open")
        .expr_as(count(ExceptionStatus::Snoozed), "snoozed")
        .expr_as(count(ExceptionStatus::Resolved), "resolved")
        .expr_as(Func::min(oldest), "oldest_open")
        .add_group_by([Column::Type, Column::Severity, Column::OrganizationId].map(|it| Expr::col((Entity, it))))
        .take()
}

fn read(row: &Counted) -> Result<SummaryGroup, Fault> {
    let severity = domain::checks::Severity::from_rank(row.severity);
    Ok(SummaryGroup {
        exception_type: known("exception type", &row.type_code, domain::checks::ExceptionType::from_code)?,
        severity: severity.ok_or_else(|| Fault::corrupt("severity", &row.severity.to_string()))?,
        organization_id: row.organization_id,
        tally: ExceptionTally {
            open: row.open,
            snoozed: row.snoozed,
            resolved: row.resolved,
            oldest_open: row.oldest_open,
        },
    })
}
