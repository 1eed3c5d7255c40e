//! The end of a month: the counts of the vendor's last stored day of it, kept for ever.
//!
//! `month_end_day` says which day was counted and how many devices it has. A month is only taken for counted while the
//! counts add up to that number, and that number is what was stored of the day.

use chrono::NaiveDate;
use domain::retention::{MonthEnd, due_month_ends};
use sea_orm::{ConnectionTrait, DatabaseTransaction, FromQueryResult, Statement, Value};

use crate::inventory::{Inventory, InventoryError};

/// A month's counts are made of its day's. `$1` is the vendor, `$2` the month's last day, `$3` the day, `$4` now; not
/// every statement has all.
const COUNT: [(&str, usize); 6] = [
    ("DELETE FROM month_end_counts WHERE vendor_id = $1 AND month_end_date = $2", 2),
    (
        "INSERT INTO month_end_counts (vendor_id, month_end_date, counted_date, site_id, device_type_id, \
         billing_status_id, location_name, spare_reason, cnt) SELECT $1, $2, $3, site_id, device_type_id, \
         billing_status_id, location_name, spare_reason, cnt FROM daily_counts \
         WHERE vendor_id = $1 AND snapshot_date = $3",
        3,
    ),
    ("DELETE FROM month_end_totals WHERE vendor_id = $1 AND month_end_date = $2", 2),
    (
        "INSERT INTO month_end_totals (vendor_id, month_end_date, device_type_id, billing_status_id, spare_reason, cnt) \
         SELECT $1, $2, device_type_id, billing_status_id, spare_reason, cnt FROM daily_totals \
         WHERE vendor_id = $1 AND snapshot_date = $3",
        3,
    ),
    ("DELETE FROM month_end_day WHERE vendor_id = $1 AND month_end_date = $2", 2),
    (
        "INSERT INTO month_end_day (vendor_id, month_end_date, counted_date, device_count, counted_at) \
         SELECT $1, $2, $3, CAST(COALESCE(SUM(cnt), 0) AS bigint), $4 FROM daily_counts \
         WHERE vendor_id = $1 AND snapshot_date = $3",
        4,
    ),
];

/// The months since the oldest kept day whose counts are there and add up to what was stored of the counted day.
const COUNTED: &str = "SELECT m.vendor_id, m.month_end_date, m.counted_date FROM month_end_day m \
    JOIN snapshot_day d ON d.vendor_id = m.vendor_id AND d.snapshot_date = m.counted_date \
    WHERE m.month_end_date >= (SELECT MIN(snapshot_date) FROM snapshot_day WHERE dropped_at IS NULL) \
    AND m.device_count = d.device_count \
    AND m.device_count = (SELECT COALESCE(SUM(c.cnt), 0) FROM month_end_counts c \
    WHERE c.vendor_id = m.vendor_id AND c.month_end_date = m.month_end_date) \
    AND m.device_count = (SELECT COALESCE(SUM(t.cnt), 0) FROM month_end_totals t \
    WHERE t.vendor_id = m.vendor_id AND t.month_end_date = m.month_end_date)";

#[derive(FromQueryResult)]
struct Row {
    vendor_id: i64,
    month_end_date: NaiveDate,
    counted_date: NaiveDate,
}

impl Inventory {
    /// Counts every month that is over and not counted by its last stored day; answers which.
    pub(super) async fn count_month_ends(
        &self,
        transaction: &DatabaseTransaction,
    ) -> Result<Vec<MonthEnd>, InventoryError> {
        let stock = self.load_stock(transaction).await?;
        let due = due_month_ends(&stock.days, &stock.counted, self.today());
        for month in &due {
            self.count_month_end(transaction, month).await?;
        }
        Ok(due)
    }

    /// After a day was stored, once more or for the first time: the end of its month, if that is over, and the months before
    /// it that are still to be counted.
    pub(crate) async fn count_months_after_storing(
        &self,
        transaction: &DatabaseTransaction,
        vendor_id: i64,
        date: NaiveDate,
    ) -> Result<(), InventoryError> {
        let forget = "DELETE FROM month_end_day WHERE vendor_id = $1 AND counted_date = $2";
        let values = [vendor_id.into(), date.into()];
        let statement = Statement::from_sql_and_values(transaction.get_database_backend(), forget, values);
        transaction.execute_raw(statement).await?;
        self.count_month_ends(transaction).await?;
        Ok(())
    }

    async fn count_month_end(&self, transaction: &DatabaseTransaction, month: &MonthEnd) -> Result<(), InventoryError> {
        let vendor_id = self.reference.vendor_id(month.vendor);
        let values: [Value; 4] = [vendor_id.into(), month.month_end.into(), month.counted.into(), self.now().into()];
        for (sql, count) in COUNT {
            let bound = values.iter().take(count).cloned();
            let statement = Statement::from_sql_and_values(transaction.get_database_backend(), sql, bound);
            transaction.execute_raw(statement).await?;
        }
        Ok(())
    }

    /// The month ends that are counted, as far back as days are kept.
    pub(super) async fn list_counted(
        &self,
        connection: &impl ConnectionTrait,
    ) -> Result<Vec<MonthEnd>, InventoryError> {
        let statement = Statement::from_string(connection.get_database_backend(), COUNTED);
        let rows = Row::find_by_statement(statement).all(connection).await?;
        let month = |row: Row| {
            let vendor = self.reference.vendor(row.vendor_id)?;
            Some(MonthEnd { vendor, month_end: row.month_end_date, counted: row.counted_date })
        };
        Ok(rows.into_iter().filter_map(month).collect())
    }
}
