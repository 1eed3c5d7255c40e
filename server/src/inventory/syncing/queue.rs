//! Syncs that wait: what a webhook or a collection wishes is a row first, and whichever server gets to it asks the vendor.
//!
//! Several wishes for one device that wait are one. A server that dies leaves a row whose time runs out; it waits again
//! then, for any other. While today's first collection of a vendor is at work, wishes wait for the day that it makes.

use std::time::Duration;

use collectors::DeviceQuery;
use domain::vendor::Vendor;
use entity::{device_identity, job_run, sync};
use futures::{StreamExt, stream};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, OnConflict},
};
use tokio_util::sync::CancellationToken;

use super::{
    Running, SyncOutcome,
    records::{SyncState, SyncTrigger, claimed_until},
    turns,
};
use crate::inventory::{Inventory, InventoryError, bulk, observed::clip};

/// How many devices the vendors are asked for at once, by one server.
const AT_ONCE: usize = 4;
/// How many rows are looked at together.
const LOOKED_AT: u64 = 100;
/// How long the vendor may take for one of them.
const WITHIN: Duration = Duration::from_secs(30);
/// A row that another server queued is seen after that time.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// What became of a wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queued {
    /// It waits.
    New,
    /// One for the same device waits already.
    Already,
    /// The hub knows no such device, and the vendor does not say that it is a new one: nothing was queued.
    UnknownDevice,
    /// The vendor has no credentials here.
    NotConfigured,
}

impl Inventory {
    /// Wishes a sync of a vendor's device. One that the hub has never seen is asked for only if it `may_be_new`.
    pub async fn queue_sync(
        &self,
        (vendor, key): (Vendor, &str),
        (requested_by, may_be_new): (&str, bool),
    ) -> Result<Queued, InventoryError> {
        if !self.is_configured(vendor) {
            return Ok(Queued::NotConfigured);
        }
        let key = self.collector(vendor)?.spell_key(key);
        if !may_be_new && !self.is_known(vendor, &key).await? {
            return Ok(Queued::UnknownDevice);
        }
        let vendor_id = self.reference.vendor_id(vendor);
        let wished = (SyncTrigger::Webhook, requested_by);
        let new = self.wish_syncs(self.database.writer(), vendor_id, [key], wished).await? > 0;
        self.wishes.notify_one();
        Ok(if new { Queued::New } else { Queued::Already })
    }

    /// Writes down wishes for these devices, but for those that one waits for already; answers how many are new.
    pub(super) async fn wish_syncs(
        &self,
        connection: &impl ConnectionTrait,
        vendor_id: i64,
        keys: impl IntoIterator<Item = String>,
        (trigger, requested_by): (SyncTrigger, &str),
    ) -> Result<u64, InventoryError> {
        let now = self.now();
        let rows = keys.into_iter().map(|key| sync::ActiveModel {
            vendor_id: Set(vendor_id),
            vendor_device_key: Set(Some(clip(&key, 255))),
            trigger: Set(trigger.code().to_owned()),
            requested_by: Set(clip(requested_by, 255)),
            requested_at: Set(now),
            not_before: Set(now),
            outcome: Set(SyncState::Queued.code().to_owned()),
            opened: Set(0),
            closed: Set(0),
            ..Default::default()
        });
        let is_waiting = OnConflict::new().do_nothing().to_owned();
        Ok(bulk::insert(connection, rows.collect(), Some(is_waiting)).await?)
    }

    async fn is_known(&self, vendor: Vendor, key: &str) -> Result<bool, InventoryError> {
        use device_identity::{Column, Entity};
        let of_vendor = Entity::find().filter(Column::VendorId.eq(self.reference.vendor_id(vendor)));
        Ok(of_vendor.filter(Column::VendorDeviceKey.eq(key)).one(self.database.reader()).await?.is_some())
    }

    /// Works off what waits, until it is told to stop; what is at work then ends by itself.
    pub async fn serve_syncs(self, stop: CancellationToken) {
        loop {
            if let Err(error) = self.work_off_syncs(&stop).await {
                tracing::error!(%error, "waiting syncs could not be worked off; the hub tries again");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.wishes.notified() => {}
                () = self.clock.sleep(LOOK_AGAIN) => {}
            }
        }
    }

    /// Runs every sync whose turn it is, a few at once; answers how many it ran.
    pub async fn work_off_syncs(&self, stop: &CancellationToken) -> Result<usize, InventoryError> {
        self.revive_lost().await?;
        let mut ran = 0;
        loop {
            let due = self.list_due().await?;
            let looked_at = due.len();
            let runs = stream::iter(due).map(|row| self.work_off_one(row, stop)).buffer_unordered(AT_ONCE);
            let results: Vec<_> = runs.collect().await;
            let mut now = 0;
            for result in results {
                now += usize::from(result?);
            }
            ran += now;
            if now == 0 || looked_at == 0 || stop.is_cancelled() {
                return Ok(ran);
            }
        }
    }

    async fn list_due(&self) -> Result<Vec<sync::Model>, InventoryError> {
        let configured: Vec<i64> = self.collectors.keys().map(|vendor| self.reference.vendor_id(*vendor)).collect();
        let due = self.list_due_of(&configured).await?;
        if due.is_empty() {
            return Ok(due);
        }
        let ready = self.list_ready().await?;
        if ready.len() < configured.len() { self.list_due_of(&ready).await } else { Ok(due) }
    }

    async fn list_due_of(&self, vendors: &[i64]) -> Result<Vec<sync::Model>, InventoryError> {
        use sync::{Column, Entity};
        let waiting =
            Entity::find().filter(Column::Outcome.eq(SyncState::Queued.code())).filter(Column::EndedAt.is_null());
        let due =
            waiting.filter(Column::VendorId.is_in(vendors.iter().copied())).filter(Column::NotBefore.lte(self.now()));
        Ok(due.order_by_asc(Column::Id).limit(LOOKED_AT).all(self.database.reader()).await?)
    }

    /// The vendors that can be asked here, but those whose day is being made: its collection tells whether there is one to put
    /// devices in.
    async fn list_ready(&self) -> Result<Vec<i64>, InventoryError> {
        let today = self.today();
        let mut ready = Vec::new();
        for vendor in self.collectors.keys().copied() {
            let vendor_id = self.reference.vendor_id(vendor);
            let open = job_run::Column::VendorId.eq(vendor_id).and(job_run::Column::EndedAt.is_null());
            // In this order: a collection that ends in between has stored its day.
            let is_open = job_run::Entity::find().filter(open).one(self.database.reader()).await?.is_some();
            if !is_open || self.find_day(self.database.reader(), vendor, today).await?.is_some() {
                ready.push(vendor_id);
            }
        }
        Ok(ready)
    }

    /// Whether it was run here: another server may have it, or its device was asked for within the second.
    async fn work_off_one(&self, row: sync::Model, stop: &CancellationToken) -> Result<bool, InventoryError> {
        if stop.is_cancelled() {
            return Ok(false);
        }
        let Some(running) = self.claim_sync(&row).await? else { return Ok(false) };
        let hub = self.clone();
        let task = self.tasks.spawn(async move { hub.finish_sync(running).await });
        match task.await {
            Ok(Ok(SyncOutcome::Unavailable { reason, .. })) => {
                tracing::warn!(sync = row.id, reason, "a device could not be synced as was wished");
            }
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::error!(sync = row.id, %error, "a sync that was wished failed"),
            Err(stopped) => tracing::error!(sync = row.id, %stopped, "a sync that was wished broke off"),
        }
        Ok(true)
    }

    async fn claim_sync(&self, row: &sync::Model) -> Result<Option<Running>, InventoryError> {
        use sync::{Column, Entity};
        let vendor = self.reference.vendor(row.vendor_id).filter(|vendor| self.is_configured(*vendor));
        let Some((vendor, key)) = vendor.zip(row.vendor_device_key.clone()) else { return Ok(None) };
        let (now, wanted) = (self.now(), self.spelt_as_one(vendor, DeviceQuery::Key(key))?);
        let (asked, until) = (turns::asked(&wanted), claimed_until(now, WITHIN));
        let this =
            || Entity::update_many().filter(Column::Id.eq(row.id)).filter(Column::Outcome.eq(SyncState::Queued.code()));
        let transaction = self.database.begin().await?;
        if let Err(wait) = self.take_turn(&transaction, (vendor, &asked), until).await? {
            this().col_expr(Column::NotBefore, Expr::value(now + wait)).exec(&transaction).await?;
            transaction.commit().await?;
            return Ok(None);
        }
        let claimed = this()
            .col_expr(Column::Outcome, Expr::value(SyncState::Running.code()))
            .col_expr(Column::StartedAt, Expr::value(now))
            .col_expr(Column::ClaimedUntil, Expr::value(until))
            .exec(&transaction)
            .await?;
        if claimed.rows_affected == 0 {
            // Another server was faster; the turn is given back with the transaction.
            return Ok(None);
        }
        transaction.commit().await?;
        let asked = vec![asked];
        Ok(Some(Running { id: row.id, vendor, asked, wanted, name: None, within: WITHIN, started_at: now }))
    }

    /// Syncs whose server died wait again, if nobody waits for the answer and no other wish for the device waits; the others
    /// are lost, and say so.
    async fn revive_lost(&self) -> Result<(), InventoryError> {
        use sync::{Column, Entity};
        let dead =
            Entity::find().filter(Column::Outcome.eq(SyncState::Running.code())).filter(Column::EndedAt.is_null());
        let dead =
            dead.filter(Column::ClaimedUntil.lt(self.now())).limit(LOOKED_AT).all(self.database.reader()).await?;
        for row in dead {
            let this = || {
                let still = Entity::update_many().filter(Column::Id.eq(row.id));
                still.filter(Column::Outcome.eq(SyncState::Running.code())).filter(Column::ClaimedUntil.lt(self.now()))
            };
            let again = this().col_expr(Column::Outcome, Expr::value(SyncState::Queued.code()));
            let is_wish = row.trigger != SyncTrigger::Mutation.code();
            let revived = is_wish && again.exec(self.database.writer()).await.is_ok();
            if !revived {
                this()
                    .col_expr(Column::Outcome, Expr::value(SyncState::Lost.code()))
                    .col_expr(Column::Message, Expr::value("its server stopped before it ended"))
                    .col_expr(Column::EndedAt, Expr::value(self.now()))
                    .exec(self.database.writer())
                    .await?;
                if let Some(vendor) = self.reference.vendor(row.vendor_id) {
                    self.metrics.sync_ended(vendor.slug(), SyncState::Lost.code());
                }
            }
        }
        Ok(())
    }
}
