//! `usage_transition`: what changed from one stored day of a vendor to the next, in presence, organization, type or billing.
//! It outlives the snapshots, so that usage can be told between any two days that were ever stored.

use chrono::NaiveDate;
use entity::snapshot_day;
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, Statement};

use super::{Inventory, InventoryError};

/// A stored day of a vendor and the vendor's stored day before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ComparedDay {
    /// The day.
    pub(crate) date: NaiveDate,
    /// The day before; `None` for the first that was ever stored.
    pub(crate) before: Option<NaiveDate>,
}

const COLUMNS: &str = "(vendor_id, snapshot_date, device_identity_id, hostname, was_there, is_there, from_site_id, \
    to_site_id, from_device_type_id, to_device_type_id, from_billing_status_id, to_billing_status_id)";

/// What came or is different. `$1` is the vendor, `$2` the day, `$3` the day before.
const CHANGED: &str = "SELECT a.vendor_id, a.snapshot_date, a.device_identity_id, a.hostname, b.id IS NOT NULL, TRUE, \
    b.site_id, a.site_id, b.device_type_id, a.device_type_id, b.billing_status_id, a.billing_status_id \
    FROM device_snapshot a LEFT JOIN device_snapshot b ON b.vendor_id = $1 AND b.snapshot_date = $3 \
    AND b.device_identity_id = a.device_identity_id WHERE a.vendor_id = $1 AND a.snapshot_date = $2 \
    AND (b.id IS NULL OR a.site_id IS DISTINCT FROM b.site_id \
    OR a.device_type_id IS DISTINCT FROM b.device_type_id \
    OR a.billing_status_id IS DISTINCT FROM b.billing_status_id)";

/// What is there no more.
const GONE: &str = "SELECT b.vendor_id, $2, b.device_identity_id, b.hostname, TRUE, FALSE, b.site_id, NULL, \
    b.device_type_id, NULL, b.billing_status_id, NULL FROM device_snapshot b \
    WHERE b.vendor_id = $1 AND b.snapshot_date = $3 AND NOT EXISTS (SELECT 1 FROM device_snapshot a \
    WHERE a.vendor_id = $1 AND a.snapshot_date = $2 AND a.device_identity_id = b.device_identity_id)";

impl Inventory {
    /// A stored day and the stored day after it, each with the one that it is compared with.
    pub(crate) async fn list_compared_days(
        &self,
        transaction: &DatabaseTransaction,
        vendor_id: i64,
        date: NaiveDate,
    ) -> Result<Vec<ComparedDay>, InventoryError> {
        use snapshot_day::{Column, Entity};
        let days = || Entity::find().filter(Column::VendorId.eq(vendor_id));
        let before = days().filter(Column::SnapshotDate.lt(date)).order_by_desc(Column::SnapshotDate);
        let after = days().filter(Column::SnapshotDate.gt(date)).order_by_asc(Column::SnapshotDate);
        let before = before.one(transaction).await?.map(|day| day.snapshot_date);
        let after = after.one(transaction).await?.map(|day| day.snapshot_date);
        let next = after.map(|after| ComparedDay { date: after, before: Some(date) });
        Ok([ComparedDay { date, before }].into_iter().chain(next).collect())
    }

    /// Compares a stored day with the one before, from the snapshots of both.
    pub(crate) async fn record_transitions(
        &self,
        transaction: &DatabaseTransaction,
        vendor_id: i64,
        day: &ComparedDay,
    ) -> Result<(), InventoryError> {
        let backend = transaction.get_database_backend();
        let run = |sql: String, values: Vec<sea_orm::Value>| {
            transaction.execute_raw(Statement::from_sql_and_values(backend, sql, values))
        };
        let forget = "DELETE FROM usage_transition WHERE vendor_id = $1 AND snapshot_date = $2".to_owned();
        run(forget, vec![vendor_id.into(), day.date.into()]).await?;
        if let Some(before) = day.before {
            let values = vec![vendor_id.into(), day.date.into(), before.into()];
            run(format!("INSERT INTO usage_transition {COLUMNS} {CHANGED} UNION ALL {GONE}"), values).await?;
        }
        Ok(())
    }

    /// The same for one device, which the day has.
    pub(crate) async fn record_transition(
        &self,
        transaction: &DatabaseTransaction,
        (vendor_id, identity_id): (i64, i64),
        day: &ComparedDay,
    ) -> Result<(), InventoryError> {
        let backend = transaction.get_database_backend();
        let run = |sql: String, values: Vec<sea_orm::Value>| {
            transaction.execute_raw(Statement::from_sql_and_values(backend, sql, values))
        };
        let forget = "DELETE FROM usage_transition WHERE vendor_id = $1 AND snapshot_date = $2 \
                      AND device_identity_id = $3";
        run(forget.to_owned(), vec![vendor_id.into(), day.date.into(), identity_id.into()]).await?;
        if let Some(before) = day.before {
            let values = vec![vendor_id.into(), day.date.into(), before.into(), identity_id.into()];
            run(format!("INSERT INTO usage_transition {COLUMNS} {CHANGED} AND a.device_identity_id = $4"), values)
                .await?;
        }
        Ok(())
    }
}
