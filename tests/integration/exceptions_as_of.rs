//! `exceptions(asOf:)`: the list as it was, whatever happened since.

use std::collections::BTreeSet;

use harness::{Backend, History, World, text, write_history};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

type Rule = fn(&Value) -> bool;

/// What is kept about the past.
const KEPT: &str = "type status dateFound ageDays resolution resolvedAt resolvedDate resolvedBy notes
    acceptedUntil reopenedAt reopenedBy assignedTo snoozedUntil history { nodes { kind at actor } } lastSeen asOf current { id }";

async fn list(world: &World, arguments: &str) -> Vec<Value> {
    world.graphql.every("exceptions", &format!("orderBy: {{ field: HOSTNAME }}, {arguments}"), KEPT).await
}

async fn resolve(world: &World, exception: &Value, resolution: &str, note: Option<String>) {
    let query = "mutation($input: ResolveExceptionInput!) { resolveException(input: $input) { userErrors { code } } }";
    let input = json!({ "id": exception["current"]["id"], "resolution": resolution, "note": note });
    let answer = world.graphql.ask(query, json!({ "input": input })).await;
    assert_eq!(answer.data()["resolveException"]["userErrors"], json!([]));
}

/// Somebody takes it or gives it back, puts it to sleep or wakes it, or has something to say.
async fn work_on(world: &World, id: &Value, night: u64, number: usize) {
    let until = world.day(night + 2).to_string();
    let (mutation, input) = match number % 5 {
        0 => ("assignException", json!({ "id": id, "assignee": format!("Ann {night}") })),
        1 => ("snoozeException", json!({ "id": id, "until": until })),
        2 => ("commentOnException", json!({ "id": id, "comment": format!("seen on day {night}") })),
        3 => ("assignException", json!({ "id": id, "assignee": null })),
        _ => ("snoozeException", json!({ "id": id, "until": null })),
    };
    let payload = world.graphql.change(mutation, input).await;
    assert_eq!(payload["userErrors"], json!([]), "{mutation}");
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
            // Who resolves it says why, or nothing: what was said before stays.
            let note = (night % 2 == 0).then(|| format!("on day {night}"));
            resolve(&world, exception, resolution, note).await;
        }
        for (number, exception) in open.iter().skip(1).step_by(3).enumerate() {
            work_on(&world, &exception["current"]["id"], night, number).await;
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
    let filters: [(&str, Rule); 10] = [
        ("status: { eq: OPEN }", |it| it["status"] == "OPEN"),
        ("status: { eq: RESOLVED }", |it| it["status"] == "RESOLVED"),
        ("status: { eq: SNOOZED }", |it| it["status"] == "SNOOZED"),
        (r#"assignee: { eq: "technician 3" }"#, |it| it["assignedTo"] == "technician 3"),
        ("assignee: { isNull: true }", |it| it["assignedTo"].is_null()),
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
                assert!(rows.is_sorted_by(|one, other| text(one, "dateFound") <= text(other, "dateFound")));
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

#[rstest]
#[tokio::test]
async fn what_people_did_stands_in_the_past_until_the_day_they_undid_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).plan(FleetPlan::plain(8, 4)).start().await;
    world.estrange(1);
    world.night(0).await;
    let [open] = <[Value; 1]>::try_from(world.graphql.strangers().await).unwrap();
    let id = &open["id"];
    world.done("commentOnException", json!({ "id": id, "comment": "waits for parts" })).await;
    world.done("assignException", json!({ "id": id, "assignee": "Ann" })).await;
    world.done("snoozeException", json!({ "id": id, "until": "2026-03-04" })).await;
    world.move_to(1);
    world.done("assignException", json!({ "id": id, "assignee": null })).await;
    world.done("resolveException", json!({ "id": id, "resolution": "ACCEPTED" })).await;
    world.done("reopenException", json!({ "id": id })).await;
    world.move_to(2);
    world.done("commentOnException", json!({ "id": id, "comment": "they came" })).await;
    let shown = "status notes assignedTo snoozedUntil";
    for (day, status, notes, assignee, until) in [
        ("2026-03-02", "SNOOZED", "waits for parts", json!("Ann"), json!("2026-03-04")),
        ("2026-03-03", "OPEN", "waits for parts", Value::Null, Value::Null),
        ("2026-03-04", "OPEN", "they came", Value::Null, Value::Null),
    ] {
        let of_day =
            format!(r#"asOf: "{day}", filter: {{ type: {{ eq: MISSING_NINJA }}, status: {{ eq: {status} }} }}"#);
        let rows = world.graphql.every("exceptions", &of_day, shown).await;
        let expected = json!({ "status": status, "notes": notes, "assignedTo": assignee, "snoozedUntil": until });
        assert_eq!(rows, [expected], "{day}");
        let counted = format!("{{ exceptionSummary({of_day}) {{ counts {{ open snoozed resolved }} }} }}");
        let counted = world.graphql.query(&counted).await["exceptionSummary"]["counts"].clone();
        let (open, snoozed) = (i32::from(status == "OPEN"), i32::from(status == "SNOOZED"));
        assert_eq!(counted, json!({ "open": open, "snoozed": snoozed, "resolved": 0 }), "{day}");
    }
}
