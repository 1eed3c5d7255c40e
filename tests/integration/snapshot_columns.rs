//! A page of snapshots reads the columns behind the fields that are asked for, and shows what a whole row shows.

use harness::{Backend, Everything, INTROSPECTION, World};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

/// Whether something is said: of an object, of what is in it.
fn says_something(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.values().any(says_something),
        Value::Array(items) => items.iter().any(says_something),
        other => !other.is_null(),
    }
}

#[rstest]
#[tokio::test]
async fn every_field_alone_shows_what_the_whole_row_shows(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let plan = FleetPlan { organizations: 4, ninja_devices: 60, threatlocker_devices: 40, ..FleetPlan::default() };
    let world = World::on(backend).plan(plan).start().await;
    world.night(0).await;
    let everything = Everything::of(&world.graphql.query(INTROSPECTION).await);
    let day = format!("date: \"{}\"", world.day(0));
    let ids = world.graphql.every("snapshots", &day, "id").await;
    let ids: Vec<&Value> = ids.iter().map(|row| &row["id"]).collect();
    let mut silent = Vec::new();
    for leaf in everything.leaves("DeviceSnapshot", 2) {
        let of_page = world.graphql.every("snapshots", &day, &leaf).await;
        let by_id = format!("query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on DeviceSnapshot {{ {leaf} }} }} }}");
        let by_id = world.graphql.ask(&by_id, json!({ "ids": ids })).await;
        assert_eq!(Value::from(of_page.clone()), by_id.data()["nodes"], "{leaf}");
        let is_own = !leaf.starts_with("device {") && !leaf.starts_with("organization {");
        if is_own && !of_page.iter().any(says_something) {
            silent.push(leaf);
        }
    }
    assert_eq!(silent, Vec::<String>::new(), "of a leaf that is null in every row, this tells nothing");
}

#[rstest]
#[tokio::test]
async fn a_page_reads_the_columns_that_are_asked_for_by_nodes_and_by_edges(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).plan(FleetPlan::plain(20, 10)).start().await;
    world.night(0).await;
    let day = world.day(0);
    let read = async |rows: &str| {
        world.take_statements();
        let query = format!(
            "query Q {{ snapshots(date: \"{day}\") {{ {rows} }} }} fragment F on DeviceSnapshot {{ hardware {{ model }} }}"
        );
        world.graphql.query(&query).await;
        let statements = world.take_statements();
        let page = statements.into_iter().find(|statement| statement.contains("FROM \"device_snapshot\""));
        let page = page.unwrap_or_else(|| panic!("no page was read"));
        let columns = ["\"os_name\"", "\"system_model\"", "\"mac_addresses\"", "\"hostname\""];
        columns.map(|column| page.contains(&format!("device_snapshot\".{column}")))
    };
    assert_eq!(read("nodes { id ...F }").await, [false, true, false, false]);
    assert_eq!(read("edges { node { os { name } ...F } }").await, [true, true, false, false]);
    assert_eq!(
        read("nodes { hostname ...F } edges { cursor node { network { macAddresses } } }").await,
        [false, true, true, true]
    );
    assert_eq!(read("nodes { ...F protection { agentVersion } }").await, [true; 4], "a field of no known column");
}

#[rstest]
#[tokio::test]
async fn a_page_with_all_its_relations_is_three_statements(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).plan(FleetPlan::plain(20, 10)).start().await;
    world.night(0).await;
    let page = include_str!("../bench/page/page.graphql");
    let count = async |query: &str| {
        world.take_statements();
        let answer = world.graphql.ask(query, json!({ "date": world.day(0) })).await;
        assert!(answer.data()["snapshots"]["nodes"].as_array().is_some_and(|rows| rows.len() > 20), "{query}");
        world.take_statements().len()
    };
    assert_eq!(count(page).await, 3, "the rows, their clients, and what their records lead to");
    let key = "query($date: Date!) { snapshots(date: $date) { nodes { vendorDeviceKey } } }";
    assert_eq!(count(key).await, 2, "without their devices the records alone");
}
