//! What a stored day amounts to: its counts, its totals, what changed since the vendor's stored day before, and the log of
//! that. Counted where the rows are, in the transaction that stored them.

use chrono::NaiveDate;
use sea_orm::DatabaseTransaction;

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
