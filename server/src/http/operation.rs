//! Following one GraphQL operation: its span, its time, its errors.

use std::time::Instant;

use async_graphql::{Request, parser::types::OperationType};
use tracing::{Span, field::Empty, info_span};

use super::{
    HttpOptions,
    answer::{Outcome, Refusal},
    document,
};
use crate::metrics::{Metrics, OperationEnd};

/// Longest name of an operation in a span, in bytes.
const LONGEST: usize = 64;

/// One operation, from its document to its end.
pub(super) struct Operation {
    name: Option<String>,
    kind: Result<OperationType, Refusal>,
    metrics: Metrics,
    started: Instant,
}

impl Operation {
    /// Finds the document, and reads which operation of it would run.
    pub(super) fn of(request: &mut Request, options: &HttpOptions) -> Self {
        let found = options.documents.resolve(request);
        let kind = found.and_then(|()| document::operation_type(request));
        if kind.is_ok() {
            options.documents.keep(request);
        }
        let name = kind.is_ok().then(|| document::operation_name(request)).flatten();
        Self { name, kind, metrics: options.metrics.clone(), started: Instant::now() }
    }

    /// The same, unless its client has asked too often.
    pub(super) fn allowed(request: &mut Request, options: &HttpOptions, allowed: Result<(), Refusal>) -> Self {
        match allowed {
            Ok(()) => Self::of(request, options),
            Err(refusal) => {
                Self { name: None, kind: Err(refusal), metrics: options.metrics.clone(), started: Instant::now() }
            }
        }
    }

    /// What would run, or why nothing can.
    pub(super) fn kind(&self) -> Result<OperationType, Refusal> {
        self.kind.clone()
    }

    pub(super) fn span(&self) -> Span {
        let name = self.name.as_deref().filter(|name| name.len() <= LONGEST);
        let title = name.map_or_else(|| self.word().to_owned(), |name| format!("{} {name}", self.word()));
        info_span!("graphql", otel.name = title, graphql.errors = Empty)
    }

    /// Counts a query or mutation that has ended, or what was refused.
    pub(super) fn end(&self, span: &Span, ended: Result<&Outcome, &Refusal>) {
        let (executed, codes) = match ended {
            Ok(outcome) => (outcome.executed, outcome.codes()),
            Err(refusal) => (false, vec![refusal.code.as_str().to_owned()]),
        };
        if !codes.is_empty() {
            span.record("graphql.errors", codes.join(" "));
        }
        self.count(executed, &codes, true);
    }

    /// Counts a subscription that begins.
    pub(super) fn start(&self) {
        self.count(true, &[], false);
    }

    fn count(&self, executed: bool, codes: &[String], timed: bool) {
        let took = timed.then(|| self.started.elapsed());
        let name = self.name.as_deref();
        self.metrics.operation_ended(&OperationEnd { name, kind: self.word(), executed, codes, took });
    }

    fn word(&self) -> &'static str {
        match self.kind {
            Ok(OperationType::Query) => "query",
            Ok(OperationType::Mutation) => "mutation",
            Ok(OperationType::Subscription) => "subscription",
            Err(_) => "unknown",
        }
    }
}
