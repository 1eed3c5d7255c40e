//! The first step of dropping a day: the proof, its counts, the mark. And what a day that is stored again after that needs.

use chrono::NaiveDate;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, Statement, sea_query::Expr,
};

use domain::retention::Verdict;
use entity::snapshot_day::{Column, Entity};

use crate::inventory::{Inventory, InventoryError};

/// What a dropped day leaves behind in other tables. `$1` is the day. Rows of vendors that never stored it here are not
/// the hub's.
const UNCOUNT: [&str; 2] = [
    "DELETE FROM daily_counts WHERE snapshot_date = $1 AND vendor_id IN \
     (SELECT vendor_id FROM snapshot_day WHERE snapshot_date = $1)",
    "DELETE FROM daily_totals WHERE snapshot_date = $1 AND vendor_id IN \
     (SELECT vendor_id FROM snapshot_day WHERE snapshot_date = $1)",
];

/// Snapshots of a day that are only there because removing them is not finished. `$1` is the day.
const FORGET_LEFT: &str = "DELETE FROM device_snapshot WHERE snapshot_date = $1 AND vendor_id IN \
    (SELECT vendor_id FROM snapshot_day WHERE snapshot_date = $1 AND dropped_at IS NOT NULL)";

impl Inventory {
    /// Marks a day dropped, if it still may go; answers how many snapshots it had, `None` if it stays.
    pub(super) async fn drop_day(&self, date: NaiveDate) -> Result<Option<i64>, InventoryError> {
        let transaction = self.database.begin_storing().await?;
        // Asked again where nobody can store or count meanwhile.
        let verdicts = self.list_verdicts(&*transaction).await?;
        if !verdicts.iter().any(|verdict| verdict.date == date && Verdict::goes(verdict)) {
            return Ok(None);
        }
        for sql in UNCOUNT {
            run(&transaction, sql, date).await?;
        }
        let marked = Entity::update_many()
            .col_expr(Column::DroppedAt, Expr::value(self.now()))
            .filter(Column::SnapshotDate.eq(date))
            .filter(Column::DroppedAt.is_null())
            .exec_with_returning(&*transaction)
            .await?;
        transaction.commit().await?;
        Ok(Some(marked.iter().map(|day| day.device_count).sum()))
    }

    /// Makes room for a day that is about to be stored: its partition on PostgreSQL; and what is left of vendors whose day
    /// of that date was dropped goes, before somebody who is shown the date takes it for stored.
    pub(crate) async fn prepare_day(
        &self,
        transaction: &DatabaseTransaction,
        date: NaiveDate,
    ) -> Result<(), InventoryError> {
        super::partitions::prepare(transaction, date).await?;
        Ok(run(transaction, FORGET_LEFT, date).await?)
    }
}

async fn run(transaction: &DatabaseTransaction, sql: &str, date: NaiveDate) -> Result<(), DbErr> {
    let statement = Statement::from_sql_and_values(transaction.get_database_backend(), sql, [date.into()]);
    transaction.execute_raw(statement).await.map(drop)
}
