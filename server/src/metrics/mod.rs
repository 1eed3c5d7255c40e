//! What the hub counts of itself, and how Prometheus reads it.
//!
//! A leaf: every module may count here, and this one knows none of them. One [`Metrics`] belongs to one hub, not to the
//! process, so that several hubs in one process (tests) do not count each other's work. It refuses labels whose values
//! nobody bounded: names that clients choose go through [`names::Names`].

mod graphql;
mod http;
mod labels;
mod names;
mod stored;
#[cfg(test)]
mod tests;
mod work;

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use prometheus_client::{
    encoding::text,
    metrics::{family::Family, gauge::Gauge},
    registry::Registry,
};

pub use self::{
    graphql::{Held, OperationEnd},
    stored::{Figures, PoolFigures, VendorFigures},
    work::DeliveryEnd,
};

use labels::{Labels, labels};

/// The media type of what [`Metrics::render`] writes.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What one hub counts. Cheap to clone: every clone counts together.
#[derive(Clone)]
pub struct Metrics(Arc<Counted>);

struct Counted {
    registry: Registry,
    http: http::Http,
    graphql: graphql::Graphql,
    work: work::Work,
    stored: stored::Stored,
    build: Family<Labels<2>, Gauge>,
    /// Those who write gauges and render them, one at a time.
    turn: Mutex<()>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("hub");
        let build = Family::default();
        registry.register("build_info", "Always 1; the labels say what runs on which database", build.clone());
        let http = http::Http::register(&mut registry);
        let graphql = graphql::Graphql::register(&mut registry);
        let work = work::Work::register(&mut registry);
        let stored = stored::Stored::register(&mut registry);
        Self(Arc::new(Counted { registry, http, graphql, work, stored, build, turn: Mutex::default() }))
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Metrics {
    /// Says what runs: once, at start.
    pub fn set_build(&self, version: &str, database: &str) {
        self.0.build.get_or_create(&labels([("version", version), ("database", database)])).set(1);
    }

    /// One answered HTTP request, up to its headers. `route` is the pattern of the route, never the address.
    pub fn request_answered(&self, route: &str, method: &str, status: u16, took: Duration) {
        self.0.http.answered(route, method, status, took);
    }

    /// One GraphQL operation that was refused or has ended; of a subscription, that has begun.
    pub fn operation_ended(&self, end: &OperationEnd<'_>) {
        self.0.graphql.ended(end);
    }

    /// One more open WebSocket, until this is dropped.
    pub fn websocket_opened(&self) -> Held {
        Held::one_of(&self.0.graphql.websockets)
    }

    /// One more running subscription, until this is dropped.
    pub fn subscription_started(&self) -> Held {
        Held::one_of(&self.0.graphql.subscriptions)
    }

    /// One request to a vendor: the status of its answer, or `None` where none came.
    pub fn vendor_asked(&self, vendor: &str, status: Option<u16>, took: Duration) {
        self.0.work.vendor_asked(vendor, status, took);
    }

    /// Tells of a vendor's collections that none has ended in one of these ways: a counter that appears with its first event
    /// shows Prometheus no increase.
    pub fn expect_collections(&self, vendor: &str, outcomes: impl Iterator<Item = &'static str>) {
        self.0.work.expect_collections(vendor, outcomes);
    }

    /// The same of syncs.
    pub fn expect_syncs(&self, vendor: &str, outcomes: impl Iterator<Item = &'static str>) {
        self.0.work.expect_syncs(vendor, outcomes);
    }

    /// One sync that has ended.
    pub fn sync_ended(&self, vendor: &str, outcome: &str) {
        self.0.work.sync_ended(vendor, outcome);
    }

    /// Tells of a sink that nothing was sent to it yet.
    pub fn expect_deliveries(&self, sink: &str) {
        for outcome in DeliveryEnd::ALL {
            self.0.work.deliveries_ended(sink, outcome, 0);
        }
    }

    /// So many messages to a sink, of which this came.
    pub fn deliveries_ended(&self, sink: &str, outcome: DeliveryEnd, messages: u64) {
        self.0.work.deliveries_ended(sink, outcome, messages);
    }

    /// One job run that has ended. `vendor` is that of a collection.
    pub fn run_ended(&self, job: &str, vendor: Option<&str>, status: &str, took: Duration) {
        self.0.work.run_ended(job, vendor, status, took);
    }

    /// Everything counted, as OpenMetrics text, with these figures of what is stored; `None` when the database could not
    /// be asked: then nothing is told of what is in it, and `hub_database_up` is 0.
    pub fn render(&self, pools: &[PoolFigures], figures: Option<&Figures>) -> Result<String, fmt::Error> {
        let _turn = self.0.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.stored.show(pools, figures);
        let mut out = String::new();
        text::encode(&mut out, &self.0.registry)?;
        Ok(out)
    }
}
