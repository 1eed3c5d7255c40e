//! Every query and mutation with garbage for every variable: whatever comes back, it is no failure of the server.

use harness::{Backend, World};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

/// Operations that take everything the schema lets one say, each with variables that make sense.
fn operations() -> [(&'static str, Value); 21] {
    let page = "totalCount pageInfo { hasNextPage hasPreviousPage endCursor } nodes { id";
    let text = |query: String| -> &'static str { query.leak() };
    [
        (
            text(format!(
                "query($a: Int, $b: String, $c: DeviceFilter, $d: DeviceOrder) {{ devices(first: $a, after: $b, filter: $c, orderBy: $d) {{ {page} openExceptions {{ id }} }} }} }}"
            )),
            json!({ "a": 3, "b": null, "c": {}, "d": null }),
        ),
        (
            text(format!(
                "query($a: Int, $b: String, $c: Date!, $d: SnapshotFilter) {{ snapshots(date: $c, last: $a, before: $b, filter: $d) {{ {page} device {{ id }} organization {{ id }} }} }} }}"
            )),
            json!({ "a": 3, "b": null, "c": "2026-03-02", "d": {} }),
        ),
        (
            text(format!(
                "query($a: Int, $b: String, $c: ExceptionFilter, $d: ExceptionOrder) {{ exceptions(first: $a, before: $b, filter: $c, orderBy: $d) {{ {page} history {{ nodes {{ at }} }} }} }} }}"
            )),
            json!({ "a": 3, "b": null, "c": {}, "d": null }),
        ),
        (
            text(format!(
                "query($a: Int, $b: String, $c: OrganizationFilter) {{ organizations(first: $a, after: $b, filter: $c) {{ {page} deviceCount }} }} }}"
            )),
            json!({ "a": 3, "b": null, "c": {} }),
        ),
        (
            text(format!(
                "query($a: Int, $b: String, $c: JobBatchFilter) {{ jobBatches(last: $a, before: $b, filter: $c) {{ {page} runs {{ id }} }} }} }}"
            )),
            json!({ "a": 3, "b": null, "c": {} }),
        ),
        (
            text(format!(
                "query($a: Int, $b: String, $c: JobRunFilter) {{ jobRuns(first: $a, after: $b, filter: $c) {{ {page} collection {{ notes }} }} }} }}"
            )),
            json!({ "a": 3, "b": null, "c": {} }),
        ),
        (
            text(format!(
                "query($a: Int, $b: String, $c: AlertFilter) {{ alerts(last: $a, before: $b, filter: $c) {{ {page} deliveries {{ status }} }} }} }}"
            )),
            json!({ "a": 3, "b": null, "c": {} }),
        ),
        (
            "mutation($a: AlertSink) { testAlert(input: { sink: $a }) { results { sink } userErrors { code } } }",
            json!({ "a": null }),
        ),
        (
            "query($a: VendorName!, $b: Date!, $c: Date!, $d: ID, $e: Int) { usageChanges(vendor: $a, from: $b, to: $c, organizationId: $d) { unchanged totals { start } changes(first: $e) { totalCount nodes { date hostname } } } }",
            json!({ "a": "NINJA", "b": "2026-03-02", "c": "2026-03-03", "d": null, "e": 3 }),
        ),
        (
            "query($a: VendorName, $b: Date, $c: Date, $d: Int) { availableDates(vendor: $a, from: $b, to: $c, first: $d) { date deviceCount } }",
            json!({ "a": "NINJA", "b": "2026-03-02", "c": "2026-03-03", "d": 3 }),
        ),
        ("query($a: ID!) { node(id: $a) { id __typename } device(id: $a) { id } }", json!({ "a": "RGV2aWNlOjE" })),
        (
            "query($a: ID!, $b: [ID!]!) { exception(id: $a) { id } nodes(ids: $b) { id } }",
            json!({ "a": "RXhjZXB0aW9uOjE", "b": [] }),
        ),
        (
            "mutation($a: ID!, $b: ResolutionChoice!, $c: String, $d: Date, $e: Int) { resolveException(input: { id: $a, resolution: $b, note: $c, acceptedUntil: $d, expectedVersion: $e }) { userErrors { code } } }",
            json!({ "a": "RXhjZXB0aW9uOjE", "b": "ACCEPTED", "c": null, "d": null, "e": 99 }),
        ),
        (
            "mutation($a: ID!, $b: String, $c: String!, $d: Date, $e: String) { reopenException(input: { id: $a, note: $b }) { outcome } commentOnException(input: { id: $a, comment: $c }) { outcome } snoozeException(input: { id: $a, until: $d }) { outcome } assignException(input: { id: $a, assignee: $e }) { outcome } }",
            json!({ "a": "RXhjZXB0aW9uOjE", "b": null, "c": "called", "d": null, "e": null }),
        ),
        (
            "mutation($a: ExceptionFilter!, $b: Int!, $c: ExceptionChangeInput!) { changeExceptions(input: { selection: { matching: { filter: $a, expectedCount: $b } }, change: $c }) { matching changed userErrors { code } } }",
            json!({ "a": {}, "b": 1_000_000, "c": { "reopen": {} } }),
        ),
        (
            "mutation($a: VendorName!, $b: String, $c: String) { syncDevice(input: { vendor: $a, vendorDeviceKey: $b, hostname: $c }) { userErrors { code } } }",
            json!({ "a": "NINJA", "b": null, "c": "nobody" }),
        ),
        (
            "mutation($a: SyncDevicesInput!) { syncDevices(input: $a) { results { userErrors { code } } userErrors { code } } }",
            json!({ "a": { "devices": [{ "vendor": "NINJA", "hostname": "nobody else" }], "timeoutSeconds": null } }),
        ),
        (
            "query($a: Int, $b: String, $c: SyncFilter) { syncs(first: $a, after: $b, filter: $c) { totalCount nodes { outcome device { id } } } }",
            json!({ "a": 3, "b": null, "c": {} }),
        ),
        (
            "query($a: Int, $b: String, $c: ID!) { heldCollections(last: $a, before: $b) { totalCount nodes { id comparison { missingCount } } } missingDevices(heldCollection: $c, first: $a) { totalCount nodes { id } } }",
            json!({ "a": 3, "b": null, "c": "SGVsZENvbGxlY3Rpb246MQ" }),
        ),
        (
            "mutation($a: ID!, $b: String) { applyHeldCollection(input: { id: $a, note: $b }) { userErrors { code } } discardHeldCollection(input: { id: $a, note: $b }) { userErrors { code } } }",
            json!({ "a": "SGVsZENvbGxlY3Rpb246MQ", "b": null }),
        ),
        (
            "mutation($a: SyncDeviceInput!) { syncDevice(input: $a) { userErrors { code } } }",
            json!({ "a": { "vendor": "THREATLOCKER", "hostname": "nobody" } }),
        ),
    ]
}

/// Values of all shapes, likely ones among them, so that some get through the types.
fn garbage() -> Vec<Value> {
    let mut values = vec![
        Value::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(3),
        json!(1_000_000_000),
        json!(i64::MAX),
        json!(1e300),
        json!(""),
        json!("2026-03-02"),
        json!("2026-03-03"),
        json!("0000-01-01"),
        json!("9999-12-31"),
        json!("NINJA"),
        json!("FIXED"),
        json!("RGV2aWNlOjE"),
        json!("RXhjZXB0aW9uOjE"),
        json!("\u{0}"),
        json!("💥".repeat(300)),
        json!([]),
        json!([null]),
        json!(["RGV2aWNlOjE", "RXhjZXB0aW9uOjE"]),
        json!({}),
        json!({ "": "" }),
    ];
    values.extend([
        json!({ "hostname": { "contains": "\u{0}%", "startsWith": "'" } }),
        json!({ "hostname": null, "and": [], "not": {} }),
        json!({ "or": [{ "and": [{ "not": {} }] }] }),
        json!({ "firstSeen": { "gte": "0000-01-01", "lte": "9999-12-31", "isNull": true } }),
        json!({ "createdAt": { "gte": "0000-01-01T00:00:00+23:59", "lte": "9999-12-31T23:59:59-23:59" } }),
        json!({ "lastOnline": { "eq": "2026-03-02T23:59:60.999999999Z", "isNull": false } }),
        json!({ "status": { "in": [] }, "vendor": { "eq": "NINJA" } }),
        json!({ "organization": { "isNull": true, "in": ["T3JnYW5pemF0aW9uOjE"] } }),
        json!({ "device": { "isNull": true }, "resolvedDate": { "isNull": false } }),
        json!({ "name": { "in": ["", "\u{0}"] } }),
        json!({ "field": "HOSTNAME", "direction": "DESC" }),
        json!({ "vendor": "NINJA", "hostname": "\u{202e}" }),
    ]);
    values
}

/// Garbage in one place at a time, so that it gets as far as it can, and then in all places.
fn garbled(sensible: &Value) -> Vec<Value> {
    let values = garbage();
    let names: Vec<&String> = sensible.as_object().unwrap().keys().collect();
    let mut all = vec![sensible.clone()];
    for (place, name) in names.iter().enumerate() {
        for (round, value) in values.iter().enumerate() {
            let mut one = sensible.clone();
            one[*name] = value.clone();
            all.push(one.clone());
            let next = names[(place + 1) % names.len()];
            one[next] = values[(round * 5 + place) % values.len()].clone();
            all.push(one);
        }
    }
    all
}

#[rstest]
#[tokio::test]
async fn no_garbage_makes_the_server_fail(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::on(backend).plan(FleetPlan::plain(10, 6)).start().await;
    world.night(0).await;
    world.night(1).await;
    let (mut answered, mut refused) = (0, 0);
    for (operation, sensible) in operations() {
        world.graphql.ask(operation, sensible.clone()).await.data();
        for variables in garbled(&sensible) {
            let answer = world.graphql.ask(operation, variables.clone()).await;
            assert!(answer.status < 500, "{operation} with {variables}: HTTP {}", answer.status);
            let Some(errors) = answer.body["errors"].as_array() else {
                answered += 1;
                continue;
            };
            refused += 1;
            for error in errors {
                let code = error["extensions"]["code"].as_str();
                assert!(code.is_some_and(|code| code != "INTERNAL"), "{operation} with {variables}: {error:#}");
            }
        }
    }
    assert!(answered > 100 && refused > 100, "{answered} answered, {refused} refused: the garbage is all of one kind");
}

#[tokio::test]
async fn instants_at_the_ends_of_time_are_compared_alike_on_both_databases() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let world = World::on(backend).plan(FleetPlan::plain(4, 2)).start().await;
        world.night(0).await;
        let query = "query($f: JobRunFilter) { jobRuns(filter: $f) { totalCount } }";
        for (filter, count) in [
            (json!({ "gte": "0000-01-01T00:00:00Z" }), 3),
            (json!({ "lte": "0000-01-01T00:00:00Z" }), 0),
            (json!({ "lte": "9999-12-31T23:59:59.999999Z" }), 3),
            (json!({ "gte": "9999-12-31T23:59:59.999999Z" }), 0),
            (json!({ "eq": "2026-03-02T09:10:00Z" }), 3),
            (json!({ "eq": "2026-03-02T03:10:00.000-06:00" }), 3),
            (json!({ "gte": "2026-03-02T09:10:00.000001Z" }), 0),
            (json!({ "lte": "2026-03-02T09:09:59.999999Z" }), 0),
        ] {
            let answer = world.graphql.ask(query, json!({ "f": { "createdAt": filter } })).await;
            assert_eq!(answer.data()["jobRuns"]["totalCount"], count, "{backend:?} {filter}");
        }
        for beyond in ["0000-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "+12026-01-01T00:00:00Z"] {
            let answer = world.graphql.ask(query, json!({ "f": { "createdAt": { "lte": beyond } } })).await;
            assert_eq!(answer.error_code(), "GRAPHQL_VALIDATION_FAILED", "{backend:?} {beyond}");
        }
    }
}
