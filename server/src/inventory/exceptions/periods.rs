//! When exceptions were open: the trend and the exceptions as of a date are counted from periods.

use chrono::{DateTime, NaiveDate, Utc};
use domain::exception_life::Resolution;
use entity::exception_period;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait},
};

use crate::inventory::bulk;

/// How a period ends.
#[derive(Clone, Debug)]
pub(super) struct Closing {
    pub(super) on: NaiveDate,
    pub(super) at: DateTime<Utc>,
    pub(super) resolution: Resolution,
    pub(super) actor: String,
    pub(super) accepted_until: Option<NaiveDate>,
    pub(super) note: Option<String>,
}

/// Begins a period for each of these exceptions, on its day.
pub(super) async fn open_periods(
    transaction: &DatabaseTransaction,
    opened: impl IntoIterator<Item = (i64, NaiveDate)>,
    at: DateTime<Utc>,
) -> Result<(), DbErr> {
    let rows = opened.into_iter().map(|(exception_id, on)| exception_period::ActiveModel {
        id: NotSet,
        exception_id: Set(exception_id),
        opened_on: Set(on),
        opened_at: Set(at),
        closed_on: Set(None),
        closed_at: Set(None),
        resolution: Set(None),
        resolved_by: Set(None),
        accepted_until: Set(None),
        note: Set(None),
    });
    bulk::insert(transaction, rows.collect(), None).await.map(drop)
}

/// Ends the open periods of these exceptions; never before they began.
pub(super) async fn close_periods(
    transaction: &DatabaseTransaction,
    exceptions: &[i64],
    closing: &Closing,
) -> Result<(), DbErr> {
    use exception_period::{Column, Entity};
    for chunk in exceptions.chunks(bulk::KEYS_PER_STATEMENT) {
        let not_before =
            Expr::case(ExprTrait::gt(Expr::col(Column::OpenedOn), closing.on), Expr::col(Column::OpenedOn));
        Entity::update_many()
            .col_expr(Column::ClosedOn, not_before.finally(closing.on).into())
            .col_expr(Column::ClosedAt, Expr::value(closing.at))
            .col_expr(Column::Resolution, Expr::value(closing.resolution.code()))
            .col_expr(Column::ResolvedBy, Expr::value(closing.actor.as_str()))
            .col_expr(Column::AcceptedUntil, Expr::value(closing.accepted_until))
            .col_expr(Column::Note, Expr::value(closing.note.clone()))
            .filter(Column::ClosedOn.is_null())
            .filter(Column::ExceptionId.is_in(chunk.iter().copied()))
            .exec(transaction)
            .await?;
    }
    Ok(())
}
