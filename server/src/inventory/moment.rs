//! The hub at one moment: what takes many statements to read, and must agree with itself.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{billing_report::Month, clock::Clock};

use super::{
    Inventory, InventoryError,
    billing::Billed,
    usage::{UsageRequest, UsageWindow},
};

/// What was computed at one moment. Nothing changes in it, so what is asked again is not computed again: whoever reads a
/// long list page by page computes the report behind it once.
#[derive(Debug, Default)]
pub(crate) struct Computed {
    /// By month and organization.
    pub(super) bills: Known<(Month, Option<i64>), Arc<Billed>>,
    pub(super) windows: Known<UsageRequest, UsageWindow>,
}

/// Answers by what was asked.
#[derive(Debug)]
pub(super) struct Known<Q, A>(Mutex<HashMap<Q, A>>);

impl<Q, A> Default for Known<Q, A> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<Q: Eq + Hash, A: Clone> Known<Q, A> {
    pub(super) fn find(&self, asked: &Q) -> Option<A> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(asked).cloned()
    }

    pub(super) fn keep(&self, asked: Q, answer: A) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(asked, answer);
    }
}

impl Inventory {
    /// The same hub as it is now: whatever is written meanwhile is not seen, "today" stays today, and nothing can be
    /// written. It holds one connection of its own, and old rows in the database, until it is dropped or
    /// [ended](Self::end_moment).
    pub async fn read_moment(&self) -> Result<Self, InventoryError> {
        let database = self.database.at_this_moment().await?;
        let clock = Arc::new(Stopped { at: self.now(), clock: Arc::clone(&self.clock) });
        Ok(Self { database, clock, computed: Some(Arc::default()), ..self.clone() })
    }

    /// Lets go of a moment in good order. Not for the hub itself: every handle on the same connection is closed.
    pub async fn end_moment(self) -> Result<(), InventoryError> {
        Ok(self.database.close().await?)
    }
}

/// A clock that stands still.
#[derive(Debug)]
struct Stopped {
    at: DateTime<Utc>,
    clock: Arc<dyn Clock>,
}

#[async_trait]
impl Clock for Stopped {
    fn now(&self) -> DateTime<Utc> {
        self.at
    }

    async fn sleep(&self, duration: Duration) {
        self.clock.sleep(duration).await;
    }
}
