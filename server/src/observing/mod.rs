//! How the hub is, for those who watch it: readiness and metrics, asked by `http` through its trait
//! [`Watched`](crate::http::Watched).
//!
//! It reads and counts, and refuses to do so more often than its readers need: a scraper that asks every second, or ten of
//! them at once, cost the database what one costs that asks every few seconds.

mod readiness;
mod scraping;

use futures::{FutureExt, future::BoxFuture};

use crate::{
    http::{Part, Watched},
    inventory::Inventory,
    metrics::CONTENT_TYPE,
};
use scraping::Scraper;

/// Watches one hub.
#[derive(Debug)]
pub struct Observer {
    inventory: Inventory,
    /// `None` where metrics are switched off.
    scraper: Option<Scraper>,
}

impl Observer {
    /// Of this hub; `with_metrics` is the setting `HUB_METRICS`.
    pub fn new(inventory: Inventory, with_metrics: bool) -> Self {
        let scraper = with_metrics.then(|| Scraper::new(inventory.clone()));
        Self { inventory, scraper }
    }
}

impl Watched for Observer {
    fn readiness(&self) -> BoxFuture<'_, Vec<Part>> {
        readiness::parts(self.inventory.database()).boxed()
    }

    fn metrics(&self) -> BoxFuture<'_, Option<(&'static str, String)>> {
        async { Some((CONTENT_TYPE, self.scraper.as_ref()?.scrape().await)) }.boxed()
    }
}
