//! SQL of the kind that dashboards run straight on the predecessor's tables keeps its answers on PostgreSQL, and agrees
//! with GraphQL.

use std::collections::BTreeMap;

use harness::{Backend, World};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseBackend, DatabaseConnection, FromQueryResult, Statement,
};
use serde_json::{Value, json};

#[derive(Debug, FromQueryResult)]
struct Row {
    name: String,
    number: i64,
}

/// Pairs of a text and a number, as a dashboard reads them.
async fn pairs(world: &World, sql: &str) -> BTreeMap<String, i64> {
    pairs_in(world.rows(), sql).await
}

async fn pairs_in(connection: &DatabaseConnection, sql: &str) -> BTreeMap<String, i64> {
    let statement = Statement::from_string(DatabaseBackend::Postgres, sql);
    let rows = Row::find_by_statement(statement).all(connection).await.unwrap();
    rows.into_iter().map(|row| (row.name, row.number)).collect()
}

/// Two nights of a fleet with all its troubles.
async fn two_nights() -> World {
    let plan =
        simulator::FleetPlan { organizations: 12, ninja_devices: 250, threatlocker_devices: 150, ..Default::default() };
    let world = World::on(Backend::Postgres).plan(plan).start().await;
    for night in 0..2 {
        assert_eq!(world.night(night).await.batch.status, "completed");
    }
    world
}

/// Every node of a list of the second day, page by page.
async fn all(world: &World, field: &str, arguments: &str, selection: &str) -> Vec<Value> {
    let (mut nodes, mut after) = (Vec::new(), Value::Null);
    loop {
        let query = format!(
            "query($after: String) {{ {field}(first: 100, after: $after {arguments}) {{ nodes {{ {selection} }} pageInfo {{ hasNextPage endCursor }} }} }}"
        );
        let answer = world.graphql.ask(&query, json!({ "after": after })).await;
        let page = &answer.data()[field];
        nodes.extend(page["nodes"].as_array().unwrap().iter().cloned());
        if page["pageInfo"]["hasNextPage"] != true {
            return nodes;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

fn tally(nodes: &[Value], key: impl Fn(&Value) -> Option<String>) -> BTreeMap<String, i64> {
    let mut counts = BTreeMap::new();
    for key in nodes.iter().filter_map(key) {
        *counts.entry(key).or_default() += 1;
    }
    counts
}

#[tokio::test]
async fn devices_per_vendor_and_day_agree() {
    let world = two_nights().await;
    let sql = "SELECT snapshot_date::text || ' ' || vendor_id AS name, COUNT(*) AS number FROM device_snapshot \
               WHERE vendor_id IN (3, 4) GROUP BY snapshot_date, vendor_id";
    let days = world.graphql.query("{ availableDates(first: 9) { date vendors { vendor deviceCount } } }").await;
    let mut told = BTreeMap::new();
    for day in days["availableDates"].as_array().unwrap() {
        for vendor in day["vendors"].as_array().unwrap() {
            let id = if vendor["vendor"] == "NINJA" { 3 } else { 4 };
            told.insert(format!("{} {id}", day["date"].as_str().unwrap()), vendor["deviceCount"].as_i64().unwrap());
        }
    }
    assert_eq!(told.len(), 4);
    assert_eq!(pairs(&world, sql).await, told);
}

#[tokio::test]
async fn duplicate_host_names_by_first_label_agree() {
    let world = two_nights().await;
    let sql = "SELECT LOWER(SPLIT_PART(hostname, '.', 1)) AS name, COUNT(*) AS number FROM device_snapshot \
               WHERE vendor_id = 4 AND snapshot_date = '2026-03-03' GROUP BY 1 HAVING COUNT(*) > 1";
    let arguments = r#", date: "2026-03-03", filter: { vendor: { eq: THREATLOCKER } }"#;
    let nodes = all(&world, "snapshots", arguments, "hostname").await;
    let label = |node: &Value| node["hostname"].as_str()?.split('.').next().map(str::to_lowercase);
    let told: BTreeMap<_, _> = tally(&nodes, label).into_iter().filter(|(_, count)| *count > 1).collect();
    assert!(!told.is_empty(), "the simulated fleet has duplicates");
    assert_eq!(pairs(&world, sql).await, told);
}

#[tokio::test]
async fn threatlocker_rows_on_spare_ninja_rows_are_those_of_the_exceptions() {
    let world = two_nights().await;
    let sql = "SELECT t.hostname AS name, n.billing_status_id AS number FROM device_snapshot t \
               JOIN device_snapshot n ON n.snapshot_date = t.snapshot_date AND n.vendor_id = 3 \
               AND LOWER(SPLIT_PART(n.hostname, '.', 1)) = LOWER(SPLIT_PART(t.hostname, '.', 1)) \
               AND n.organization_name = t.organization_name \
               WHERE t.vendor_id = 4 AND t.snapshot_date = '2026-03-03' AND n.billing_status_id = 2";
    let rows = pairs(&world, sql).await;
    let arguments = ", filter: { type: { eq: SPARE_MISMATCH }, status: { eq: OPEN } }";
    let nodes = all(&world, "exceptions", arguments, "hostname").await;
    let told = tally(&nodes, |node| node["hostname"].as_str().map(str::to_owned));
    assert!(!rows.is_empty(), "the simulated fleet has spares");
    for name in rows.keys() {
        let canonical = domain::hostname::canonical(name).unwrap();
        assert!(told.contains_key(&canonical), "{name} is spare in the tables, but no exception says so: {told:?}");
    }
}

#[tokio::test]
async fn unresolved_exceptions_by_type_and_date_agree() {
    let world = two_nights().await;
    let sql = "SELECT type || ' ' || date_found AS name, COUNT(*) AS number FROM exceptions \
               WHERE resolved = false GROUP BY type, date_found";
    let nodes = all(&world, "exceptions", ", filter: { status: { eq: OPEN } }", "type dateFound").await;
    let key = |node: &Value| Some(format!("{} {}", node["type"].as_str()?, node["dateFound"].as_str()?));
    let told = tally(&nodes, key);
    assert!(told.len() >= 3, "{told:?}");
    assert_eq!(pairs(&world, sql).await, told);
}

#[tokio::test]
async fn devices_per_organization_agree() {
    let world = two_nights().await;
    let sql = "SELECT organization_name AS name, COUNT(*) AS number FROM device_snapshot WHERE vendor_id = 3 \
               AND snapshot_date = '2026-03-03' AND organization_name IS NOT NULL GROUP BY organization_name";
    let arguments = r#", date: "2026-03-03", filter: { vendor: { eq: NINJA } }"#;
    let nodes = all(&world, "snapshots", arguments, "vendorOrganization { name }").await;
    let told = tally(&nodes, |node| node["vendorOrganization"]["name"].as_str().map(str::to_owned));
    assert_eq!(pairs(&world, sql).await, told);
}

#[tokio::test]
async fn current_date_in_the_hubs_time_zone_is_the_hubs_day() {
    // The database knows only its own clock, so this one day is collected at the real time.
    let world = World::on(Backend::Postgres).start().await;
    let real = server::clock::SystemClock;
    world.clock.set(domain::clock::Clock::now(&real));
    world.collect(&domain::vendor::Vendor::ALL, false).await;
    let mut session = ConnectOptions::new(world.database.dsn());
    session.max_connections(1);
    let session = Database::connect(session).await.unwrap();
    session.execute_unprepared("SET TIME ZONE 'America/Chicago'").await.unwrap();
    let sql = "SELECT 'today' AS name, COUNT(*) AS number FROM device_snapshot WHERE snapshot_date = CURRENT_DATE";
    let counted = pairs_in(&session, sql).await;
    let days = world.graphql.query("{ availableDates(first: 1) { vendors { deviceCount } } }").await;
    let vendors = days["availableDates"][0]["vendors"].as_array().unwrap();
    let told: i64 = vendors.iter().map(|vendor| vendor["deviceCount"].as_i64().unwrap()).sum();
    assert_eq!(counted["today"], told);
}
