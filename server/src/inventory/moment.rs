//! The hub at one moment: what takes many statements to read, and must agree with itself.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::clock::Clock;

use super::{Inventory, InventoryError};

impl Inventory {
    /// The same hub as it is now: whatever is written meanwhile is not seen, "today" stays today, and nothing can be
    /// written. It holds one connection of its own, and old rows in the database, until it is dropped or
    /// [ended](Self::end_moment).
    pub async fn read_moment(&self) -> Result<Self, InventoryError> {
        let database = self.database.at_this_moment().await?;
        let clock = Arc::new(Stopped { at: self.now(), clock: Arc::clone(&self.clock) });
        Ok(Self { database, clock, ..self.clone() })
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
