//! The record of what was done: orders with their runs, slots and alerts grow by every tick of the clock, and nobody reads old
//! ones. What says how things stand stays, however old: the newest slots of a schedule, the last check.

use chrono::TimeDelta;
use sea_orm::{ConnectionTrait, Statement};

use crate::inventory::{Inventory, InventoryError};

/// For how long the record is kept: a year and the month in which somebody looks back at it.
pub(super) const KEPT: TimeDelta = TimeDelta::days(400);

/// How many portions of each kind one run removes at most; what is left goes with the next.
const PORTIONS: usize = 50;

/// Each removes a portion of what is older than `$1`. The runs and attempts of an order go with it, and so do the messages of
/// an alert.
const OLD: [&str; 3] = [
    "DELETE FROM job_batches WHERE batch_id IN (SELECT batch_id FROM job_batches WHERE ended_at < $1 \
     AND batch_id NOT IN (SELECT slot.batch_id FROM schedule_slot AS slot JOIN (SELECT schedule, MAX(slot_at) AS slot_at \
     FROM schedule_slot WHERE batch_id IS NOT NULL GROUP BY schedule) AS newest \
     ON newest.schedule = slot.schedule AND newest.slot_at = slot.slot_at) \
     AND batch_id NOT IN (SELECT batch_id FROM (SELECT batch_id FROM job_runs WHERE job_name = 'cross-vendor-checks' \
     AND status IN ('completed', 'partial') ORDER BY business_date DESC LIMIT 1) AS checked) \
     ORDER BY ended_at LIMIT 500)",
    "DELETE FROM schedule_slot WHERE (schedule, slot_at) IN (SELECT slot.schedule, slot.slot_at FROM schedule_slot AS slot \
     JOIN (SELECT schedule, COALESCE(MAX(CASE WHEN batch_id IS NOT NULL THEN slot_at END), MAX(slot_at)) AS slot_at \
     FROM schedule_slot GROUP BY schedule) AS newest ON newest.schedule = slot.schedule \
     WHERE slot.slot_at < $1 AND slot.slot_at < newest.slot_at ORDER BY slot.slot_at LIMIT 2000)",
    "DELETE FROM alert WHERE id IN (SELECT id FROM alert WHERE closed_at < $1 ORDER BY id LIMIT 500)",
];

impl Inventory {
    /// Removes the old record, one portion after the other, so that others write in between.
    pub(super) async fn forget_old_records(&self) -> Result<(), InventoryError> {
        let (writer, before) = (self.database.writer(), self.now() - KEPT);
        let mut removed = 0;
        for sql in OLD {
            for _ in 0..PORTIONS {
                let portion = Statement::from_sql_and_values(writer.get_database_backend(), sql, [before.into()]);
                let rows = writer.execute_raw(portion).await?.rows_affected();
                removed += rows;
                if rows == 0 {
                    break;
                }
            }
        }
        if removed > 0 {
            tracing::info!(removed, "old orders, slots and alerts were removed");
        }
        Ok(())
    }
}
