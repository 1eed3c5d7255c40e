//! Days that were stored without nights: copies of a day that was collected, by a few statements each.
//!
//! For what needs many stored days and not many collections. On every copied day another seventh of the devices is missing,
//! so that no two days in a row have the same counts.

use chrono::{Datelike, NaiveDate};
use entity::device_snapshot::Column;
use sea_orm::{ConnectionTrait, DatabaseBackend, DatabaseConnection, DbErr, IdenStatic, Iterable};

/// A stored day, and which vendors' rows of it are copied.
#[derive(Clone, Copy, Debug)]
pub struct CopiedDay {
    /// The day that was collected.
    pub source: NaiveDate,
    /// The vendor's row; `None` copies all vendors'.
    pub vendor_id: Option<i64>,
}

impl CopiedDay {
    /// Stores copies on these days, as the hub would have: snapshots, counts, and that the day is complete. What changed
    /// from day to day is not told.
    pub async fn store_on(
        self,
        writer: &DatabaseConnection,
        days: impl IntoIterator<Item = NaiveDate>,
    ) -> Result<(), DbErr> {
        for date in days {
            for statement in self.statements(writer.get_database_backend(), date) {
                writer.execute_unprepared(&statement).await?;
            }
        }
        Ok(())
    }

    fn statements(self, backend: DatabaseBackend, date: NaiveDate) -> Vec<String> {
        let (source, next) = (self.source, date + chrono::Days::new(1));
        let columns = Column::iter().filter(|column| !matches!(column, Column::Id | Column::SnapshotDate));
        let columns = columns.map(|column| column.as_str().to_owned()).collect::<Vec<_>>().join(", ");
        let vendor = self.vendor_id.map(|id| format!(" AND vendor_id = {id}")).unwrap_or_default();
        let missing = date.num_days_from_ce() % 7;
        let mut statements = Vec::new();
        if backend == DatabaseBackend::Postgres {
            statements.push(format!(
                "CREATE TABLE IF NOT EXISTS device_snapshot_{} PARTITION OF device_snapshot \
                 FOR VALUES FROM ('{date}') TO ('{next}')",
                date.format("%Y%m%d")
            ));
        }
        let counted = "vendor_id, site_id, device_type_id, billing_status_id, location_name, spare_reason";
        let totalled = "vendor_id, device_type_id, billing_status_id, spare_reason";
        statements.extend([
            format!(
                "INSERT INTO device_snapshot (snapshot_date, {columns}) SELECT '{date}', {columns} FROM device_snapshot \
                 WHERE snapshot_date = '{source}' AND device_identity_id % 7 <> {missing}{vendor}"
            ),
            format!(
                "INSERT INTO snapshot_day (snapshot_date, vendor_id, collection_id, device_count, collected_at) \
                 SELECT '{date}', vendor_id, collection_id, (SELECT COUNT(*) FROM device_snapshot s \
                 WHERE s.snapshot_date = '{date}' AND s.vendor_id = snapshot_day.vendor_id), collected_at \
                 FROM snapshot_day WHERE snapshot_date = '{source}'{vendor}"
            ),
            format!(
                "INSERT INTO daily_counts (snapshot_date, {counted}, cnt) SELECT '{date}', {counted}, COUNT(*) \
                 FROM device_snapshot WHERE snapshot_date = '{date}'{vendor} GROUP BY {counted}"
            ),
            format!(
                "INSERT INTO daily_totals (snapshot_date, {totalled}, cnt) SELECT '{date}', {totalled}, SUM(cnt) \
                 FROM daily_counts WHERE snapshot_date = '{date}'{vendor} GROUP BY {totalled}"
            ),
        ]);
        statements
    }
}
