//! A month of nights and of technicians' mornings: what is found, resolved, accepted, comes back and goes, and numbers
//! that agree on every day.

use std::collections::BTreeSet;

use harness::{Backend, World, kinds, text};
use rstest::rstest;
use serde_json::{Value, json};

const NIGHTS: u64 = 30;

#[rstest]
#[tokio::test]
async fn trend_summary_and_list_agree_on_every_day_of_a_month_of_work(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).start().await;
    let mut evenings = Vec::new();
    for night in 0..NIGHTS {
        world.night(night).await;
        morning(&world, night).await;
        evenings.push(agreed(&world, night).await);
    }
    for (night, evening) in (0..NIGHTS).zip(&evenings) {
        let then = format!("asOf: \"{}\", filter: {{ status: {{ in: [OPEN, SNOOZED] }} }}", world.day(night));
        assert_eq!(&open(&world, &then).await, evening, "the evening of night {night}, seen from the end");
    }
    let all = world.graphql.every("exceptions", "", "history { nodes { kind } }").await;
    let seen: BTreeSet<&str> = all.iter().flat_map(kinds).collect();
    for kind in ["FOUND", "RESOLVED", "REOPENED", "VERIFIED", "ASSIGNED", "COMMENTED", "SNOOZED"] {
        assert!(seen.contains(kind), "a month without {kind}: {seen:?}");
    }
}

/// What technicians do with the list of the day: each morning the oldest ones that nobody has touched.
async fn morning(world: &World, night: u64) {
    let untouched =
        "filter: { status: { eq: OPEN }, assignee: { isNull: true } }, orderBy: { field: AGE, direction: DESC }";
    let list = world.graphql.every("exceptions", untouched, "id").await;
    let soon = world.day(night + 3);
    for (exception, (mutation, input)) in list.iter().zip([
        ("resolveException", json!({ "resolution": "FIXED", "note": "done, I think" })),
        ("resolveException", json!({ "resolution": "ACCEPTED", "acceptedUntil": soon })),
        ("snoozeException", json!({ "until": soon })),
        ("resolveException", json!({ "resolution": "FALSE_POSITIVE" })),
        ("commentOnException", json!({ "comment": "who knows \"O'Brien\" 100% 🦀?" })),
    ]) {
        let mut input = input;
        input["id"] = exception["id"].clone();
        world.done("assignException", json!({ "id": exception["id"], "assignee": format!("Ann {night}") })).await;
        world.done(mutation, input).await;
    }
}

/// The open exceptions of this evening, after every number about them has told the same.
async fn agreed(world: &World, night: u64) -> BTreeSet<String> {
    let (first, today) = (world.day(0), world.day(night));
    let query = format!(
        "{{ exceptionTrend(from: \"{first}\", to: \"{today}\") {{ opened closed openAtEnd }}
            exceptionSummary {{ counts {{ open snoozed resolved total }} byType {{ type counts {{ open snoozed resolved }} }} }} }}"
    );
    let told = world.graphql.query(&query).await;
    let (days, counts) = (told["exceptionTrend"].as_array().unwrap(), &told["exceptionSummary"]["counts"]);
    let listed = open(world, "filter: { status: { in: [OPEN, SNOOZED] } }").await;
    let number = |value: &Value| usize::try_from(value.as_i64().unwrap()).unwrap();
    assert_eq!(number(&days.last().unwrap()["openAtEnd"]), listed.len(), "trend and list, night {night}");
    assert_eq!(number(&counts["open"]) + number(&counts["snoozed"]), listed.len(), "summary and list, night {night}");
    let balance: i64 = days.iter().map(|day| day["opened"].as_i64().unwrap() - day["closed"].as_i64().unwrap()).sum();
    assert_eq!(usize::try_from(balance).unwrap(), listed.len(), "what came less what went, night {night}");
    for of_type in told["exceptionSummary"]["byType"].as_array().unwrap() {
        for (status, count) in [("OPEN", "open"), ("SNOOZED", "snoozed"), ("RESOLVED", "resolved")] {
            let filter = format!("type: {{ eq: {} }}, status: {{ eq: {status} }}", text(of_type, "type"));
            let query = format!("{{ exceptions(first: 1, filter: {{ {filter} }}) {{ totalCount }} }}");
            let listed = world.graphql.query(&query).await["exceptions"]["totalCount"].clone();
            assert_eq!(of_type["counts"][count], listed, "{filter}, night {night}");
        }
    }
    listed
}

/// Live ids of the exceptions that a list shows.
async fn open(world: &World, arguments: &str) -> BTreeSet<String> {
    let rows = world.graphql.every("exceptions", arguments, "id current { id }").await;
    let live = |row: &Value| row.pointer("/current/id").and_then(Value::as_str).unwrap_or(text(row, "id")).to_owned();
    rows.iter().map(live).collect()
}

#[rstest]
#[tokio::test]
async fn each_decision_holds_as_long_as_it_says_and_the_history_tells_why_it_ended(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).plan(simulator::FleetPlan::plain(12, 6)).start().await;
    let keys = world.estrange(3);
    world.night(0).await;
    let strangers = world.graphql.strangers().await;
    let [fixed, accepted, wrong] = <[Value; 3]>::try_from(strangers).unwrap().map(|row| row["id"].clone());
    let until = world.day(9);
    world.done("resolveException", json!({ "id": fixed, "resolution": "FIXED" })).await;
    world.done("resolveException", json!({ "id": accepted, "resolution": "ACCEPTED", "acceptedUntil": until })).await;
    world.done("resolveException", json!({ "id": wrong, "resolution": "FALSE_POSITIVE" })).await;
    for night in 1..NIGHTS {
        match night {
            12 => world.simulator.edit(simulator::World::forget_edits),
            20 => assert_eq!(world.estrange(3), keys, "the same machines are strangers again"),
            _ => {}
        }
        world.night(night).await;
        let status = async |id: &Value| text(&world.graphql.exception(id).await, "status").to_owned();
        let gone = (12..20).contains(&night);
        assert_eq!(status(&fixed).await, if gone { "RESOLVED" } else { "OPEN" }, "night {night}: still found, so open");
        let covered = night <= 9 || gone;
        assert_eq!(status(&accepted).await, if covered { "RESOLVED" } else { "OPEN" }, "night {night}");
        assert_eq!(status(&wrong).await, "RESOLVED", "night {night}: a person said that it is wrong");
    }
    for (id, told) in [
        (&fixed, &["FOUND", "RESOLVED", "REOPENED", "VERIFIED", "REOPENED"][..]),
        (&accepted, &["FOUND", "RESOLVED", "REOPENED", "VERIFIED", "REOPENED"]),
        (&wrong, &["FOUND", "RESOLVED"]),
    ] {
        let shown = world.graphql.exception(id).await;
        assert_eq!(kinds(&shown), told);
        assert_eq!(shown["dateFound"], json!(world.day(0)), "its age counts from the first day");
    }
}
