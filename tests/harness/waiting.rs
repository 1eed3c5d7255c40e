//! Waiting for something to be so, without sleeping.

use std::time::Duration;

use crate::World;

impl World {
    /// Waits until this holds: looks whenever a run of this server changes, and from time to time.
    pub async fn until(&self, mut holds: impl AsyncFnMut() -> bool) {
        let mut updates = self.inventory.subscribe();
        while !holds().await {
            // Not every change is a run's.
            let _ = tokio::time::timeout(Duration::from_millis(20), updates.recv()).await;
        }
    }
}
