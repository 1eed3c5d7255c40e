//! The history of syncs: who asked for what, when, and what came of it.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use collectors::DeviceQuery;
use entity::sync;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    sea_query::Expr,
};

use super::{Running, SyncOrder, SyncOutcome, asking::Named, turns};
use crate::inventory::{Inventory, InventoryError, jobs::spell_out, observed::clip};

/// What asked for a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SyncTrigger {
    /// A GraphQL mutation.
    Mutation,
    /// A vendor's webhook.
    Webhook,
    /// A collection that overwrote a newer sync.
    Collection,
}

impl SyncTrigger {
    /// Every trigger.
    pub const ALL: [Self; 3] = [Self::Mutation, Self::Webhook, Self::Collection];

    /// The code that is stored.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Mutation => "mutation",
            Self::Webhook => "webhook",
            Self::Collection => "collection",
        }
    }

    /// The trigger of a stored code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|trigger| trigger.code() == code)
    }
}

/// How far a sync is, or how it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SyncState {
    /// Waits for its turn.
    Queued,
    /// At work.
    Running,
    /// Today's snapshot of the device is what the vendor said.
    Synced,
    /// The vendor lists no such device.
    NotFound,
    /// Several of the vendor's devices match.
    Ambiguous,
    /// The vendor could not be asked.
    VendorUnavailable,
    /// The day had no complete collection of the vendor.
    NoStoredDay,
    /// A fault of the hub; its log has more.
    Failed,
    /// Its server stopped before it ended.
    Lost,
}

impl SyncState {
    /// Every state.
    pub const ALL: [Self; 9] = [
        Self::Queued,
        Self::Running,
        Self::Synced,
        Self::NotFound,
        Self::Ambiguous,
        Self::VendorUnavailable,
        Self::NoStoredDay,
        Self::Failed,
        Self::Lost,
    ];

    /// The code that is stored.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Synced => "synced",
            Self::NotFound => "not_found",
            Self::Ambiguous => "ambiguous",
            Self::VendorUnavailable => "vendor_unavailable",
            Self::NoStoredDay => "no_stored_day",
            Self::Failed => "failed",
            Self::Lost => "lost",
        }
    }

    /// The state of a stored code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// Whether nothing more comes of it.
    pub(crate) fn has_ended(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

/// How long after the vendor's time is over a sync that has not ended is taken for dead.
const GRACE: Duration = Duration::from_mins(1);

/// How a sync ended.
struct End {
    state: SyncState,
    message: String,
    retry_after: Option<Duration>,
    /// Identity, vendor's key, and how many exceptions opened and closed.
    synced: Option<(i64, String, [usize; 2])>,
}

impl End {
    fn of(outcome: &SyncOutcome, running: &Running) -> Self {
        let (vendor, state) = (running.vendor, outcome.state());
        let (message, retry_after) = match outcome {
            SyncOutcome::Synced(synced) => {
                let (opened, closed) = (synced.opened.len(), synced.closed.len());
                let message = format!("synced; {opened} exceptions opened, {closed} closed");
                let synced = (synced.identity_id, synced.vendor_device_key.clone(), [opened, closed]);
                return Self { state, message, retry_after: None, synced: Some(synced) };
            }
            SyncOutcome::NotFound => (format!("{vendor} lists no such device"), None),
            SyncOutcome::Ambiguous { keys } => {
                let some = keys.iter().take(20).map(String::as_str).collect::<Vec<_>>().join(", ");
                (format!("{} devices of {vendor} match: {some}", keys.len()), None)
            }
            SyncOutcome::Unavailable { reason, retry_after } => (reason.clone(), *retry_after),
            SyncOutcome::Throttled { retry_after } => {
                ("found by its name, and not asked for: it is another's turn".to_owned(), Some(*retry_after))
            }
            SyncOutcome::NoStoredDay => (format!("today has no complete collection of {vendor} yet"), None),
        };
        Self { state, message, retry_after, synced: None }
    }
}

impl SyncOutcome {
    /// How the history has it.
    pub(super) fn state(&self) -> SyncState {
        match self {
            Self::Synced(_) => SyncState::Synced,
            Self::NotFound => SyncState::NotFound,
            Self::Ambiguous { .. } => SyncState::Ambiguous,
            Self::Unavailable { .. } | Self::Throttled { .. } => SyncState::VendorUnavailable,
            Self::NoStoredDay => SyncState::NoStoredDay,
        }
    }
}

impl Inventory {
    /// Takes the turn and begins the row of the history; or says how long the turn is another's.
    pub(super) async fn begin_sync(
        &self,
        order: &SyncOrder,
        (wanted, name): Named,
    ) -> Result<Result<Running, Duration>, InventoryError> {
        let (now, asked) = (self.now(), turns::asked(&wanted));
        let until = claimed_until(now, order.within);
        let transaction = self.database.begin().await?;
        if let Err(wait) = self.take_turn(&transaction, (order.vendor, &asked), until).await? {
            return Ok(Err(wait));
        }
        let (key, hostname) = match (&wanted, &name) {
            (DeviceQuery::Key(key), name) => (Some(clip(key, 255)), name.clone()),
            (DeviceQuery::Hostname(name), _) => (None, Some(name.clone())),
        };
        let row = sync::ActiveModel {
            id: NotSet,
            vendor_id: Set(self.reference.vendor_id(order.vendor)),
            vendor_device_key: Set(key),
            hostname: Set(hostname.map(|name| clip(&name, 255))),
            device_identity_id: Set(None),
            trigger: Set(SyncTrigger::Mutation.code().to_owned()),
            requested_by: Set(clip(&order.requested_by, 255)),
            requested_at: Set(now),
            not_before: Set(now),
            started_at: Set(Some(now)),
            claimed_until: Set(Some(until)),
            outcome: Set(SyncState::Running.code().to_owned()),
            opened: Set(0),
            closed: Set(0),
            ..Default::default()
        };
        let id = sync::Entity::insert(row).exec(&transaction).await?.last_insert_id;
        transaction.commit().await?;
        let (vendor, within) = (order.vendor, order.within);
        Ok(Ok(Running { id, vendor, asked: vec![asked], wanted, name, within, started_at: now }))
    }

    /// Ends the row of the history and gives the turns back.
    pub(super) async fn record_end(
        &self,
        connection: &impl ConnectionTrait,
        running: &Running,
        outcome: &SyncOutcome,
    ) -> Result<(), InventoryError> {
        self.close_sync(connection, running, End::of(outcome, running)).await
    }

    /// The same for a fault of the hub.
    pub(super) async fn record_failure(&self, running: &Running, error: &InventoryError) -> Result<(), InventoryError> {
        let end = End { state: SyncState::Failed, message: spell_out(error), retry_after: None, synced: None };
        self.close_sync(self.database.writer(), running, end).await
    }

    async fn close_sync(
        &self,
        connection: &impl ConnectionTrait,
        running: &Running,
        end: End,
    ) -> Result<(), InventoryError> {
        use sync::{Column, Entity};
        let now = self.now();
        let mut update = Entity::update_many()
            .col_expr(Column::Outcome, Expr::value(end.state.code()))
            .col_expr(Column::Message, Expr::value(clip(&end.message, 1000)))
            .col_expr(Column::EndedAt, Expr::value(now))
            .col_expr(Column::ClaimedUntil, Expr::value(None::<DateTime<Utc>>))
            .col_expr(Column::DurationMs, Expr::value((now - running.started_at).num_milliseconds()))
            .col_expr(Column::RetryAfterSeconds, Expr::value(end.retry_after.map(whole_seconds)));
        if let Some((identity_id, key, [opened, closed])) = end.synced {
            let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
            update = update
                .col_expr(Column::DeviceIdentityId, Expr::value(identity_id))
                .col_expr(Column::VendorDeviceKey, Expr::value(key))
                .col_expr(Column::Opened, Expr::value(count(opened)))
                .col_expr(Column::Closed, Expr::value(count(closed)));
        }
        update.filter(Column::Id.eq(running.id)).exec(connection).await?;
        self.leave_turns(connection, (running.vendor, &running.asked)).await
    }

    /// Forgets what ended before that, and turns that nobody waits for.
    pub(crate) async fn forget_syncs(
        &self,
        transaction: &DatabaseTransaction,
        before: DateTime<Utc>,
    ) -> Result<(), InventoryError> {
        sync::Entity::delete_many().filter(sync::Column::EndedAt.lt(before)).exec(transaction).await?;
        let turns = entity::sync_turn::Entity::delete_many();
        turns.filter(entity::sync_turn::Column::FreeAt.lt(before)).exec(transaction).await?;
        Ok(())
    }
}

/// Until when a sync that begins now is believed to be at work.
pub(super) fn claimed_until(now: DateTime<Utc>, within: Duration) -> DateTime<Utc> {
    now + TimeDelta::from_std(within.saturating_mul(2) + GRACE).unwrap_or(TimeDelta::MAX)
}

/// A wait in seconds, rounded up: who comes then does not come too early.
pub(crate) fn whole_seconds(wait: Duration) -> i64 {
    i64::try_from(wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).unwrap_or(i64::MAX)
}
