//! Job runs and syncs of this server, its requests to vendors, and its messages about alerts.

use std::time::Duration;

use prometheus_client::{
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::{Registry, Unit},
};

use super::labels::{Labels, labels, of_jobs, of_requests};

/// What came of an attempt to deliver a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryEnd {
    /// It was taken.
    Delivered,
    /// It is tried again.
    Failed,
    /// It is not tried again.
    GivenUp,
}

impl DeliveryEnd {
    /// Every end.
    pub const ALL: [Self; 3] = [Self::Delivered, Self::Failed, Self::GivenUp];

    const fn label(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::GivenUp => "given_up",
        }
    }
}

pub(super) struct Work {
    collections: Family<Labels<2>, Counter>,
    runs: Family<Labels<2>, Counter>,
    durations: Family<Labels<1>, Histogram, fn() -> Histogram>,
    requests: Family<Labels<2>, Counter>,
    syncs: Family<Labels<2>, Counter>,
    deliveries: Family<Labels<2>, Counter>,
    waits: Family<Labels<1>, Histogram, fn() -> Histogram>,
}

impl Work {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let registered = Self {
            collections: Family::default(),
            runs: Family::default(),
            durations: Family::new_with_constructor(of_jobs as fn() -> Histogram),
            requests: Family::default(),
            syncs: Family::default(),
            deliveries: Family::default(),
            waits: Family::new_with_constructor(of_requests as fn() -> Histogram),
        };
        let help = "Collections that this server ended, by vendor and how they ended";
        registry.register("collections", help, registered.collections.clone());
        let help = "Job runs that this server ended, by job and how they ended";
        registry.register("job_runs", help, registered.runs.clone());
        let help = "Time from the start of a job run to its end";
        registry.register_with_unit("job_duration", help, Unit::Seconds, registered.durations.clone());
        let help = "Requests to vendors by the status of their answer; none where no whole answer came";
        registry.register("vendor_requests", help, registered.requests.clone());
        let help = "Time that requests to vendors took, their bodies included";
        registry.register_with_unit("vendor_request_duration", help, Unit::Seconds, registered.waits.clone());
        let help = "Syncs of one device that this server ended, by vendor and how they ended";
        registry.register("syncs", help, registered.syncs.clone());
        let help = "Messages about alerts that this server tried to send, by sink: delivered, failed (tried again) or given_up";
        registry.register("alert_deliveries", help, registered.deliveries.clone());
        registered
    }

    pub(super) fn expect_collections(&self, vendor: &str, outcomes: impl Iterator<Item = &'static str>) {
        for outcome in outcomes {
            drop(self.collections.get_or_create(&labels([("vendor", vendor), ("outcome", outcome)])));
        }
    }

    pub(super) fn expect_syncs(&self, vendor: &str, outcomes: impl Iterator<Item = &'static str>) {
        for outcome in outcomes {
            drop(self.syncs.get_or_create(&labels([("vendor", vendor), ("outcome", outcome)])));
        }
    }

    pub(super) fn sync_ended(&self, vendor: &str, outcome: &str) {
        self.syncs.get_or_create(&labels([("vendor", vendor), ("outcome", outcome)])).inc();
    }

    pub(super) fn deliveries_ended(&self, sink: &str, outcome: DeliveryEnd, messages: u64) {
        self.deliveries.get_or_create(&labels([("sink", sink), ("outcome", outcome.label())])).inc_by(messages);
    }

    pub(super) fn run_ended(&self, job: &str, vendor: Option<&str>, status: &str, took: Duration) {
        if let Some(vendor) = vendor {
            self.collections.get_or_create(&labels([("vendor", vendor), ("outcome", status)])).inc();
        }
        self.runs.get_or_create(&labels([("job", job), ("status", status)])).inc();
        self.durations.get_or_create(&labels([("job", job)])).observe(took.as_secs_f64());
    }

    pub(super) fn vendor_asked(&self, vendor: &str, status: Option<u16>, took: Duration) {
        let status = status.map_or_else(|| "none".to_owned(), |status| status.to_string());
        self.requests.get_or_create(&labels([("vendor", vendor), ("status", &status)])).inc();
        self.waits.get_or_create(&labels([("vendor", vendor)])).observe(took.as_secs_f64());
    }
}
