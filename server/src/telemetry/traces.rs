//! OpenTelemetry traces: spans of our own crates, sent by OTLP over HTTP from a thread beside the work.
//!
//! A collector that is slow or away costs spans, never requests: they wait in a bounded queue and are dropped beyond it.

use std::{collections::HashMap, sync::OnceLock, thread, time::Duration};

use anyhow::Context;
use axum::http::{HeaderMap, HeaderName};
use opentelemetry::{
    propagation::{Extractor, TextMapPropagator},
    trace::{TraceContextExt, TracerProvider},
};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    propagation::TraceContextPropagator,
    trace::{SdkTracer, SdkTracerProvider},
};
use secrecy::ExposeSecret;
use tracing::{Level, Metadata, Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{Layer, filter::filter_fn, registry::LookupSpan};

use crate::config::TraceSettings;

/// How long the collector may take to accept a batch.
const PATIENCE: Duration = Duration::from_secs(10);

/// Crates whose spans are traced. Those of the exporter's own HTTP client would be traced for ever.
const OURS: [&str; 2] = ["server", "collectors"];

static TRACER: OnceLock<SdkTracer> = OnceLock::new();

/// The way of spans to the collector.
#[derive(Debug)]
pub(super) struct Traces {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

impl Traces {
    /// Opens the way; the collector is first asked when there is something to send.
    pub(super) fn open(settings: &TraceSettings) -> anyhow::Result<Self> {
        // The blocking client may only be made where blocking is allowed.
        let wanted = settings.clone();
        let made = thread::spawn(move || exporter(&wanted)).join();
        let exporter = made.map_err(|_| anyhow::anyhow!("the trace exporter panicked"))??;
        let resource = Resource::builder().with_service_name(settings.service_name.clone()).build();
        let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build();
        let tracer = provider.tracer("inventory-hub");
        // Only a second start finds one, and that one fails anyway.
        let _ = TRACER.set(tracer.clone());
        Ok(Self { provider, tracer })
    }

    pub(super) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        tracing_opentelemetry::layer().with_tracer(self.tracer.clone()).with_filter(filter_fn(is_ours))
    }

    /// Sends what waits. Blocks.
    pub(super) fn close(&self, patience: Duration) -> OTelSdkResult {
        self.provider.shutdown_with_timeout(patience)
    }
}

fn exporter(settings: &TraceSettings) -> anyhow::Result<SpanExporter> {
    // An error says that the process has a provider already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let is_plain = settings.endpoint.scheme() == "http";
    let mut client = reqwest::blocking::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none());
    if is_plain {
        // As for the collectors of vendors: plain http needs neither a proxy nor certificate authorities.
        client = client.no_proxy().tls_certs_only([]);
    }
    let client = client.build().context("no HTTP client for traces")?;
    let headers = settings.headers.iter().map(|(name, value)| (name.clone(), value.expose_secret().to_owned()));
    let exporter = SpanExporter::builder().with_http().with_http_client(client).with_timeout(PATIENCE);
    let exporter = exporter.with_endpoint(settings.traces_url()).with_headers(headers.collect::<HashMap<_, _>>());
    exporter.build().context("traces can't be exported")
}

fn is_ours(metadata: &Metadata<'_>) -> bool {
    let name = metadata.target().split("::").next().unwrap_or_default();
    *metadata.level() <= Level::INFO && OURS.contains(&name)
}

/// What makes spans by hand; none where nothing is traced.
pub(super) fn tracer() -> Option<&'static SdkTracer> {
    TRACER.get()
}

/// Whether spans go anywhere but to the log.
pub fn are_traced() -> bool {
    tracer().is_some()
}

/// Makes a span part of the trace that a request says it belongs to (`traceparent`, W3C Trace Context).
pub fn continue_trace(span: &Span, headers: &HeaderMap) {
    if !are_traced() {
        return;
    }
    let parent = TraceContextPropagator::new().extract(&Headers(headers));
    if parent.span().span_context().is_valid()
        && let Err(error) = span.set_parent(parent)
    {
        tracing::debug!(%error, "a trace could not be continued");
    }
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}
