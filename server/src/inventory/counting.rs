//! What a stored day amounts to: its counts, its totals, what changed since the vendor's stored day before, and the log of
//! that. Counted where the rows are, in the transaction that stored them.

use chrono::NaiveDate;
use entity::device_snapshot;
use sea_orm::{ConnectionTrait, DatabaseTransaction, Statement, Value};

use super::{Inventory, InventoryError, change_log::Metric, storing::execute};

/// The vendor's day is counted anew, first by all that is counted by, then without the organizations. `$1` is the date, `$2`
/// the vendor.
const RECOUNT: [&str; 4] = [
    "DELETE FROM daily_counts WHERE snapshot_date = $1 AND vendor_id = $2",
    "INSERT INTO daily_counts (snapshot_date, vendor_id, site_id, device_type_id, billing_status_id, location_name, \
     spare_reason, cnt) SELECT snapshot_date, vendor_id, site_id, device_type_id, billing_status_id, location_name, \
     spare_reason, COUNT(*) FROM device_snapshot WHERE snapshot_date = $1 AND vendor_id = $2 \
     GROUP BY snapshot_date, vendor_id, site_id, device_type_id, billing_status_id, location_name, spare_reason",
    "DELETE FROM daily_totals WHERE snapshot_date = $1 AND vendor_id = $2",
    "INSERT INTO daily_totals (snapshot_date, vendor_id, device_type_id, billing_status_id, spare_reason, cnt) \
     SELECT snapshot_date, vendor_id, device_type_id, billing_status_id, spare_reason, SUM(cnt) FROM daily_counts \
     WHERE snapshot_date = $1 AND vendor_id = $2 \
     GROUP BY snapshot_date, vendor_id, device_type_id, billing_status_id, spare_reason",
];

impl Inventory {
    /// Counts the vendor's day again, from its rows, and tells what changed: on this day, and on the stored day after it,
    /// which is compared with it. Months that are over and have yet to be counted, or that this day stands for, are.
    pub(crate) async fn recount_day(
        &self,
        transaction: &DatabaseTransaction,
        vendor_id: i64,
        date: NaiveDate,
    ) -> Result<(), InventoryError> {
        for sql in RECOUNT {
            execute(transaction, sql, date, vendor_id).await?;
        }
        let days = self.list_compared_days(transaction, vendor_id, date).await?;
        for day in &days {
            self.record_transitions(transaction, vendor_id, day).await?;
            self.log_day(transaction, vendor_id, day, &Metric::ALL).await?;
        }
        self.count_months_after_storing(transaction, vendor_id, date).await
    }
}

/// A device of a vendor's day that was put there by itself.
#[derive(Debug)]
pub(crate) struct Recounted<'a> {
    /// Its row of the day before that; `None` when the day did not have it.
    pub(crate) before: Option<&'a device_snapshot::Model>,
    /// Its row of the day now.
    pub(crate) now: &'a device_snapshot::Model,
}

/// What a device is counted by.
type CountedBy<'a> = (Option<i64>, Option<i64>, Option<i64>, Option<&'a str>, Option<&'a str>);

fn counted_by(row: &device_snapshot::Model) -> CountedBy<'_> {
    let (location, spare_reason) = (row.location_name.as_deref(), row.spare_reason.as_deref());
    (row.site_id, row.device_type_id, row.billing_status_id, location, spare_reason)
}

/// One device more or less (`$1`) in the row of the day (`$2`, `$3`) that counts its like.
const ADD_TO_COUNTS: &str = "UPDATE daily_counts SET cnt = cnt + $1 WHERE snapshot_date = $2 AND vendor_id = $3 \
    AND device_type_id IS NOT DISTINCT FROM $4 AND billing_status_id IS NOT DISTINCT FROM $5 \
    AND spare_reason IS NOT DISTINCT FROM $6 AND site_id IS NOT DISTINCT FROM $7 \
    AND location_name IS NOT DISTINCT FROM $8";
const ADD_TO_TOTALS: &str = "UPDATE daily_totals SET cnt = cnt + $1 WHERE snapshot_date = $2 AND vendor_id = $3 \
    AND device_type_id IS NOT DISTINCT FROM $4 AND billing_status_id IS NOT DISTINCT FROM $5 \
    AND spare_reason IS NOT DISTINCT FROM $6";
const NEW_COUNT: &str = "INSERT INTO daily_counts (cnt, snapshot_date, vendor_id, device_type_id, billing_status_id, \
    spare_reason, site_id, location_name) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const NEW_TOTAL: &str = "INSERT INTO daily_totals (cnt, snapshot_date, vendor_id, device_type_id, billing_status_id, \
    spare_reason) VALUES ($1, $2, $3, $4, $5, $6)";

/// What counts nothing any more is no row, as where a whole day is counted.
const FORGET_NONE: [&str; 2] = [
    "DELETE FROM daily_counts WHERE snapshot_date = $1 AND vendor_id = $2 AND cnt = 0",
    "DELETE FROM daily_totals WHERE snapshot_date = $1 AND vendor_id = $2 AND cnt = 0",
];

impl Inventory {
    /// Brings what the day amounts to in line with one device of it that is another now: the counts of its like, its own
    /// transitions, and the log. The same as counting the whole day again, without reading it.
    pub(crate) async fn recount_one(
        &self,
        transaction: &DatabaseTransaction,
        device: &Recounted<'_>,
    ) -> Result<(), InventoryError> {
        let (vendor_id, date) = (device.now.vendor_id, device.now.snapshot_date);
        let days = self.list_compared_days(transaction, vendor_id, date).await?;
        if days.len() > 1 {
            return self.recount_day(transaction, vendor_id, date).await;
        }
        let is_counted_alike = device.before.map(counted_by) == Some(counted_by(device.now));
        if is_counted_alike && device.before.is_some_and(|row| row.hostname == device.now.hostname) {
            return Ok(());
        }
        if !is_counted_alike {
            if let Some(before) = device.before {
                count_like(transaction, before, -1).await?;
            }
            count_like(transaction, device.now, 1).await?;
            for sql in FORGET_NONE {
                execute(transaction, sql, date, vendor_id).await?;
            }
        }
        for day in &days {
            self.record_transition(transaction, (vendor_id, device.now.device_identity_id), day).await?;
            self.log_day(transaction, vendor_id, day, &Metric::ALL).await?;
        }
        Ok(())
    }
}

async fn count_like(
    transaction: &DatabaseTransaction,
    row: &device_snapshot::Model,
    change: i64,
) -> Result<(), InventoryError> {
    let values: [Value; 8] = [
        change.into(),
        row.snapshot_date.into(),
        row.vendor_id.into(),
        row.device_type_id.into(),
        row.billing_status_id.into(),
        row.spare_reason.clone().into(),
        row.site_id.into(),
        row.location_name.clone().into(),
    ];
    let backend = transaction.get_database_backend();
    for (add, new, bound) in [(ADD_TO_COUNTS, NEW_COUNT, 8), (ADD_TO_TOTALS, NEW_TOTAL, 6)] {
        let run = |sql| Statement::from_sql_and_values(backend, sql, values.iter().take(bound).cloned());
        let touched = transaction.execute_raw(run(add)).await?.rows_affected();
        if touched == 0 && change > 0 {
            transaction.execute_raw(run(new)).await?;
        }
    }
    Ok(())
}
