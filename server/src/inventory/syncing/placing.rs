//! Putting a device into today's place, in one transaction: its snapshot, the day's counts, the links around it and the
//! exceptions of whom that concerns. What it costs grows with the neighbours of the device, not with the fleet.

use std::collections::HashMap;

use chrono::NaiveDate;
use domain::{
    collection::{Collection, Completeness},
    observation::Observation,
};
use entity::{device_payload, device_snapshot, snapshot_day};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait},
};

use super::{Running, SyncOutcome, Synced, find_device, list_neighbours};
use crate::inventory::{
    Inventory, InventoryError, counting::Recounted, devices::Neighbours, exceptions::Applied, storing::identity_of,
};

/// A device on its way into the day.
struct Placing {
    date: NaiveDate,
    identity_id: i64,
    /// The one observation, in the shape of what is stored.
    collected: Collection,
    identities: HashMap<String, i64>,
    /// What was stored of it: today, or on the last day before.
    before: Option<device_snapshot::Model>,
}

impl Inventory {
    /// Stores what the vendor said, and ends the row of the history with it.
    pub(super) async fn place(&self, running: &Running, seen: Observation) -> Result<SyncOutcome, InventoryError> {
        let (vendor, date) = (seen.vendor, self.today());
        let vendor_device_key = seen.vendor_device_key.clone();
        let transaction = self.database.begin_storing().await?;
        if self.find_day(&*transaction, vendor, date).await?.is_none() {
            drop(transaction);
            let refused = SyncOutcome::NoStoredDay;
            self.record_end(self.database.writer(), running, &refused).await?;
            return Ok(refused);
        }
        let placing = self.prepare(&transaction, seen, date).await?;
        let identity_id = placing.identity_id;
        let applied = self.place_prepared(&transaction, &placing).await?;
        let device_id = find_device(&transaction, identity_id).await?;
        let device_id = device_id.ok_or_else(|| InventoryError::Corrupt("a synced record has no device".into()))?;
        let opened = applied.opened.into_iter().chain(applied.reopened).collect();
        let (snapshot_date, closed) = (date, applied.verified);
        let synced = Synced { device_id, identity_id, vendor_device_key, snapshot_date, opened, closed };
        let outcome = SyncOutcome::Synced(synced);
        self.record_end(&*transaction, running, &outcome).await?;
        transaction.commit().await?;
        Ok(outcome)
    }

    async fn prepare(
        &self,
        transaction: &DatabaseTransaction,
        seen: Observation,
        date: NaiveDate,
    ) -> Result<Placing, InventoryError> {
        let identities = self.upsert_identities(transaction, std::slice::from_ref(&seen), date).await?;
        let identity_id = identity_of(&seen, &identities)?;
        let before = self.last_snapshot(transaction, identity_id, date).await?;
        let seen = self.completed(transaction, seen, (before.as_ref(), date)).await?;
        let collected = Collection {
            vendor: seen.vendor,
            observations: vec![seen],
            organizations: Vec::new(),
            set_aside: Vec::new(),
            completeness: Completeness::Complete,
            notes: Vec::new(),
        };
        Ok(Placing { date, identity_id, collected, identities, before })
    }

    async fn place_prepared(
        &self,
        transaction: &DatabaseTransaction,
        placing: &Placing,
    ) -> Result<Applied, InventoryError> {
        let Placing { date, identity_id, .. } = *placing;
        let keys_before = self.keys_of(transaction, identity_id).await?;
        let moved = self.replace_snapshot(transaction, placing).await?;
        // All devices of an organization that is another client's now are concerned, as by an alias.
        if moved.is_empty()
            && let Neighbours::Near(near) = self.relink_around(transaction, identity_id, keys_before.clone()).await?
        {
            return self.check_neighbourhood(transaction, date, &near).await;
        }
        let mut concerned = self.list_related(transaction, &keys_before).await?;
        concerned.extend(self.relink_devices(transaction).await?);
        concerned.extend(list_neighbours(transaction, identity_id, date).await?);
        let mut applied = Applied::default();
        if !moved.is_empty() {
            applied = self.check_last_day_again(transaction).await?;
        }
        applied.extend(self.recheck_identities(transaction, &concerned, date).await?);
        Ok(applied)
    }

    /// Answers the vendor's organizations that are another client's by what the vendor says now.
    async fn replace_snapshot(
        &self,
        transaction: &DatabaseTransaction,
        placing: &Placing,
    ) -> Result<Vec<i64>, InventoryError> {
        use device_snapshot::{Column, Entity};
        let Placing { date, identity_id, collected, identities, before } = placing;
        let vendor_id = self.reference.vendor_id(collected.vendor);
        let sites = self.upsert_sites(transaction, collected).await?;
        let own = Column::SnapshotDate.eq(*date).and(Column::DeviceIdentityId.eq(*identity_id));
        Entity::delete_many().filter(own.clone().and(Column::VendorId.eq(vendor_id))).exec(transaction).await?;
        let of_device = device_payload::Column::DeviceIdentityId.eq(*identity_id);
        device_payload::Entity::delete_many().filter(of_device).exec(transaction).await?;
        self.insert_snapshots(transaction, &collected.observations, &sites.ids, identities, *date).await?;
        self.insert_payloads(transaction, &collected.observations, identities, *date).await?;
        let today = before.as_ref().filter(|row| row.snapshot_date == *date);
        if today.is_none() {
            count_one_more(transaction, vendor_id, *date).await?;
        }
        let now = Entity::find().filter(own).one(transaction).await?;
        let now = now.ok_or_else(|| InventoryError::Corrupt("a synced record has no snapshot".into()))?;
        self.recount_one(transaction, &Recounted { before: today, now: &now }).await?;
        Ok(sites.moved)
    }
}

async fn count_one_more(
    transaction: &DatabaseTransaction,
    vendor_id: i64,
    date: NaiveDate,
) -> Result<(), InventoryError> {
    use snapshot_day::{Column, Entity};
    Entity::update_many()
        .col_expr(Column::DeviceCount, Expr::col(Column::DeviceCount).add(1))
        .filter(Column::SnapshotDate.eq(date))
        .filter(Column::VendorId.eq(vendor_id))
        .exec(transaction)
        .await?;
    Ok(())
}
