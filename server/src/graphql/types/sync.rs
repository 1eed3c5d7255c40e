//! `Sync`: an entry of the history of syncs.

use async_graphql::{Context, Enum, Object};
use entity::sync;

use super::{
    DateTime, Device, VendorName,
    scalars::count,
    stored::{known, vendor_of},
};
use crate::{
    graphql::{context::Hub, errors::Fault, loaders::DeviceOfIdentity},
    inventory::syncing,
};

/// What asked for a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "syncing::SyncTrigger")]
pub enum SyncTrigger {
    /// `syncDevice` or `syncDevices`.
    Mutation,
    /// A vendor's webhook.
    Webhook,
    /// A collection that began before a sync of the device and was stored after it: what the sync had found was overwritten.
    Collection,
}

/// How far a sync is, or how it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "syncing::SyncState")]
pub enum SyncOutcome {
    /// Waits for its turn.
    Queued,
    /// At work.
    Running,
    /// Today's snapshot of the device is what the vendor said.
    Synced,
    /// The vendor lists no such device. Nothing was changed: only a complete collection takes a device away.
    NotFound,
    /// Several of the vendor's devices match.
    Ambiguous,
    /// The vendor could not be asked.
    VendorUnavailable,
    /// The day had no complete collection of the vendor to put the device in.
    NoStoredDay,
    /// A fault of the hub.
    Failed,
    /// Its server stopped before it ended.
    Lost,
}

/// A wish to read one device anew, and what came of it.
#[derive(Clone, Debug)]
pub struct Sync(pub sync::Model);

/// A wish to read one device anew, and what came of it. Kept as long as snapshots are.
#[Object]
impl Sync {
    /// The vendor that is asked.
    async fn vendor(&self, ctx: &Context<'_>) -> Result<VendorName, Fault> {
        vendor_of(ctx, self.0.vendor_id)
    }

    /// The vendor's own id of the device, as asked for or as found by its name; null while only a name is known.
    async fn vendor_device_key(&self) -> Option<&str> {
        self.0.vendor_device_key.as_deref()
    }

    /// The host name that was asked for; null when it was an id.
    async fn hostname(&self) -> Option<&str> {
        self.0.hostname.as_deref()
    }

    /// What asked for it.
    async fn trigger(&self) -> Result<SyncTrigger, Fault> {
        known("trigger of a sync", &self.0.trigger, |code| syncing::SyncTrigger::from_code(code).map(Into::into))
    }

    /// Who asked for it: a person, the name of the webhook, or `collection`.
    async fn requested_by(&self) -> &str {
        &self.0.requested_by
    }

    /// When it was asked for.
    async fn requested_at(&self) -> DateTime {
        self.0.requested_at.into()
    }

    /// When it began; null while it waits.
    async fn started_at(&self) -> Option<DateTime> {
        self.0.started_at.map(DateTime)
    }

    /// When it ended; null until then.
    async fn ended_at(&self) -> Option<DateTime> {
        self.0.ended_at.map(DateTime)
    }

    /// How long it took, in milliseconds, the vendor's time included; null until it has ended.
    async fn duration_milliseconds(&self) -> Option<i32> {
        self.0.duration_ms.map(count)
    }

    /// How far it is, or how it ended.
    async fn outcome(&self) -> Result<SyncOutcome, Fault> {
        known("outcome of a sync", &self.0.outcome, |code| syncing::SyncState::from_code(code).map(Into::into))
    }

    /// What came of it in a sentence; null until it has ended.
    async fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// How many seconds the vendor asked to wait before the next request; null when it did not.
    async fn retry_after_seconds(&self) -> Option<i32> {
        self.0.retry_after_seconds.map(count)
    }

    /// How many exceptions it opened or reopened.
    async fn opened_exceptions(&self) -> i32 {
        count(self.0.opened)
    }

    /// How many exceptions it closed.
    async fn closed_exceptions(&self) -> i32 {
        count(self.0.closed)
    }

    /// The machine that the synced record belongs to now; null when nothing was synced.
    async fn device(&self, ctx: &Context<'_>) -> Result<Option<Device>, Fault> {
        match self.0.device_identity_id {
            Some(id) => Ok(ctx.load(DeviceOfIdentity(id)).await?.map(Device)),
            None => Ok(None),
        }
    }
}
