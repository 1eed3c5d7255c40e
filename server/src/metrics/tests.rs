//! What is counted is what is told, in a text that Prometheus reads.

use super::*;

fn told(metrics: &Metrics) -> String {
    metrics.render(&[], None).unwrap()
}

#[track_caller]
fn has(text: &str, line: &str) {
    assert!(text.lines().any(|told| told == line), "no line `{line}` in:\n{text}");
}

#[test]
fn requests_are_counted_by_route_method_and_status() {
    let metrics = Metrics::default();
    for _ in 0..3 {
        metrics.request_answered("/graphql", "POST", 200, Duration::from_millis(3));
    }
    metrics.request_answered("/graphql", "BREW", 405, Duration::from_millis(3));
    let text = told(&metrics);
    has(&text, r#"hub_http_requests_total{route="/graphql",method="POST",status="200"} 3"#);
    has(&text, r#"hub_http_requests_total{route="/graphql",method="other",status="405"} 1"#);
    has(&text, r#"hub_http_request_duration_seconds_bucket{le="0.005",route="/graphql",method="POST"} 3"#);
    assert!(text.ends_with("# EOF\n"), "{text}");
}

#[test]
fn an_operation_is_counted_with_its_errors() {
    let metrics = Metrics::default();
    let codes = ["NOT_FOUND".to_owned(), "NOT_FOUND".to_owned()];
    let took = Some(Duration::from_millis(20));
    let end = OperationEnd { name: Some("Devices"), kind: "query", executed: true, codes: &codes, took };
    metrics.operation_ended(&end);
    metrics.operation_ended(&OperationEnd { name: None, kind: "subscription", codes: &[], took: None, ..end });
    let text = told(&metrics);
    has(&text, r#"hub_graphql_operations_total{operation="Devices",type="query"} 1"#);
    has(&text, r#"hub_graphql_errors_total{operation="Devices",code="NOT_FOUND"} 2"#);
    has(&text, r#"hub_graphql_operations_total{operation="anonymous",type="subscription"} 1"#);
    assert!(!text.contains(r#"duration_seconds_count{operation="anonymous""#), "{text}");
}

#[test]
fn syncs_and_deliveries_are_counted_from_nought_by_how_they_ended() {
    let metrics = Metrics::default();
    metrics.expect_syncs("ninja", ["synced", "failed"].into_iter());
    metrics.expect_deliveries("slack");
    metrics.sync_ended("ninja", "synced");
    metrics.deliveries_ended("slack", DeliveryEnd::GivenUp, 2);
    let text = told(&metrics);
    has(&text, r#"hub_syncs_total{vendor="ninja",outcome="synced"} 1"#);
    has(&text, r#"hub_syncs_total{vendor="ninja",outcome="failed"} 0"#);
    has(&text, r#"hub_alert_deliveries_total{sink="slack",outcome="given_up"} 2"#);
    has(&text, r#"hub_alert_deliveries_total{sink="slack",outcome="delivered"} 0"#);
}

#[test]
fn what_is_open_is_counted_as_long_as_it_is_held() {
    let metrics = Metrics::default();
    let first = metrics.websocket_opened();
    let second = metrics.websocket_opened();
    drop(first);
    has(&told(&metrics), "hub_websocket_connections 1");
    drop(second);
    has(&told(&metrics), "hub_websocket_connections 0");
}

#[test]
fn without_a_database_nothing_is_told_of_what_is_in_it() {
    let metrics = Metrics::default();
    let vendors = vec![VendorFigures { vendor: "NINJA", configured: true, newest: Some((60, 12.5)) }];
    let figures = Figures { vendors, open_exceptions: vec![("MISSING_TL", 4)], ..Figures::default() };
    let pool = PoolFigures { pool: "shared", idle: 2, in_use: 1, most: 16 };
    let text = metrics.render(&[pool], Some(&figures)).unwrap();
    has(&text, "hub_database_up 1");
    has(&text, r#"hub_devices_stored{vendor="NINJA"} 60"#);
    has(&text, r#"hub_newest_snapshot_age_seconds{vendor="NINJA"} 12.5"#);
    has(&text, r#"hub_open_exceptions{type="MISSING_TL"} 4"#);
    has(&text, r#"hub_database_connections{pool="shared",state="in_use"} 1"#);
    let text = told(&metrics);
    has(&text, "hub_database_up 0");
    assert!(!text.contains("NINJA") && !text.contains("MISSING_TL"), "{text}");
}
