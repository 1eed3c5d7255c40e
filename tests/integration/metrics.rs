//! `/metrics`: what the hub counts is what happened, and a scraper is no burden.

use harness::{Backend, Scrape, Socket, Surroundings, World, http_client};
use rstest::rstest;
use serde_json::json;
use simulator::{Effect, Fault};

async fn scrape(world: &World) -> Scrape {
    Scrape::of(&world.graphql.url).await
}

/// How often the simulated vendor answered with a status.
fn answered(world: &World, vendor: simulator::Vendor, status: u16) -> usize {
    let requests = world.simulator.requests();
    requests.iter().filter(|one| one.vendor == Some(vendor) && one.status == Some(status)).count()
}

#[rstest]
#[tokio::test]
async fn a_night_is_counted_as_it_went(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::small_on(backend).start().await;
    let before = scrape(&world).await;
    assert_eq!(before.find(r#"hub_devices_stored{vendor="ninja"}"#), None, "nothing is stored yet");
    assert_eq!(before.value(r#"hub_collections_total{vendor="ninja",outcome="failed"}"#), 0, "an increase must show");
    assert_eq!(before.value(r#"hub_vendor_configured{vendor="ninja"}"#), 1);
    world.night(0).await;
    // What was read before the night is good for some seconds.
    world.clock.advance(std::time::Duration::from_secs(10));
    let told = scrape(&world).await;
    for (vendor, devices, simulated) in
        [("ninja", 25, simulator::Vendor::Ninja), ("threatlocker", 15, simulator::Vendor::ThreatLocker)]
    {
        assert_eq!(told.value(&format!(r#"hub_collections_total{{vendor="{vendor}",outcome="completed"}}"#)), 1);
        assert_eq!(told.value(&format!(r#"hub_devices_stored{{vendor="{vendor}"}}"#)), devices);
        assert_eq!(told.value(&format!(r#"hub_newest_snapshot_age_seconds{{vendor="{vendor}"}}"#)), 10);
        let asked = told.value(&format!(r#"hub_vendor_requests_total{{vendor="{vendor}",status="200"}}"#));
        assert_eq!(usize::try_from(asked).unwrap(), answered(&world, simulated, 200));
        assert_eq!(told.value(&format!(r#"hub_vendor_request_duration_seconds_count{{vendor="{vendor}"}}"#)), asked);
        assert_eq!(told.value(&format!(r#"hub_job_duration_seconds_count{{job="{vendor}-collector"}}"#)), 1);
    }
    assert_eq!(told.value(r#"hub_job_runs_total{job="cross-vendor-checks",status="completed"}"#), 1);
    assert_eq!(told.value(r#"hub_job_runs_open{status="running"}"#), 0);
    world.clock.advance(std::time::Duration::from_hours(1));
    let later = scrape(&world).await;
    assert_eq!(later.value(r#"hub_newest_snapshot_age_seconds{vendor="ninja"}"#), 3610);
}

#[rstest]
#[tokio::test]
async fn open_exceptions_are_those_that_the_list_has(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::on(backend).start().await;
    world.night(0).await;
    let told = scrape(&world).await;
    let types = world.graphql.query("{ exceptionTypes { type } }").await["exceptionTypes"].as_array().unwrap().clone();
    let mut open = 0;
    for exception_type in &types {
        let filter = json!({ "type": { "eq": exception_type["type"] }, "status": { "eq": "OPEN" } });
        let query = "query($f: ExceptionFilter) { exceptions(first: 1, filter: $f) { totalCount } }";
        let listed = world.graphql.ask(query, json!({ "f": filter })).await.data()["exceptions"]["totalCount"].as_u64();
        let code = exception_type["type"].as_str().unwrap();
        let counted = told.value(&format!(r#"hub_open_exceptions{{type="{code}"}}"#));
        assert_eq!(Some(counted), listed, "{code}");
        open += counted;
    }
    assert!(open > 0, "{}", told.text);
}

#[rstest]
#[tokio::test]
async fn what_failed_is_counted_as_failed(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::small_on(backend).start().await;
    let fault = Fault::new(Effect::Status(403)).of(simulator::Vendor::ThreatLocker);
    world.simulator.with_switches(|switches| switches.faults.push(fault));
    world.night(0).await;
    let told = scrape(&world).await;
    assert_eq!(told.value(r#"hub_collections_total{vendor="threatlocker",outcome="failed"}"#), 1);
    assert_eq!(told.value(r#"hub_collections_total{vendor="ninja",outcome="completed"}"#), 1);
    let refused = told.value(r#"hub_vendor_requests_total{vendor="threatlocker",status="403"}"#);
    assert_eq!(usize::try_from(refused).unwrap(), answered(&world, simulator::Vendor::ThreatLocker, 403));
    assert_eq!(told.find(r#"hub_devices_stored{vendor="threatlocker"}"#), None);
}

#[rstest]
#[tokio::test]
async fn operations_are_counted_by_name_with_their_errors(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    for _ in 0..2 {
        world.graphql.ask("query Vendors { vendors { name } }", json!({})).await.data();
    }
    world.graphql.ask("{ vendors { name } }", json!({})).await.data();
    world.graphql.ask("query Broken { nothing }", json!({})).await.error_code();
    world.graphql.ask("query Unread {", json!({})).await.error_code();
    world.graphql.ask("query Strange { node(id: \"x\") { id } }", json!({})).await.error_code();
    let told = scrape(&world).await;
    let expected = [
        (r#"hub_graphql_operations_total{operation="Vendors",type="query"}"#, 2),
        (r#"hub_graphql_operation_duration_seconds_count{operation="Vendors",type="query"}"#, 2),
        (r#"hub_graphql_operations_total{operation="anonymous",type="query"}"#, 1),
        (r#"hub_graphql_operations_total{operation="other",type="query"}"#, 1),
        (r#"hub_graphql_errors_total{operation="other",code="GRAPHQL_VALIDATION_FAILED"}"#, 1),
        (r#"hub_graphql_operations_total{operation="anonymous",type="unknown"}"#, 1),
        (r#"hub_graphql_errors_total{operation="anonymous",code="GRAPHQL_PARSE_FAILED"}"#, 1),
        (r#"hub_graphql_errors_total{operation="Strange",code="BAD_USER_INPUT"}"#, 1),
        (r#"hub_http_requests_total{route="/graphql",method="POST",status="200"}"#, 6),
        (r#"hub_http_request_duration_seconds_count{route="/graphql",method="POST"}"#, 6),
    ];
    for (series, value) in expected {
        assert_eq!(told.value(series), value, "{series}");
    }
}

#[rstest]
#[tokio::test]
async fn names_that_somebody_makes_up_do_not_fill_the_memory(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    for number in 0..130 {
        world.graphql.ask(&format!("query Name{number} {{ __typename }}"), json!({})).await.data();
        let unknown = format!("{}/nowhere{number}", world.graphql.url.replace("/graphql", ""));
        assert_eq!(http_client().get(unknown).send().await.unwrap().status(), 404);
    }
    let told = scrape(&world).await;
    assert_eq!(told.series("hub_graphql_operations_total").len(), 101);
    assert_eq!(told.value(r#"hub_graphql_operations_total{operation="other",type="query"}"#), 30);
    assert_eq!(told.value(r#"hub_http_requests_total{route="none",method="GET",status="404"}"#), 130);
    assert!(!told.text.contains("nowhere"), "{}", told.text);
}

#[rstest]
#[tokio::test]
async fn open_sockets_and_subscriptions_are_counted_while_they_are_open(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    let mut socket = Socket::open(&world.graphql.url).await;
    socket.subscribe("q", "query Vendors { vendors { name } }", json!({})).await;
    assert_eq!(
        (socket.hear().await["type"].clone(), socket.hear().await["type"].clone()),
        (json!("next"), json!("complete"))
    );
    let told = scrape(&world).await;
    assert_eq!((told.value("hub_websocket_connections"), told.value("hub_graphql_subscriptions")), (1, 0));
    assert_eq!(told.value(r#"hub_graphql_operations_total{operation="Vendors",type="query"}"#), 1);
    drop(socket);
    world.until(async || scrape(&world).await.value("hub_websocket_connections") == 0).await;
}

#[rstest]
#[tokio::test]
async fn the_database_is_asked_once_in_a_while_however_many_scrape(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    world.night(0).await;
    world.settle().await;
    world.take_statements();
    scrape(&world).await;
    let of_one = world.take_statements().len();
    assert!((1..=6).contains(&of_one), "{of_one} statements");
    futures::future::join_all((0..10).map(|_| scrape(&world))).await;
    assert_eq!(world.take_statements(), Vec::<String>::new(), "the clock stands still");
    world.clock.advance(std::time::Duration::from_secs(5));
    futures::future::join_all((0..10).map(|_| scrape(&world))).await;
    assert_eq!(world.take_statements().len(), of_one, "ten at once share what one reads");
}

#[rstest]
#[tokio::test]
async fn the_pools_and_the_build_are_told(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::small_on(backend).start().await;
    let told = scrape(&world).await;
    let (system, pool, most) = match backend {
        Backend::Sqlite => ("sqlite", "reader", 8),
        Backend::Postgres => ("postgresql", "shared", 16),
    };
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(told.value(&format!(r#"hub_build_info{{version="{version}",database="{system}"}}"#)), 1);
    assert_eq!(told.value(&format!(r#"hub_database_connections_max{{pool="{pool}"}}"#)), most);
    let of = |state: &str| told.value(&format!(r#"hub_database_connections{{pool="{pool}",state="{state}"}}"#));
    assert!((1..=most).contains(&(of("idle") + of("in_use"))), "{}", told.text);
}

#[tokio::test]
async fn metrics_are_for_this_machine_and_can_be_switched_off() {
    let outside = Surroundings::on(Backend::Sqlite).await;
    let (_hub, url) = outside.serving().await;
    let metrics = url.replace("/graphql", "/metrics");
    let ask = |name: &'static str, value: &'static str| http_client().get(&metrics).header(name, value).send();
    assert_eq!(ask("accept", "*/*").await.unwrap().status(), 200);
    assert_eq!(ask("host", "hub.example.com").await.unwrap().status(), 421);
    assert_eq!(ask("origin", "https://evil.example").await.unwrap().status(), 403);
    let mut off = outside.hub(&["serve"]).set("HUB_METRICS", "off").start();
    let url = off.url().await.replace("/graphql", "/metrics");
    assert_eq!(http_client().get(url).send().await.unwrap().status(), 404);
}
