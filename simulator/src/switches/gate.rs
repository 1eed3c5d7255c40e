use std::sync::Arc;

use tokio::sync::{Semaphore, watch};

/// A barrier that requests wait at until a test lets them through: slowness without sleeping. Clones are one gate.
#[derive(Debug, Clone)]
pub struct Gate {
    permits: Arc<Semaphore>,
    arrived: Arc<watch::Sender<usize>>,
}

impl Gate {
    /// A closed gate.
    pub fn closed() -> Self {
        Self { permits: Arc::new(Semaphore::new(0)), arrived: Arc::new(watch::Sender::new(0)) }
    }

    /// Returns once that many requests have arrived, counted from the beginning.
    pub async fn arrived(&self, count: usize) {
        let mut arrivals = self.arrived.subscribe();
        // The sender lives as long as this gate, so waiting cannot fail while it is borrowed.
        let _ = arrivals.wait_for(|arrived| *arrived >= count).await;
    }

    /// Lets that many requests through, waiting ones first.
    pub fn release(&self, count: usize) {
        self.permits.add_permits(count);
    }

    /// Lets everything through from now on.
    pub fn open(&self) {
        self.permits.close();
    }

    pub(crate) async fn pass(&self) {
        self.arrived.send_modify(|arrived| *arrived += 1);
        if let Ok(permit) = self.permits.acquire().await {
            permit.forget();
        }
    }
}
