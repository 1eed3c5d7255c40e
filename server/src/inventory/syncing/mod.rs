//! Asking a vendor for one device and putting what it says in today's place (rules section 13).
//!
//! `asking` asks the vendor: one request, once a second and device across all servers, which `turns` decides. `completing`
//! adds what the vendor's one record does not say, from what is stored; `placing` puts it into the day and brings in line
//! whom it concerns. `records` keeps who asked and what came of it, `queue` works off what webhooks wished, and what `again`
//! finds that a collection overwrote with an older state. It refuses to touch earlier days, to make a day of one device, and
//! to lose a fact that was not asked for.

mod again;
mod asking;
mod completing;
mod neighbours;
mod placing;
mod queue;
mod records;
mod turns;

use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
pub use collectors::DeviceQuery;
use domain::vendor::Vendor;

pub(crate) use self::neighbours::{find_device, list_neighbours, spelt_plainly};
pub use self::{
    queue::Queued,
    records::{SyncState, SyncTrigger},
};
use super::{Inventory, InventoryError};

/// The shortest and the longest time that a caller may wait for the vendor, and the usual one.
pub const PATIENCE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(25));
/// How long the vendor is waited for where the caller does not say.
pub const USUAL_PATIENCE: Duration = Duration::from_secs(10);

/// Which device to sync, for whom.
#[derive(Clone, Debug)]
pub struct SyncOrder {
    /// The vendor that is asked.
    pub vendor: Vendor,
    /// The device.
    pub wanted: DeviceQuery,
    /// How long the vendor may take, its throttling included.
    pub within: Duration,
    /// The principal.
    pub requested_by: String,
}

/// What came of a sync.
#[derive(Clone, Debug, PartialEq)]
pub enum SyncOutcome {
    /// Today's snapshot of the device is what the vendor says now.
    Synced(Synced),
    /// The vendor has no such device; nothing changed.
    NotFound,
    /// Several of the vendor's devices match; nothing changed.
    Ambiguous {
        /// Their vendor device keys.
        keys: Vec<String>,
    },
    /// The vendor could not be asked; nothing changed.
    Unavailable {
        /// Why, a sentence without secrets.
        reason: String,
        /// How long the vendor asked to wait; `None` when it did not say.
        retry_after: Option<Duration>,
    },
    /// The device is being synced, or was within the last second. The vendor was not asked about it, and nothing is recorded
    /// but a search for its name.
    Throttled {
        /// When it may be asked for again, at the earliest.
        retry_after: Duration,
    },
    /// Today has no complete collection of the vendor yet to put the device in; nothing changed.
    NoStoredDay,
}

/// A device after its sync.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Synced {
    /// The machine.
    pub device_id: i64,
    /// The vendor's identity of it.
    pub identity_id: i64,
    /// The vendor's key of it.
    pub vendor_device_key: String,
    /// The day whose snapshot was replaced.
    pub snapshot_date: NaiveDate,
    /// Exceptions that opened or reopened by it.
    pub opened: Vec<i64>,
    /// Exceptions that it closed.
    pub closed: Vec<i64>,
}

/// A sync that has its turn and its row in the history.
#[derive(Clone, Debug)]
struct Running {
    id: i64,
    vendor: Vendor,
    /// What turns were taken for.
    asked: Vec<String>,
    wanted: DeviceQuery,
    /// The name that was asked for, where the hub knew whose it is.
    name: Option<String>,
    within: Duration,
    started_at: DateTime<Utc>,
}

impl Inventory {
    /// Asks the vendor for one device, replaces today's snapshot of it and re-runs the checks that concern it. Goes on to
    /// its end, and into the history, when the caller is gone.
    pub async fn sync_device(&self, order: SyncOrder) -> Result<SyncOutcome, InventoryError> {
        let wanted = self.spelt_as_one(order.vendor, order.wanted.clone())?;
        let named = self.resolve(order.vendor, wanted).await?;
        let running = match self.begin_sync(&order, named).await? {
            Ok(running) => running,
            Err(retry_after) => return Ok(SyncOutcome::Throttled { retry_after }),
        };
        let hub = self.clone();
        let task = self.tasks.spawn(async move { hub.finish_sync(running).await });
        task.await.unwrap_or_else(|stopped| Err(InventoryError::Corrupt(format!("a sync ended early: {stopped}"))))
    }

    /// Runs a sync that has its turn, and records what came of it.
    async fn finish_sync(&self, mut running: Running) -> Result<SyncOutcome, InventoryError> {
        let ended = self.ask_and_place(&mut running).await;
        let state = ended.as_ref().map_or(SyncState::Failed, SyncOutcome::state);
        self.metrics.sync_ended(running.vendor.slug(), state.code());
        if let Err(error) = &ended
            && let Err(unrecorded) = self.record_failure(&running, error).await
        {
            tracing::warn!(error = %unrecorded, "a failed sync could not be recorded; its time will run out");
        }
        ended
    }

    async fn ask_and_place(&self, running: &mut Running) -> Result<SyncOutcome, InventoryError> {
        let is_stored = self.find_day(self.database.reader(), running.vendor, self.today()).await?.is_some();
        let outcome = if is_stored { self.ask(running).await? } else { Err(SyncOutcome::NoStoredDay) };
        match outcome {
            // The row of the history is ended in the transaction that stores.
            Ok(seen) => self.place(running, *seen).await,
            Err(refused) => {
                self.record_end(self.database.writer(), running, &refused).await?;
                Ok(refused)
            }
        }
    }
}
