//! GraphQL operations by name, and what is open on WebSockets.

use std::time::Duration;

use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

use super::{
    labels::{Labels, labels, of_requests},
    names::Names,
};

pub(super) struct Graphql {
    names: Names,
    operations: Family<Labels<2>, Counter>,
    errors: Family<Labels<2>, Counter>,
    durations: Family<Labels<2>, Histogram, fn() -> Histogram>,
    pub(super) websockets: Gauge,
    pub(super) subscriptions: Gauge,
}

/// How an operation went.
#[derive(Clone, Copy, Debug)]
pub struct OperationEnd<'a> {
    /// The name that the client gave it.
    pub name: Option<&'a str>,
    /// `query`, `mutation`, `subscription`, or `unknown` where the document could not be read.
    pub kind: &'static str,
    /// Whether it was carried out, with or without errors of fields.
    pub executed: bool,
    /// The codes of its errors, each as often as it came.
    pub codes: &'a [String],
    /// How long it took; `None` for a subscription, which lasts as long as its client likes.
    pub took: Option<Duration>,
}

impl Graphql {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let registered = Self {
            names: Names::default(),
            operations: Family::default(),
            errors: Family::default(),
            durations: Family::new_with_constructor(of_requests as fn() -> Histogram),
            websockets: Gauge::default(),
            subscriptions: Gauge::default(),
        };
        let help = "GraphQL operations by name: anonymous without one, other beyond the first hundred names";
        registry.register("graphql_operations", help, registered.operations.clone());
        let help = "Errors of GraphQL operations by the code in their extensions";
        registry.register("graphql_errors", help, registered.errors.clone());
        let help = "Time that queries and mutations took";
        let durations = registered.durations.clone();
        registry.register_with_unit("graphql_operation_duration", help, Unit::Seconds, durations);
        registry.register("websocket_connections", "Open WebSockets", registered.websockets.clone());
        registry.register("graphql_subscriptions", "Subscriptions that run", registered.subscriptions.clone());
        registered
    }

    pub(super) fn ended(&self, end: &OperationEnd<'_>) {
        let name = self.names.label(end.name, end.executed);
        let of_operation = labels([("operation", &name), ("type", end.kind)]);
        self.operations.get_or_create(&of_operation).inc();
        if let Some(took) = end.took {
            self.durations.get_or_create(&of_operation).observe(took.as_secs_f64());
        }
        for code in end.codes {
            self.errors.get_or_create(&labels([("operation", &name), ("code", code)])).inc();
        }
    }
}

/// Something that is counted as long as it is held.
#[derive(Debug)]
pub struct Held(Gauge);

impl Held {
    pub(super) fn one_of(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.dec();
    }
}
