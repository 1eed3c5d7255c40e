//! An OpenTelemetry collector on loopback: takes OTLP over HTTP and keeps what came.

use std::{
    collections::BTreeMap,
    net::Ipv4Addr,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, routing::post};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, KeyValue, any_value::Value},
    trace::v1::Span,
};
use prost::Message;
use tokio::{net::TcpListener, task::JoinHandle};

/// Takes traces until it is dropped.
#[derive(Debug)]
pub struct TraceCollector {
    /// What `OTEL_EXPORTER_OTLP_ENDPOINT` is set to.
    pub endpoint: String,
    received: Received,
    serving: JoinHandle<()>,
}

type Received = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;

/// A span as it came.
#[derive(Clone, Debug)]
pub struct TracedSpan {
    /// Its name.
    pub name: String,
    /// Its trace, in hex.
    pub trace_id: String,
    /// Its id, in hex.
    pub span_id: String,
    /// The id of the span that it is in, in hex; empty where there is none.
    pub parent_id: String,
    /// 2 server, 3 client, 1 anything inside.
    pub kind: i32,
    /// What is told of it, as text.
    pub attributes: BTreeMap<String, String>,
    /// How long it took, in nanoseconds.
    pub nanoseconds: u64,
}

impl TraceCollector {
    /// Listens on a free port.
    #[expect(clippy::disallowed_methods, reason = "the collector ends with the test")]
    pub async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.unwrap_or_else(|error| panic!("no free port: {error}"));
        let address = listener.local_addr().unwrap_or_else(|error| panic!("no address: {error}"));
        let received = Received::default();
        let routes = Router::new().route("/v1/traces", post(take)).with_state(Arc::clone(&received));
        let serving = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, routes).await {
                panic!("the collector of traces stopped: {error}");
            }
        });
        Self { endpoint: format!("http://{address}"), received, serving }
    }

    /// The headers of the requests that came.
    pub fn headers(&self) -> Vec<HeaderMap> {
        self.received().iter().map(|(headers, _)| headers.clone()).collect()
    }

    /// All that came, as it went over the wire.
    pub fn bytes(&self) -> Vec<u8> {
        self.received().iter().flat_map(|(_, body)| body.to_vec()).collect()
    }

    /// The spans that came.
    pub fn spans(&self) -> Vec<TracedSpan> {
        let read = |body: Bytes| {
            ExportTraceServiceRequest::decode(body).unwrap_or_else(|error| panic!("no trace request: {error}"))
        };
        let requests = self.received().into_iter().map(|(_, body)| read(body));
        let scopes = requests.flat_map(|request| request.resource_spans).flat_map(|resource| resource.scope_spans);
        scopes.flat_map(|scope| scope.spans).map(traced).collect()
    }

    fn received(&self) -> Vec<(HeaderMap, Bytes)> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn take(State(received): State<Received>, headers: HeaderMap, body: Bytes) {
    received.lock().unwrap_or_else(PoisonError::into_inner).push((headers, body));
}

fn traced(span: Span) -> TracedSpan {
    TracedSpan {
        trace_id: hex(&span.trace_id),
        span_id: hex(&span.span_id),
        parent_id: hex(&span.parent_span_id),
        kind: span.kind,
        attributes: span.attributes.into_iter().map(attribute).collect(),
        nanoseconds: span.end_time_unix_nano.saturating_sub(span.start_time_unix_nano),
        name: span.name,
    }
}

fn attribute(pair: KeyValue) -> (String, String) {
    let text = match pair.value {
        Some(AnyValue { value: Some(Value::StringValue(text)) }) => text,
        Some(AnyValue { value: Some(Value::IntValue(number)) }) => number.to_string(),
        other => format!("{other:?}"),
    };
    (pair.key, text)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

impl Drop for TraceCollector {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
