//! HTTP requests by route.

use std::time::Duration;

use prometheus_client::{
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::{Registry, Unit},
};

use super::labels::{Labels, labels, of_requests};

/// Methods that are told apart.
const METHODS: [&str; 4] = ["GET", "HEAD", "POST", "OPTIONS"];

pub(super) struct Http {
    requests: Family<Labels<3>, Counter>,
    durations: Family<Labels<2>, Histogram, fn() -> Histogram>,
}

impl Http {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let requests = Family::default();
        let durations = Family::new_with_constructor(of_requests as fn() -> Histogram);
        let help = "HTTP requests by the pattern of their route, method and status";
        registry.register("http_requests", help, requests.clone());
        let help = "Time from a request's headers to those of its answer; a streamed body is not in it";
        registry.register_with_unit("http_request_duration", help, Unit::Seconds, durations.clone());
        Self { requests, durations }
    }

    pub(super) fn answered(&self, route: &str, method: &str, status: u16, took: Duration) {
        let method = if METHODS.contains(&method) { method } else { "other" };
        let status = status.to_string();
        self.requests.get_or_create(&labels([("route", route), ("method", method), ("status", &status)])).inc();
        let of_route = labels([("route", route), ("method", method)]);
        self.durations.get_or_create(&of_route).observe(took.as_secs_f64());
    }
}
