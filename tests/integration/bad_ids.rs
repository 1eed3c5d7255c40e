//! Ids that are unknown, malformed, or of another type.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use harness::{Backend, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

async fn world(backend: Backend) -> World {
    let world = World::on(backend).plan(FleetPlan::plain(12, 6)).start().await;
    world.night(0).await;
    world
}

fn encoded(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// Where an id can be given, and the type it must be of; `Node` is any.
const PLACES: [(&str, &str); 13] = [
    ("Device", "query($id: ID!) { device(id: $id) { id } }"),
    ("Exception", "query($id: ID!) { exception(id: $id) { id } }"),
    ("Node", "query($id: ID!) { node(id: $id) { id } }"),
    ("Node", "query($id: ID!) { nodes(ids: [$id]) { id } }"),
    ("Organization", "query($id: ID!) { devices(filter: { organization: { eq: $id } }) { nodes { id } } }"),
    (
        "Organization",
        r#"query($id: ID!) { snapshots(date: "2026-03-02", filter: { organization: { in: [$id] } }) { nodes { id } } }"#,
    ),
    ("Device", "query($id: ID!) { exceptions(filter: { device: { eq: $id } }) { nodes { id } } }"),
    (
        "Organization",
        "query($id: ID!) { exceptions(filter: { not: { organization: { in: [$id] } } }) { nodes { id } } }",
    ),
    ("JobBatch", "query($id: ID!) { jobRuns(filter: { batch: { eq: $id } }) { nodes { id } } }"),
    ("Device", "query($id: ID!) { syncs(filter: { device: { eq: $id } }) { nodes { outcome } } }"),
    ("HeldCollection", "query($id: ID!) { missingDevices(heldCollection: $id) { nodes { id } } }"),
    (
        "HeldCollection",
        "mutation($id: ID!) { discardHeldCollection(input: { id: $id }) { userErrors { code } collection { outcome } } }",
    ),
    (
        "Exception",
        "mutation($id: ID!) { resolveException(input: { id: $id, resolution: FIXED }) { userErrors { code } exception { id } } }",
    ),
];

fn malformed() -> Vec<String> {
    let mut ids: Vec<String> =
        ["", " ", "1", "-1", "abc", "null", "Device:1", "💥", "\u{0}", "'; DROP TABLE device; --"]
            .map(str::to_owned)
            .to_vec();
    let inner = [
        "Device:",
        "Device:x",
        "Device:1.0",
        "Device: 1",
        "Device:+1",
        "Device:01",
        "Device:99999999999999999999",
        "Gadget:1",
        "Device:1\u{0}",
        ":",
        "JobBatch:",
        "JobBatch:a b",
        "JobRun:%",
        "DeviceSnapshot:1",
        "DeviceSnapshot:2026-02-30:1",
        "DeviceSnapshot:2026-03-02:",
    ];
    ids.extend(inner.map(encoded));
    ids.push(encoded("Device:1") + "=");
    ids.push("A".repeat(100_000));
    ids
}

#[rstest]
#[tokio::test]
async fn ids_that_this_server_never_gave_are_refused(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = world(backend).await;
    for (_, query) in PLACES {
        for id in malformed() {
            let answer = world.graphql.ask(query, json!({ "id": id })).await;
            assert_eq!(answer.error_code(), "BAD_USER_INPUT", "{query} with {id}");
        }
        let answer = world.graphql.ask(query, json!({ "id": { "a": 1 } })).await;
        assert_eq!(answer.error_code(), "GRAPHQL_VALIDATION_FAILED", "{query}");
        let answer = world.graphql.ask(query, json!({ "id": null })).await;
        assert_eq!(answer.error_code(), "GRAPHQL_VALIDATION_FAILED", "{query}");
        let answer = world.graphql.ask(query, json!({})).await;
        assert_eq!(answer.error_code(), "GRAPHQL_VALIDATION_FAILED", "{query} without its variable");
    }
}

#[rstest]
#[tokio::test]
async fn an_id_of_another_type_is_refused_where_one_type_belongs(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = world(backend).await;
    let ids = [
        "Device:1",
        "Exception:1",
        "Organization:1",
        "JobBatch:x",
        "JobRun:x",
        "Alert:1",
        "DeviceSnapshot:2026-03-02:1",
    ];
    for (wanted, query) in PLACES.into_iter().filter(|(wanted, _)| *wanted != "Node") {
        for id in ids.iter().filter(|id| !id.starts_with(&format!("{wanted}:"))) {
            let answer = world.graphql.ask(query, json!({ "id": encoded(id) })).await;
            assert_eq!(answer.error_code(), "BAD_USER_INPUT", "{query} with {id}");
            let message = text(&answer.body["errors"][0], "message").to_owned();
            assert!(message.contains(wanted), "says what belongs there: {message}");
        }
    }
}

#[rstest]
#[tokio::test]
async fn what_does_not_exist_is_null_or_an_empty_list(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = world(backend).await;
    for number in ["0", "-1", "123456789", "9223372036854775807", "-9223372036854775808"] {
        for name in ["Device", "Exception"] {
            let (field, id) = (name.to_lowercase(), encoded(&format!("{name}:{number}")));
            let answer = world
                .graphql
                .ask(&format!("query($id: ID!) {{ {field}(id: $id) {{ id }} }}"), json!({ "id": id }))
                .await;
            assert_eq!(answer.data()[&field], Value::Null, "{name} {number}");
        }
        for inner in
            ["Organization", "DeviceSnapshot:9999-12-31", "DeviceSnapshot:0001-01-01", "JobBatch", "JobRun", "Alert"]
        {
            let id = encoded(&format!("{inner}:{number}"));
            let query = "query($id: ID!) { node(id: $id) { id } nodes(ids: [$id, $id]) { id } }";
            let answer = world.graphql.ask(query, json!({ "id": id })).await;
            assert_eq!(answer.data(), &json!({ "node": null, "nodes": [null, null] }), "{inner} {number}");
        }
    }
    let nobody = encoded("Organization:123456789");
    let query = "query($id: ID!) { devices(filter: { organization: { eq: $id } }) { totalCount nodes { id } } }";
    let answer = world.graphql.ask(query, json!({ "id": nobody })).await;
    assert_eq!(answer.data()["devices"], json!({ "totalCount": 0, "nodes": [] }));
}

#[rstest]
#[tokio::test]
async fn lists_of_ids_and_values_have_an_end(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = world(backend).await;
    let ids = |count: usize| (0..count).map(|n| encoded(&format!("Organization:{n}"))).collect::<Vec<_>>();
    let names = |count: usize| (0..count).map(|n| format!("pc-{n}")).collect::<Vec<_>>();
    let days = |count: usize| vec!["2026-03-02"; count];
    let cases: [(&str, &dyn Fn(usize) -> Value); 5] = [
        ("query($v: [ID!]) { devices(filter: { organization: { in: $v } }) { nodes { id } } }", &|n| json!(ids(n))),
        ("query($v: [String!]) { devices(filter: { hostname: { in: $v } }) { nodes { id } } }", &|n| json!(names(n))),
        ("query($v: [String!]) { organizations(filter: { name: { in: $v } }) { nodes { id } } }", &|n| json!(names(n))),
        ("query($v: [Date!]) { devices(filter: { lastSeen: { in: $v } }) { nodes { id } } }", &|n| json!(days(n))),
        ("query($v: [ID!]!) { nodes(ids: $v) { id } }", &|n| json!(ids(n))),
    ];
    for (query, values) in cases {
        world.graphql.ask(query, json!({ "v": values(1000) })).await.data();
        let answer = world.graphql.ask(query, json!({ "v": values(1001) })).await;
        assert_eq!(answer.error_code(), "BAD_USER_INPUT", "{query}");
        let answer = world.graphql.ask(query, json!({ "v": values(5000) })).await;
        assert_eq!(answer.error_code(), "BAD_USER_INPUT", "{query}");
    }
    // Enums have few values, and saying one of them often is still only that one.
    let answer = world
        .graphql
        .ask(
            "query($v: [BillingStatus!]) { devices(filter: { billing: { in: $v } }) { nodes { id } } }",
            json!({ "v": vec!["SPARE"; 40_000] }),
        )
        .await;
    assert_ne!(answer.body["errors"][0]["extensions"]["code"], "INTERNAL");
}
