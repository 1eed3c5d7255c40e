//! Lists that change while somebody reads them: what stays is seen once, whatever comes and goes.

use std::collections::BTreeSet;

use harness::{Backend, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

async fn page(world: &World, list: &str, after: &Value) -> (Vec<Value>, Value) {
    let query = format!(
        "query($after: String) {{ {list}, first: 5, after: $after) {{ nodes {{ id hostname }} pageInfo {{ hasNextPage endCursor }} }} }}"
    );
    let answer = world.graphql.ask(&query, json!({ "after": after })).await;
    let (_, page) = answer.data().as_object().unwrap().iter().next().unwrap();
    let next =
        if page["pageInfo"]["hasNextPage"] == true { page["pageInfo"]["endCursor"].clone() } else { Value::Null };
    (page["nodes"].as_array().unwrap().clone(), next)
}

fn newcomer(id: i64, name: &str) -> Value {
    json!({
        "id": id, "organizationId": 5, "locationId": 9, "nodeClass": "WINDOWS_WORKSTATION", "nodeRoleId": 201,
        "approvalStatus": "APPROVED", "offline": false, "systemName": name, "deviceType": "AgentDevice",
    })
}

/// Reads a list of devices of the first day; after its first page, rows come at both ends and one of those already
/// seen goes, and so does the one the cursor points at.
async fn read_while_it_moves(world: &World, list: &str) -> (Vec<Value>, Vec<Value>, Vec<String>) {
    let mut before = Vec::new();
    let mut after = Value::Null;
    loop {
        let (rows, next) = page(world, list, &after).await;
        before.extend(rows);
        after = next;
        if after.is_null() {
            break;
        }
    }
    let (mut seen, mut after) = page(world, list, &Value::Null).await;
    let leaving: Vec<String> = [&seen[1], &seen[4]].iter().map(|row| text(row, "hostname").to_owned()).collect();
    let ids: Vec<i64> = world.simulator.view(|vendors| {
        let named = |row: &Value| {
            let names = [&row["dnsName"], &row["systemName"], &row["displayName"]];
            names.iter().any(|name| name.as_str().is_some_and(|name| leaving.iter().any(|it| it == name)))
        };
        vendors.ninja_devices().iter().filter(|row| named(row)).map(|row| row["id"].as_i64().unwrap()).collect()
    });
    assert!(ids.len() >= 2, "{leaving:?}");
    world.simulator.edit(|vendors| {
        for id in &ids {
            vendors.ninja_device(*id).remove();
        }
        vendors.add_ninja_device(newcomer(900_001, "000-FIRST"));
        vendors.add_ninja_device(newcomer(900_002, "ZZZ-LAST"));
    });
    world.collect(&domain::vendor::Vendor::ALL, true).await;
    while !after.is_null() {
        let (rows, next) = page(world, list, &after).await;
        seen.extend(rows);
        after = next;
    }
    (before, seen, leaving)
}

#[rstest]
#[case::devices("devices(orderBy: { field: HOSTNAME }")]
#[case::snapshots(r#"snapshots(date: "2026-03-02", filter: { vendor: { eq: NINJA } }"#)]
#[tokio::test]
async fn rows_that_come_and_go_between_pages_neither_repeat_nor_hide_others(
    #[case] list: &str,
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).plan(FleetPlan::plain(24, 6)).start().await;
    world.night(0).await;
    let (before, seen, leaving) = read_while_it_moves(&world, list).await;
    let ids = |rows: &[Value]| rows.iter().map(|row| text(row, "id").to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(ids(&seen).len(), seen.len(), "a row came twice");
    assert!(ids(&seen).is_superset(&ids(&before)), "a row that was there all the time was skipped");
    let names: Vec<&str> = seen.iter().map(|row| text(row, "hostname")).collect();
    assert!(names.contains(&"ZZZ-LAST"), "what comes after the cursor is seen");
    assert!(!names.contains(&"000-FIRST"), "what comes before it is not");
    assert!(leaving.iter().all(|name| names.contains(&name.as_str())), "{leaving:?} were on the first page");
}

#[rstest]
#[tokio::test]
async fn orders_given_between_pages_do_not_shift_the_list_of_orders(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).plan(FleetPlan::plain(3, 2)).start().await;
    for night in 0..4 {
        world.night(night).await;
    }
    let all = world.graphql.every("jobRuns", "", "id").await;
    let query = "query($after: String) { jobRuns(first: 5, after: $after) { nodes { id } pageInfo { endCursor } } }";
    let first = world.graphql.ask(query, json!({})).await;
    let first = &first.data()["jobRuns"];
    world.night(5).await;
    let rest = world.graphql.ask(&query.replace('5', "50"), json!({ "after": first["pageInfo"]["endCursor"] })).await;
    let mut seen = first["nodes"].as_array().unwrap().clone();
    seen.extend(rest.data()["jobRuns"]["nodes"].as_array().unwrap().iter().cloned());
    assert_eq!(seen, all);
}
