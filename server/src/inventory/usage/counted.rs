//! How many devices each organization had on the first day of a window.
//!
//! A day that is kept was counted. For one whose snapshots were dropped, the next counted day is walked back: what the
//! ledger says came since was not there yet, what went was.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use entity::snapshot_day;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, Statement};

use super::ledger::Span;
use crate::inventory::{Inventory, InventoryError};

/// A day of a vendor whose counts are there, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counted {
    vendor_id: i64,
    date: NaiveDate,
    table: Table,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Table {
    Daily,
    MonthEnd,
}

impl Counted {
    /// A day whose snapshots are kept.
    pub(super) fn kept(vendor_id: i64, date: NaiveDate) -> Self {
        Self { vendor_id, date, table: Table::Daily }
    }

    /// Rows of organization and devices whose sum is what the organizations had on an earlier day, or on this one.
    fn walked_back_to(&self, from: NaiveDate) -> String {
        let Self { vendor_id, date, table } = *self;
        let (table, day) = match table {
            Table::Daily => ("daily_counts", "snapshot_date"),
            Table::MonthEnd => ("month_end_counts", "counted_date"),
        };
        let counts = format!(
            "SELECT s.organization_id, c.cnt AS devices FROM {table} c LEFT JOIN site s ON s.id = c.site_id \
             WHERE c.vendor_id = {vendor_id} AND c.{day} = '{date}'{}",
            // The index of the table begins with the month.
            if self.table == Table::MonthEnd { format!(" AND c.month_end_date >= '{date}'") } else { String::new() }
        );
        if date == from {
            return counts;
        }
        let since = Span { vendor_ids: vec![vendor_id], from, to: date }.holds();
        let part = |site: &str, there: &str, devices: i8| {
            format!(
                "SELECT s.organization_id, {devices} FROM usage_transition t LEFT JOIN site s ON s.id = t.{site} \
                 WHERE {since} AND t.{there}"
            )
        };
        let (went, came) = (part("from_site_id", "was_there", 1), part("to_site_id", "is_there", -1));
        format!("{counts} UNION ALL {went} UNION ALL {came}")
    }
}

#[derive(Debug, FromQueryResult)]
struct Held {
    organization_id: Option<i64>,
    devices: i64,
}

impl Inventory {
    /// The first counted day from this day on; `None` if none is left.
    pub(super) async fn find_counted(
        &self,
        snapshot: &impl ConnectionTrait,
        vendor_id: i64,
        from: NaiveDate,
    ) -> Result<Option<Counted>, InventoryError> {
        use snapshot_day::{Column, Entity};
        let kept = Entity::find().filter(Column::VendorId.eq(vendor_id)).filter(Column::DroppedAt.is_null());
        let kept = kept.filter(Column::SnapshotDate.gte(from)).order_by_asc(Column::SnapshotDate);
        let kept = kept.one(snapshot).await?.map(|day| Counted::kept(vendor_id, day.snapshot_date));
        let sql = format!(
            "SELECT counted_date FROM month_end_counts WHERE vendor_id = {vendor_id} AND month_end_date >= '{from}' \
             AND counted_date >= '{from}' ORDER BY month_end_date LIMIT 1"
        );
        let month = snapshot.query_one_raw(Statement::from_string(snapshot.get_database_backend(), sql)).await?;
        let month = month.map(|row| row.try_get_by_index::<NaiveDate>(0)).transpose()?;
        let month = month.map(|date| Counted { vendor_id, date, table: Table::MonthEnd });
        Ok([kept, month].into_iter().flatten().min_by_key(|counted| counted.date))
    }

    /// How many devices each organization had on a day, of all these vendors together; one statement.
    pub(super) async fn count_held(
        &self,
        snapshot: &impl ConnectionTrait,
        counted: &[Counted],
        from: NaiveDate,
    ) -> Result<BTreeMap<Option<i64>, u64>, InventoryError> {
        let parts: Vec<String> = counted.iter().map(|counted| counted.walked_back_to(from)).collect();
        let sql = format!(
            "SELECT organization_id, CAST(SUM(devices) AS bigint) AS devices FROM ({}) AS held GROUP BY organization_id",
            parts.join(" UNION ALL ")
        );
        let statement = Statement::from_string(snapshot.get_database_backend(), sql);
        let rows = Held::find_by_statement(statement).all(snapshot).await?;
        let read = |row: Held| match u64::try_from(row.devices) {
            Ok(devices) => Ok((row.organization_id, devices)),
            Err(_) => Err(InventoryError::Corrupt(format!(
                "organization {:?} had {} devices on {from}",
                row.organization_id, row.devices
            ))),
        };
        rows.into_iter().map(read).collect()
    }
}
