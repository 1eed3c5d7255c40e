//! `Exception.history`: who did what, when, and from which value to which.

use harness::{Backend, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

async fn world(backend: Backend) -> (World, Value) {
    let world = World::on(backend).plan(FleetPlan::plain(8, 4)).start().await;
    world.estrange(1);
    world.night(0).await;
    let [open] = <[Value; 1]>::try_from(world.graphql.strangers().await).unwrap();
    (world, open["id"].clone())
}

/// Kind, day, actor, field, from and to of every event.
fn told(exception: &Value) -> Vec<[Value; 6]> {
    let events = exception["history"]["nodes"].as_array().unwrap();
    events
        .iter()
        .map(|event| ["kind", "date", "actor", "field", "from", "to"].map(|name| event[name].clone()))
        .collect()
}

#[rstest]
#[tokio::test]
async fn the_whole_life_is_told_from_value_to_value(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (world, id) = world(backend).await;
    for assignee in [json!("Ann"), json!("Ben"), Value::Null] {
        world.done("assignException", json!({ "id": id, "assignee": assignee })).await;
    }
    for comment in ["first", "second"] {
        world.done("commentOnException", json!({ "id": id, "comment": comment })).await;
    }
    for until in [json!("2026-03-04"), json!("2026-03-05"), Value::Null] {
        world.done("snoozeException", json!({ "id": id, "until": until })).await;
    }
    world.done("resolveException", json!({ "id": id, "resolution": "FALSE_POSITIVE", "note": "a kiosk" })).await;
    world.move_to(1);
    world.done("reopenException", json!({ "id": id, "note": "no kiosk" })).await;
    world.simulator.edit(simulator::World::forget_edits);
    world.night(2).await;
    let shown = world.graphql.exception(&id).await;
    let me = "local operator";
    let expected = json!([
        ["FOUND", "2026-03-02", "checks", null, null, null],
        ["ASSIGNED", "2026-03-02", me, "assignedTo", null, "Ann"],
        ["ASSIGNED", "2026-03-02", me, "assignedTo", "Ann", "Ben"],
        ["UNASSIGNED", "2026-03-02", me, "assignedTo", "Ben", null],
        ["COMMENTED", "2026-03-02", me, null, null, null],
        ["COMMENTED", "2026-03-02", me, null, null, null],
        ["SNOOZED", "2026-03-02", me, "snoozedUntil", null, "2026-03-04"],
        ["SNOOZED", "2026-03-02", me, "snoozedUntil", "2026-03-04", "2026-03-05"],
        ["WOKEN", "2026-03-02", me, "snoozedUntil", "2026-03-05", null],
        ["RESOLVED", "2026-03-02", me, "resolution", null, "FALSE_POSITIVE"],
        ["REOPENED", "2026-03-03", me, "resolution", "FALSE_POSITIVE", null],
        ["VERIFIED", "2026-03-04", "checks", "resolution", null, "VERIFIED"],
    ]);
    assert_eq!(json!(told(&shown)), expected);
    let notes: Vec<&str> =
        shown["history"]["nodes"].as_array().unwrap().iter().filter_map(|event| event["note"].as_str()).collect();
    assert_eq!(notes, ["first", "second", "a kiosk", "no kiosk"], "every word is kept");
    assert_eq!(text(&shown, "notes"), "no kiosk", "the latest is at hand");
    assert_eq!(shown["version"], 12, "the version counts the history");
}

#[rstest]
#[tokio::test]
async fn an_acceptance_that_ends_reopens_and_says_so(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (world, id) = world(backend).await;
    let accepted = json!({ "id": id, "resolution": "ACCEPTED", "acceptedUntil": "2026-03-03", "note": "budget" });
    world.done("resolveException", accepted).await;
    world.night(1).await;
    assert_eq!(text(&world.graphql.exception(&id).await, "status"), "RESOLVED", "its last day is not over");
    world.night(2).await;
    let back = world.graphql.exception(&id).await;
    assert_eq!((text(&back, "status"), text(&back, "reopenedBy"), text(&back, "notes")), ("OPEN", "checks", "budget"));
    assert_eq!(text(&back["history"]["nodes"][1], "acceptedUntil"), "2026-03-03");
    let reopened = &back["history"]["nodes"][2];
    assert_eq!((text(reopened, "kind"), text(reopened, "from")), ("REOPENED", "ACCEPTED"));
    assert_eq!((text(reopened, "acceptedUntil"), text(reopened, "date")), ("2026-03-03", "2026-03-04"));
    assert!(text(reopened, "note").contains("accepted until 2026-03-03, which is over"), "{reopened:#}");
}

#[rstest]
#[tokio::test]
async fn what_was_called_fixed_reopens_only_on_newer_data_and_says_so(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, id) = world(backend).await;
    world.clock.advance(std::time::Duration::from_mins(5));
    let fixed = world.done("resolveException", json!({ "id": id, "resolution": "FIXED" })).await;
    world.collect(&[], true).await;
    assert_eq!(world.graphql.exception(&id).await, fixed);
    world.collect_again().await;
    let back = world.graphql.exception(&id).await;
    assert!(text(&back["history"]["nodes"][2], "note").contains("resolved as fixed, and newer data still has it"));
}

#[rstest]
#[tokio::test]
async fn the_histories_of_a_page_are_one_statement(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::on(backend).plan(FleetPlan::plain(20, 12)).start().await;
    world.estrange(8);
    world.night(0).await;
    let mut counts = Vec::new();
    for rows in [2, 8] {
        world.take_statements();
        let query = format!(
            "{{ exceptions(first: {rows}, filter: {{ type: {{ eq: MISSING_NINJA }} }}) {{ nodes {{ history {{ nodes {{ kind note }} }} }} }} }}"
        );
        let shown = world.graphql.query(&query).await;
        assert_eq!(shown["exceptions"]["nodes"].as_array().unwrap().len(), rows);
        counts.push(world.take_statements().len());
    }
    assert_eq!(counts[0], counts[1]);
}

#[rstest]
#[tokio::test]
async fn a_history_is_read_page_by_page_and_costs_what_it_shows(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, id) = world(backend).await;
    for number in 0..11 {
        world.done("commentOnException", json!({ "id": id, "comment": format!("word {number}") })).await;
    }
    let page = async |arguments: &str, cursor: &Value| {
        let query = format!(
            "query($id: ID!, $at: String) {{ exception(id: $id) {{ history({arguments}: $at) {{ totalCount
                nodes {{ kind note }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }} }}"
        );
        world.graphql.ask(&query, json!({ "id": id, "at": cursor })).await
    };
    let whole = world.graphql.exception(&id).await["history"]["nodes"].clone();
    let whole: Vec<Value> =
        whole.as_array().unwrap().iter().map(|it| json!({ "kind": it["kind"], "note": it["note"] })).collect();
    let (mut seen, mut after) = (Vec::new(), Value::Null);
    loop {
        let answer = page("first: 5, after", &after).await;
        let shown = &answer.data()["exception"]["history"];
        assert_eq!(
            (&shown["totalCount"], &shown["pageInfo"]["hasPreviousPage"]),
            (&json!(12), &json!(!seen.is_empty()))
        );
        seen.extend(shown["nodes"].as_array().unwrap().clone());
        after = shown["pageInfo"]["endCursor"].clone();
        if shown["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(seen, whole);
    let last = page("last: 2, before", &Value::Null).await;
    assert_eq!(last.data()["exception"]["history"]["nodes"].as_array().unwrap(), &whole[10..]);
    assert_eq!(page("first: 5, before", &json!("abc")).await.error_code(), "BAD_CURSOR");
    let dear = "{ exceptions(first: 500) { nodes { history(first: 500) { nodes { kind } } } } }";
    assert_eq!(world.graphql.ask(dear, json!({})).await.error_code(), "QUERY_TOO_COMPLEX");
}
