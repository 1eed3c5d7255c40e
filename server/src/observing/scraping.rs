//! Metrics with what is stored: read when somebody asks, and kept for those who ask soon after.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::{sync::Mutex, time::timeout};

use crate::{inventory::Inventory, metrics::Figures};

/// How long figures are good for others: less than the shortest interval that anybody scrapes with.
const GOOD_FOR: Duration = Duration::from_secs(4);

/// How long the database may take; scrapers give up after ten seconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// Renders metrics.
#[derive(Debug)]
pub(super) struct Scraper {
    inventory: Inventory,
    /// Held while the database is asked: who comes meanwhile waits for the same figures.
    last: Mutex<Option<Read>>,
}

/// What the database said, and when; no figures where it failed.
#[derive(Clone, Debug)]
struct Read {
    at: DateTime<Utc>,
    figures: Option<Figures>,
}

impl Scraper {
    pub(super) fn new(inventory: Inventory) -> Self {
        Self { inventory, last: Mutex::default() }
    }

    pub(super) async fn scrape(&self) -> String {
        let read = self.read().await;
        let pools = self.inventory.database().pools();
        let rendered = self.inventory.metrics().render(&pools, read.figures.as_ref());
        rendered.unwrap_or_else(|error| {
            tracing::error!(%error, "the metrics could not be written");
            String::new()
        })
    }

    async fn read(&self) -> Read {
        let mut last = self.last.lock().await;
        let now = self.inventory.now();
        let is_good = |read: &&Read| (now - read.at).to_std().is_ok_and(|age| age < GOOD_FOR);
        if let Some(read) = last.as_ref().filter(is_good) {
            return read.clone();
        }
        let figures = match timeout(PATIENCE, self.inventory.read_figures()).await {
            Ok(Ok(figures)) => Some(figures),
            Ok(Err(error)) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "metrics of what is stored could not be read");
                None
            }
            Err(_elapsed) => {
                tracing::warn!("the database did not tell in time what is stored; metrics go without");
                None
            }
        };
        last.insert(Read { at: now, figures }).clone()
    }
}
