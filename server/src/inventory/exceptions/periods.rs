//! When exceptions were open: the trend and the exceptions as of a date are counted from periods.

use chrono::{DateTime, NaiveDate, Utc};
use domain::exception_life::Resolution;
use entity::{exception, exception_period};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait, Func, OnConflict, Query, SelectStatement},
};

use crate::inventory::bulk;

/// How a period ends; the day is the row's `resolved_date`, so that both tell the same.
#[derive(Clone, Debug)]
pub(super) struct Closing {
    pub(super) at: DateTime<Utc>,
    pub(super) resolution: Resolution,
    pub(super) actor: String,
    pub(super) accepted_until: Option<NaiveDate>,
    pub(super) note: Option<String>,
}

/// Begins a period for each of these exceptions, on its day. One that was resolved by plain SQL since the last check is
/// still open here, and goes on.
pub(super) async fn open_periods(
    transaction: &DatabaseTransaction,
    opened: impl IntoIterator<Item = (i64, NaiveDate)>,
    at: DateTime<Utc>,
) -> Result<(), DbErr> {
    use exception_period::Column;
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
    let is_open = OnConflict::column(Column::ExceptionId)
        .target_and_where(Expr::col(Column::ClosedOn).is_null())
        .do_nothing()
        .to_owned();
    bulk::insert(transaction, rows.collect(), Some(is_open)).await.map(drop)
}

/// Ends the open periods of these exceptions, whose rows are resolved already; never before they began.
pub(super) async fn close_periods(
    transaction: &DatabaseTransaction,
    exceptions: &[i64],
    closing: &Closing,
) -> Result<(), DbErr> {
    use exception_period::{Column, Entity};
    for chunk in exceptions.chunks(bulk::KEYS_PER_STATEMENT) {
        let day = Expr::from(resolved_date());
        let not_before = Expr::case(Expr::col(Column::OpenedOn).gt(day.clone()), Expr::col(Column::OpenedOn));
        Entity::update_many()
            .col_expr(Column::ClosedOn, not_before.finally(day).into())
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

/// Ends the periods of exceptions that were resolved by plain SQL, as the predecessor's users did: on the day that they
/// wrote, else on this one. How is not known then.
pub(crate) async fn close_resolved_elsewhere(
    transaction: &DatabaseTransaction,
    date: NaiveDate,
    at: DateTime<Utc>,
) -> Result<(), DbErr> {
    use exception_period::{Column, Entity};
    let row = || Expr::col((exception::Entity, exception::Column::Id)).equals((Entity, Column::ExceptionId));
    let of_row =
        |column| Query::select().column((exception::Entity, column)).from(exception::Entity).and_where(row()).take();
    let is_resolved = Query::select()
        .expr(Expr::val(1))
        .from(exception::Entity)
        .and_where(row())
        .and_where(Expr::col((exception::Entity, exception::Column::Resolved)).eq(true))
        .take();
    let day = Expr::from(Func::coalesce([of_row(exception::Column::ResolvedDate).into(), Expr::value(date)]));
    let not_before = Expr::case(Expr::col(Column::OpenedOn).gt(day.clone()), Expr::col(Column::OpenedOn));
    Entity::update_many()
        .col_expr(Column::ClosedOn, not_before.finally(day).into())
        .col_expr(Column::ClosedAt, Expr::value(at))
        .col_expr(Column::ResolvedBy, of_row(exception::Column::ResolvedBy).into())
        .filter(Column::ClosedOn.is_null())
        .filter(Expr::exists(is_resolved))
        .exec(transaction)
        .await?;
    Ok(())
}

/// The day on which the exception of a period was resolved.
fn resolved_date() -> SelectStatement {
    use exception::{Column, Entity};
    let same =
        Expr::col((Entity, Column::Id)).equals((exception_period::Entity, exception_period::Column::ExceptionId));
    Query::select().column((Entity, Column::ResolvedDate)).from(Entity).and_where(same).take()
}
