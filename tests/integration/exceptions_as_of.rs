//! `exceptions(asOf:)`: the list as it was, whatever happened since.

use std::collections::BTreeSet;

use harness::{Backend, History, World, text, write_history};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

type Rule = fn(&Value) -> bool;

/// What is kept about the past.
const KEPT: &str = "type status dateFound ageDays resolution resolvedAt resolvedDate resolvedBy notes
    acceptedUntil reopenedAt history { kind at actor } lastSeen asOf current { id }";

async fn list(world: &World, arguments: &str) -> Vec<Value> {
    world.graphql.every("exceptions", &format!("orderBy: {{ field: HOSTNAME }}, {arguments}"), KEPT).await
}

async fn resolve(world: &World, exception: &Value, resolution: &str, note: &str) {
    let query = "mutation($input: ResolveExceptionInput!) { resolveException(input: $input) { userErrors { code } } }";
    let input = json!({ "id": exception["current"]["id"], "resolution": resolution, "note": note });
    let answer = world.graphql.ask(query, json!({ "input": input })).await;
    assert_eq!(answer.data()["resolveException"]["userErrors"], json!([]));
}

/// The vendor loses the computers of half the open exceptions: the next check verifies them.
async fn remove_what_is_open(world: &World) {
    let open = world.graphql.every("exceptions", "filter: { status: { eq: OPEN } }", "hostname").await;
    let gone: BTreeSet<&str> = open.iter().step_by(2).map(|row| text(row, "hostname")).collect();
    let computers = world.simulator.view(simulator::World::threatlocker_computers);
    world.simulator.edit(|vendors| {
        for row in &computers {
            let name = row["hostname"].as_str().and_then(domain::hostname::canonical);
            if name.is_some_and(|name| gone.contains(name.as_str())) {
                vendors.threatlocker_computer(text(row, "computerId")).remove();
            }
        }
    });
}

/// A week in which people resolve, checks find again and verify; with the list as it was at the end of each day.
async fn a_week(backend: Backend) -> (World, Vec<(String, Vec<Value>)>) {
    let plan = FleetPlan { organizations: 6, ninja_devices: 80, threatlocker_devices: 60, ..FleetPlan::default() };
    let world = World::on(backend).plan(plan).start().await;
    let mut evenings = Vec::new();
    for night in 0..7 {
        if night == 4 {
            remove_what_is_open(&world).await;
        }
        world.night(night).await;
        let open = list(&world, "filter: { status: { eq: OPEN } }").await;
        let resolution = ["FIXED", "FALSE_POSITIVE", "ACCEPTED"][usize::try_from(night).unwrap() % 3];
        for exception in open.iter().step_by(3) {
            resolve(&world, exception, resolution, &format!("on day {night}")).await;
        }
        evenings.push((world.day(night).to_string(), list(&world, "").await));
    }
    (world, evenings)
}

/// Without what differs between a day and now: the day itself, and the last sighting, which is known as a bound only.
fn essence(row: &Value) -> Value {
    let mut row = row.clone();
    row["asOf"] = Value::Null;
    row["lastSeen"] = Value::Null;
    row
}

#[rstest]
#[tokio::test]
async fn the_list_of_a_day_is_the_one_that_was_seen_that_evening(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, evenings) = a_week(backend).await;
    let mut changed = 0;
    let now = list(&world, "").await;
    for (day, seen) in &evenings {
        let past = list(&world, &format!(r#"asOf: "{day}""#)).await;
        let essences = |rows: &[Value]| {
            let mut rows: Vec<_> = rows.iter().map(essence).collect();
            rows.sort_by_key(|row| row["current"]["id"].to_string());
            rows
        };
        assert_eq!(essences(&past), essences(seen), "{day}");
        for row in &past {
            let then = seen.iter().find(|other| other["current"] == row["current"]).unwrap();
            assert_eq!(text(row, "asOf"), day);
            assert!(text(row, "lastSeen") >= text(then, "lastSeen") && text(row, "lastSeen") <= day.as_str());
            let later = now.iter().find(|other| other["current"] == row["current"]).unwrap();
            changed += usize::from(later["status"] != row["status"] || later["reopenedAt"] != row["reopenedAt"]);
        }
    }
    assert!(changed > 5, "only {changed} rows changed since: the week shows too little");
    assert!(now.iter().any(|row| !row["reopenedAt"].is_null()), "nothing was found again in the week");
    assert!(now.iter().any(|row| row["resolution"] == "VERIFIED"), "nothing was verified in the week");
}

#[rstest]
#[tokio::test]
async fn an_exception_as_of_a_day_has_an_id_of_its_own_that_is_found_again(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, evenings) = a_week(backend).await;
    let shown = format!("id {KEPT}");
    let mut ids = BTreeSet::new();
    for (day, _) in &evenings {
        for row in world.graphql.every("exceptions", &format!(r#"asOf: "{day}""#), &shown).await {
            assert_ne!(row["id"], row["current"]["id"]);
            assert!(ids.insert(text(&row, "id").to_owned()), "one id for two states");
            let query = format!("query($id: ID!) {{ node(id: $id) {{ ... on Exception {{ {shown} }} }} }}");
            let again = world.graphql.ask(&query, json!({ "id": row["id"] })).await;
            assert_eq!(again.data()["node"], row);
        }
    }
    let some = ids.first().unwrap();
    let mutation =
        "mutation($id: ID!) { resolveException(input: { id: $id, resolution: FIXED }) { userErrors { code } } }";
    let answer = world.graphql.ask(mutation, json!({ "id": some })).await;
    let refused = answer.body["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
        || answer.body["data"]["resolveException"]["userErrors"][0]["code"] == "BAD_INPUT";
    assert!(refused, "the past can't be resolved: {:#}", answer.body);
}

#[rstest]
#[tokio::test]
async fn filters_and_orders_are_about_the_state_of_that_day(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).start().await;
    let history = History { exceptions: 300, organizations: 7, today: world.day(0) };
    write_history(world.inventory.database().writer(), history).await.unwrap();
    let filters: [(&str, Rule); 8] = [
        ("status: { eq: OPEN }", |it| it["status"] == "OPEN"),
        ("status: { eq: RESOLVED }", |it| it["status"] == "RESOLVED"),
        ("status: { eq: SNOOZED }", |_| false),
        ("not: { status: { eq: OPEN } }", |it| it["status"] != "OPEN"),
        ("ageDays: { gte: 100 }", |it| it["ageDays"].as_i64() >= Some(100)),
        ("resolvedDate: { isNull: false }", |it| !it["resolvedDate"].is_null()),
        (r#"lastSeen: { lte: "2025-01-31" }"#, |it| text(it, "lastSeen") <= "2025-01-31"),
        (r#"resolvedDate: { gte: "2025-01-01" }"#, |it| it["resolvedDate"].as_str() >= Some("2025-01-01")),
    ];
    for day in ["2025-03-09", "2025-11-02", "2026-03-02"] {
        let all = list(&world, &format!(r#"asOf: "{day}""#)).await;
        assert!(all.len() > 100 && all.iter().all(|it| text(it, "dateFound") <= day));
        for (filter, rule) in filters {
            let expected: Vec<_> = all.iter().filter(|it| rule(it)).cloned().collect();
            let found = list(&world, &format!(r#"asOf: "{day}", filter: {{ {filter} }}"#)).await;
            assert_eq!(found, expected, "{day} {filter}");
        }
        for field in ["AGE", "RESOLVED_DATE", "STATUS", "LAST_SEEN", "ASSIGNEE", "ORGANIZATION"] {
            let arguments = format!(r#"asOf: "{day}", orderBy: {{ field: {field}, direction: DESC }}"#);
            let rows = world.graphql.every("exceptions", &arguments, KEPT).await;
            assert_eq!(rows.len(), all.len(), "{arguments}");
            if field == "AGE" {
                assert!(rows.is_sorted_by(|one, other| one["ageDays"].as_i64() >= other["ageDays"].as_i64()));
            }
        }
    }
}

#[rstest]
#[tokio::test]
async fn a_day_to_come_is_refused_and_a_day_before_everything_is_empty(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).start().await;
    world.night(0).await;
    let ask = async |root: &str, day: &str| {
        let query = format!(r#"{{ {root}(asOf: "{day}") {{ __typename }} }}"#);
        world.graphql.ask(&query, json!({})).await
    };
    for root in ["exceptions", "exceptionSummary"] {
        assert_eq!(ask(root, "2026-03-03").await.error_code(), "BAD_USER_INPUT");
        assert_eq!(ask(root, "9999-12-31").await.error_code(), "BAD_USER_INPUT");
        ask(root, "2026-03-02").await.data();
    }
    assert_eq!(list(&world, r#"asOf: "2026-03-01""#).await, [] as [Value; 0]);
    assert_eq!(list(&world, r#"asOf: "0001-01-01""#).await, [] as [Value; 0]);
}
