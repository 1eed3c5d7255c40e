//! Writing a day: one transaction, so that readers see the old day or the whole new one, never a hole (rules section 4).

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    collection::{Collection, SetAside, SetAsideReason},
    observation::Observation,
};
use entity::{collection, device_identity, device_payload, device_snapshot, set_aside_record, snapshot_day};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, Statement,
    sea_query::{Expr, OnConflict},
};

use super::{Inventory, InventoryError, bulk, database::refresh_statistics, observed, observed::DayContext};

/// Rows in memory at once: a whole fleet as rows would double what a collection costs.
const ROWS_BUILT_AT_ONCE: usize = 500;

/// When and for which day a collection ran.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) date: NaiveDate,
    pub(crate) started_at: DateTime<Utc>,
    pub(crate) ended_at: DateTime<Utc>,
}

/// A row of `collection` to be: what came of a run.
#[derive(Clone, Debug)]
pub(crate) struct Record<'a> {
    pub(crate) outcome: &'static str,
    pub(crate) reasons: &'a [String],
    pub(crate) span: Span,
}

impl Inventory {
    /// Replaces the vendor's day by a complete collection.
    pub(crate) async fn store_day(
        &self,
        transaction: &DatabaseTransaction,
        collected: &Collection,
        collection_id: i64,
        span: Span,
    ) -> Result<(), InventoryError> {
        let vendor_id = self.reference.vendor_id(collected.vendor);
        let sites = self.upsert_sites(transaction, collected).await?.ids;
        let identities = self.upsert_identities(transaction, &collected.observations, span.date).await?;
        self.prepare_day(transaction, span.date).await?;
        device_snapshot::Entity::delete_many()
            .filter(device_snapshot::Column::SnapshotDate.eq(span.date))
            .filter(device_snapshot::Column::VendorId.eq(vendor_id))
            .exec(transaction)
            .await?;
        self.insert_snapshots(transaction, &collected.observations, &sites, &identities, span.date).await?;
        let day = snapshot_day::ActiveModel {
            snapshot_date: Set(span.date),
            vendor_id: Set(vendor_id),
            collection_id: Set(collection_id),
            device_count: Set(count(collected.observations.len())),
            collected_at: Set(span.started_at),
            dropped_at: Set(None),
        };
        let rule = OnConflict::columns([snapshot_day::Column::SnapshotDate, snapshot_day::Column::VendorId])
            .update_columns([
                snapshot_day::Column::CollectionId,
                snapshot_day::Column::DeviceCount,
                snapshot_day::Column::CollectedAt,
                snapshot_day::Column::DroppedAt,
            ])
            .to_owned();
        snapshot_day::Entity::insert(day).on_conflict(rule).exec_without_returning(transaction).await?;
        let of_vendor = device_payload::Column::VendorId.eq(vendor_id);
        device_payload::Entity::delete_many().filter(of_vendor).exec(transaction).await?;
        self.insert_payloads(transaction, &collected.observations, &identities, span.date).await?;
        refresh_statistics(transaction, Some(span.date)).await?;
        forget_replaced(transaction, vendor_id, span.date).await?;
        self.drop_outdated_held(transaction, vendor_id, collection_id).await?;
        self.sync_overwritten(transaction, vendor_id, span).await?;
        self.recount_day(transaction, vendor_id, span.date).await
    }

    /// Ids of the observed devices' identities by vendor key: known ones are seen again, new ones are made.
    pub(crate) async fn upsert_identities(
        &self,
        transaction: &DatabaseTransaction,
        observations: &[Observation],
        date: NaiveDate,
    ) -> Result<HashMap<String, i64>, InventoryError> {
        use device_identity::{ActiveModel, Column, Entity};
        let latest = "CASE WHEN device_identity.last_seen_date < excluded.last_seen_date \
                      THEN excluded.last_seen_date ELSE device_identity.last_seen_date END";
        let rule = OnConflict::columns([Column::VendorId, Column::VendorDeviceKey])
            .value(Column::LastSeenDate, Expr::cust(latest))
            .to_owned();
        let mut ids = HashMap::with_capacity(observations.len());
        for chunk in observations.chunks(1000) {
            let rows = chunk.iter().map(|seen| ActiveModel {
                vendor_id: Set(self.reference.vendor_id(seen.vendor)),
                vendor_device_key: Set(seen.vendor_device_key.clone()),
                first_seen_date: Set(date),
                last_seen_date: Set(date),
                ..Default::default()
            });
            let insert = Entity::insert_many(rows).on_conflict(rule.clone());
            let stored = insert.exec_with_returning(transaction).await?;
            ids.extend(stored.into_iter().map(|row| (row.vendor_device_key, row.id)));
        }
        Ok(ids)
    }

    /// Inserts the day's rows of these observations.
    pub(crate) async fn insert_snapshots(
        &self,
        transaction: &DatabaseTransaction,
        observations: &[Observation],
        sites: &HashMap<String, i64>,
        identities: &HashMap<String, i64>,
        date: NaiveDate,
    ) -> Result<(), InventoryError> {
        let day = DayContext { date, stored_at: self.now(), reference: &self.reference, billing: &self.rules.billing };
        for chunk in observations.chunks(ROWS_BUILT_AT_ONCE) {
            let rows = chunk.iter().map(|seen| {
                let site = seen.organization.as_ref().and_then(|place| sites.get(&place.key).copied());
                Ok(observed::row(&day, seen, identity_of(seen, identities)?, site))
            });
            bulk::insert(transaction, rows.collect::<Result<_, InventoryError>>()?, None).await?;
        }
        Ok(())
    }

    /// Keeps the vendor's own records of these observations; older ones of the same identities must be gone.
    pub(crate) async fn insert_payloads(
        &self,
        transaction: &DatabaseTransaction,
        observations: &[Observation],
        identities: &HashMap<String, i64>,
        date: NaiveDate,
    ) -> Result<(), InventoryError> {
        for chunk in observations.chunks(ROWS_BUILT_AT_ONCE) {
            let rows = chunk.iter().map(|seen| {
                Ok(device_payload::ActiveModel {
                    device_identity_id: Set(identity_of(seen, identities)?),
                    vendor_id: Set(self.reference.vendor_id(seen.vendor)),
                    snapshot_date: Set(date),
                    payload: Set(observed::payload(&seen.payload)),
                })
            });
            bulk::insert(transaction, rows.collect::<Result<_, InventoryError>>()?, None).await?;
        }
        Ok(())
    }

    /// Records what a run brought back and what it set aside; answers the collection's id.
    pub(crate) async fn record_collection(
        &self,
        transaction: &DatabaseTransaction,
        collected: &Collection,
        record: &Record<'_>,
    ) -> Result<i64, InventoryError> {
        let row = collection::ActiveModel {
            id: NotSet,
            vendor_id: Set(self.reference.vendor_id(collected.vendor)),
            snapshot_date: Set(record.span.date),
            outcome: Set(record.outcome.to_owned()),
            device_count: Set(count(collected.observations.len())),
            set_aside_count: Set(count(collected.set_aside.len())),
            reasons: Set(record.reasons.iter().map(String::as_str).collect()),
            notes: Set(collected.notes.iter().map(String::as_str).collect()),
            started_at: Set(record.span.started_at),
            ended_at: Set(record.span.ended_at),
            ..Default::default()
        };
        let collection_id = collection::Entity::insert(row).exec(transaction).await?.last_insert_id;
        let aside = collected.set_aside.iter().map(|aside| set_aside(collection_id, aside));
        bulk::insert(transaction, aside.collect(), None).await?;
        Ok(collection_id)
    }
}

/// Devices that an earlier collection of the day listed and this one does not were last seen on the day before that has
/// them; those that were never seen elsewhere, and that no exception and no decision is about, never were.
async fn forget_replaced(
    transaction: &DatabaseTransaction,
    vendor_id: i64,
    date: NaiveDate,
) -> Result<(), InventoryError> {
    let gone = "vendor_id = $2 AND last_seen_date = $1 AND NOT EXISTS (SELECT 1 FROM device_snapshot s \
                WHERE s.device_identity_id = device_identity.id AND s.snapshot_date = $1)";
    let before = "SELECT MAX(s.snapshot_date) FROM device_snapshot s WHERE s.device_identity_id = device_identity.id";
    let set_back =
        format!("UPDATE device_identity SET last_seen_date = COALESCE(({before}), last_seen_date) WHERE {gone}");
    execute(transaction, &set_back, date, vendor_id).await?;
    let never_was = format!(
        "DELETE FROM device_identity WHERE {gone} AND first_seen_date = $1 AND NOT EXISTS \
         (SELECT 1 FROM exception_identity e WHERE e.device_identity_id = device_identity.id) AND NOT EXISTS \
         (SELECT 1 FROM link_decision l WHERE l.lower_identity_id = device_identity.id) AND NOT EXISTS \
         (SELECT 1 FROM link_decision l WHERE l.higher_identity_id = device_identity.id)"
    );
    execute(transaction, &never_was, date, vendor_id).await
}

/// Runs a statement about a vendor's day: `$1` is the date, `$2` the vendor.
pub(crate) async fn execute(
    transaction: &DatabaseTransaction,
    sql: &str,
    date: NaiveDate,
    vendor_id: i64,
) -> Result<(), InventoryError> {
    let backend = transaction.get_database_backend();
    let values = [date.into(), vendor_id.into()];
    transaction.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    Ok(())
}

/// The identity of an observation; every one has been given its row.
pub(crate) fn identity_of(seen: &Observation, identities: &HashMap<String, i64>) -> Result<i64, InventoryError> {
    let id = identities.get(&seen.vendor_device_key).copied();
    id.ok_or_else(|| InventoryError::Corrupt(format!("device {} got no identity", seen.vendor_device_key)))
}

fn set_aside(collection_id: i64, aside: &SetAside) -> set_aside_record::ActiveModel {
    let reason = match aside.reason {
        SetAsideReason::Unreadable => "unreadable",
        SetAsideReason::NotPresent => "not_present",
    };
    set_aside_record::ActiveModel {
        id: NotSet,
        collection_id: Set(collection_id),
        vendor_device_key: Set(aside.vendor_device_key.as_deref().map(|key| observed::clip(key, 1000))),
        hostname: Set(aside.hostname.as_deref().map(|name| observed::clip(name, 1000))),
        reason: Set(reason.to_owned()),
        detail: Set(observed::clip(&aside.detail, 1000)),
    }
}

/// A number of things in memory as a database's 64-bit count.
pub(crate) fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}
