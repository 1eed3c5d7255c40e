//! OpenTelemetry traces: from the request to its statements, and from a collection to the vendor's answers.

use std::collections::BTreeSet;

use harness::{Backend, Surroundings, TraceCollector, TracedSpan, http_client};
use rstest::rstest;
use serde_json::json;

const CALLER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const SERVER: i32 = 2;
const CLIENT: i32 = 3;

#[track_caller]
fn only<'a>(spans: &'a [TracedSpan], name: &str) -> &'a TracedSpan {
    let found: Vec<_> = spans.iter().filter(|span| span.name == name).collect();
    let names: BTreeSet<_> = spans.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(found.len(), 1, "{name} in {names:?}");
    found[0]
}

fn inside<'a>(spans: &'a [TracedSpan], outer: &TracedSpan) -> Vec<&'a TracedSpan> {
    spans.iter().filter(|span| span.parent_id == outer.span_id).collect()
}

#[rstest]
#[tokio::test]
async fn a_request_is_traced_down_to_its_statements_as_part_of_its_callers_trace(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let outside = Surroundings::on(backend).await;
    let collector = TraceCollector::start().await;
    let hub = outside.hub(&["serve"]).set("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint);
    let mut hub = hub.set("OTEL_EXPORTER_OTLP_HEADERS", "x-collector-key=some-key, x-tenant=7").start();
    let url = hub.url().await;
    let body =
        json!({ "query": "query Devices { devices(filter: { hostname: { eq: \"needle-host\" } }) { totalCount } }" });
    let answer = http_client().post(&url).header("traceparent", CALLER).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    hub.terminate().await;
    hub.finish().await.ended_with(0);

    let spans = collector.spans();
    let request = only(&spans, "POST /graphql");
    assert_eq!((request.trace_id.as_str(), request.parent_id.as_str()), (&CALLER[3..35], &CALLER[36..52]));
    assert_eq!((request.kind, request.attributes["http.response.status_code"].as_str()), (SERVER, "200"));
    let operation = only(&spans, "query Devices");
    assert_eq!(operation.parent_id, request.span_id);
    let statements = inside(&spans, operation);
    assert!(!statements.is_empty(), "{spans:#?}");
    let system = if backend == Backend::Sqlite { "sqlite" } else { "postgresql" };
    for statement in statements {
        assert_eq!((statement.kind, statement.trace_id.as_str()), (CLIENT, request.trace_id.as_str()));
        assert_eq!((statement.name.as_str(), statement.attributes["db.system.name"].as_str()), ("SELECT", system));
        assert!(statement.nanoseconds > 0 && statement.nanoseconds <= operation.nanoseconds, "{statement:?}");
        assert!(!statement.attributes["db.query.text"].contains("needle-host"), "values are not told: {statement:?}");
    }
    let headers = collector.headers();
    assert!(headers.iter().all(|sent| sent["x-collector-key"] == "some-key" && sent["x-tenant"] == "7"), "{headers:?}");
}

#[rstest]
#[tokio::test]
async fn a_collection_is_traced_with_the_vendors_answers(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let outside = Surroundings::on(backend).await;
    let collector = TraceCollector::start().await;
    let hub = outside.hub(&["collect", "ninja"]).set("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint);
    hub.run().await.ended_with(0);
    let spans = collector.spans();
    let collection = only(&spans, "collection");
    assert_eq!((collection.attributes["vendor"].as_str(), collection.parent_id.as_str()), ("ninja", ""));
    let inner = inside(&spans, collection);
    let requests: Vec<_> = inner.iter().filter(|span| span.name == "vendor_request").collect();
    // The token is fetched by a task of its own, which outlives a collection that is cancelled.
    let listed = outside.simulator.requests().iter().filter(|one| !one.path.contains("oauth")).count();
    assert_eq!(requests.len(), listed, "{inner:#?}");
    for request in requests {
        assert_eq!((request.kind, request.attributes["http.response.status_code"].as_str()), (CLIENT, "200"));
        assert!(!request.attributes["path"].contains('?'), "{request:?}");
    }
    assert!(inner.iter().any(|span| span.name == "INSERT"), "what is stored is traced too");
}

#[tokio::test]
async fn a_collector_of_traces_that_is_away_costs_no_request_and_no_stop() {
    let outside = Surroundings::on(Backend::Sqlite).await;
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let endpoint = format!("http://{nobody}");
    let mut hub = outside.hub(&["serve"]).set("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint).start();
    let url = hub.url().await;
    let answer = http_client().post(&url).json(&json!({ "query": "{ vendors { name } }" })).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    hub.terminate().await;
    hub.finish().await.ended_with(0);
}

#[tokio::test]
async fn an_endpoint_that_is_none_is_refused_at_start_without_its_password() {
    let outside = Surroundings::on(Backend::Sqlite).await;
    for bad in ["collector:4318", "ftp://collector", "http://user:planted-password@collector:4318"] {
        let refused = outside.hub(&["serve"]).set("OTEL_EXPORTER_OTLP_ENDPOINT", bad).run().await.ended_with(2);
        assert!(refused.stderr.contains("OTEL_EXPORTER_OTLP_ENDPOINT: expected an http or https URL"), "{refused:?}");
        assert!(!refused.said().contains("planted-password"), "{refused:?}");
    }
    let headers = outside.hub(&["serve"]).set("OTEL_EXPORTER_OTLP_HEADERS", "planted-key-without-a-name");
    let refused = headers.run().await.ended_with(2);
    assert!(refused.stderr.contains("OTEL_EXPORTER_OTLP_HEADERS"), "{refused:?}");
    assert!(!refused.said().contains("planted-key"), "{refused:?}");
}
