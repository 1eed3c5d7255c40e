//! SQL statements as spans of whatever they were run for.

use std::time::SystemTime;

use opentelemetry::{
    KeyValue,
    trace::{Span as _, SpanBuilder, SpanKind, Status, TraceContextExt, Tracer},
};
use sea_orm::{DatabaseBackend, metric};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::traces::tracer;

/// Longest text of a statement in a span, in bytes; a list of a thousand placeholders says no more.
const LONGEST: usize = 2000;

/// Adds a statement that has just run to the trace of the current span, if there is one. Values are bound beside the text
/// and are not told.
pub fn trace_statement(statement: &metric::Info<'_>) {
    let Some(tracer) = tracer() else { return };
    let parent = Span::current().context();
    if !parent.span().span_context().is_sampled() {
        return;
    }
    let ended = now();
    let mut text = statement.statement.sql.as_str();
    text = &text[..text.floor_char_boundary(LONGEST)];
    let system = match statement.statement.db_backend {
        DatabaseBackend::Postgres => "postgresql",
        _ => "sqlite",
    };
    let verb = text.split_whitespace().next().unwrap_or("SQL").to_owned();
    let span = SpanBuilder::from_name(verb)
        .with_kind(SpanKind::Client)
        .with_start_time(ended.checked_sub(statement.elapsed).unwrap_or(ended))
        .with_attributes([KeyValue::new("db.system.name", system), KeyValue::new("db.query.text", text.to_owned())]);
    let mut span = tracer.build_with_context(span, &parent);
    if statement.failed {
        span.set_status(Status::error("the statement failed"));
    }
    span.end_with_timestamp(ended);
}

#[expect(
    clippy::disallowed_methods,
    reason = "a trace tells when things really happened, whatever the hub's clock says"
)]
fn now() -> SystemTime {
    SystemTime::now()
}
