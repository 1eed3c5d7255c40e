//! Two technicians, or a technician and a check, at the same moment: nobody's work is lost, and nobody waits for ever.

use domain::vendor::Vendor;
use futures::future::join_all;
use harness::{Answer, Backend, GraphqlClient, World, collect_on, kinds, text};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

async fn world(backend: Backend) -> (World, Vec<Value>) {
    let world = World::on(backend).plan(FleetPlan::plain(40, 30)).start().await;
    world.estrange(20);
    world.night(0).await;
    let ids: Vec<Value> = world.graphql.strangers().await.iter().map(|row| row["id"].clone()).collect();
    assert_eq!(ids.len(), 20);
    (world, ids)
}

/// Every exception's version counts its history: nothing was written over.
async fn nothing_is_lost(world: &World) -> Vec<Value> {
    let all = world.graphql.strangers().await;
    for row in &all {
        assert_eq!(row["version"], row["history"]["nodes"].as_array().unwrap().len(), "{row:#}");
    }
    all
}

#[rstest]
#[tokio::test]
async fn of_two_who_saw_the_same_version_one_succeeds_and_the_other_is_told(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, ids) = world(backend).await;
    for id in &ids {
        let input = |name: &str| json!({ "id": id, "expectedVersion": 1, "assignee": name });
        let resolve = json!({ "id": id, "expectedVersion": 1, "resolution": "FIXED" });
        let (ann, ben, carl) = tokio::join!(
            world.graphql.change("assignException", input("Ann")),
            world.graphql.change("assignException", input("Ben")),
            world.graphql.change("resolveException", resolve),
        );
        let mut outcomes = [&ann, &ben, &carl].map(|payload| text(payload, "outcome"));
        outcomes.sort_unstable();
        assert_eq!(outcomes, ["CHANGED", "CONFLICT", "CONFLICT"]);
        let won = [&ann, &ben, &carl].into_iter().find(|payload| payload["outcome"] == "CHANGED").unwrap();
        for lost in [&ann, &ben, &carl].into_iter().filter(|payload| payload["outcome"] != "CHANGED") {
            assert_eq!(text(&lost["userErrors"][0], "code"), "CHANGED");
            assert_eq!(lost["exception"], won["exception"], "the loser sees what the winner did");
        }
    }
    nothing_is_lost(&world).await;
}

#[rstest]
#[tokio::test]
async fn two_who_resolve_the_same_many_share_them(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (world, ids) = world(backend).await;
    let backwards: Vec<Value> = ids.iter().rev().cloned().collect();
    let resolve = |resolution: &str, note: &str| json!({ "resolve": { "resolution": resolution, "note": note } });
    let (ann, ben) = tokio::join!(
        world.graphql.change_many(json!({ "ids": ids }), resolve("FIXED", "Ann")),
        world.graphql.change_many(json!({ "ids": backwards }), resolve("ACCEPTED", "Ben")),
    );
    let mut told = [&ann, &ben].map(|payload| (payload["changed"].as_i64(), payload["refused"].as_i64()));
    told.sort_unstable();
    assert_eq!(told, [(Some(0), Some(20)), (Some(20), Some(0))], "each is all or nothing");
    for row in nothing_is_lost(&world).await {
        let pair = (text(&row, "resolution"), text(&row, "notes"));
        assert!([("FIXED", "Ann"), ("ACCEPTED", "Ben")].contains(&pair), "{row:#}");
        assert_eq!(kinds(&row), ["FOUND", "RESOLVED"]);
    }
}

/// Comments on every exception, one by one, and assigns all of them, again and again.
async fn work(graphql: &GraphqlClient, name: &str, ids: &[Value]) {
    for round in 0..3 {
        let comments = ids
            .iter()
            .map(|id| graphql.change("commentOnException", json!({ "id": id, "comment": format!("{name} {round}") })));
        assert!(join_all(comments).await.iter().all(|payload| payload["outcome"] == "CHANGED"));
        let assigned = json!({ "assign": { "assignee": format!("{name} {round}") } });
        let payload = graphql.change_many(json!({ "ids": ids }), assigned).await;
        assert_eq!(payload["changed"], ids.len());
    }
}

#[rstest]
#[tokio::test]
async fn people_on_two_servers_and_checks_work_on_the_same_exceptions_at_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, ids) = world(backend).await;
    let other = world.another_server(|_, _| {}).await;
    let nights = async {
        for _ in 0..3 {
            let report = collect_on(&other, &Vendor::ALL, true).await;
            assert_eq!(report.batch.status, "completed", "{:?}", report.runs);
        }
    };
    tokio::join!(work(&world.graphql, "Ann", &ids), work(&world.graphql, "Ben", &ids), nights);
    for row in nothing_is_lost(&world).await {
        assert_eq!(row["history"]["nodes"].as_array().unwrap().len(), 13, "{row:#}");
        let notes = row["history"]["nodes"].as_array().unwrap().iter().filter_map(|event| event["note"].as_str());
        let mut notes: Vec<&str> = notes.collect();
        let last = notes.last().copied();
        assert_eq!(row["notes"].as_str(), last, "the latest word is the last of the history");
        notes.sort_unstable();
        assert_eq!(notes, ["Ann 0", "Ann 1", "Ann 2", "Ben 0", "Ben 1", "Ben 2"]);
    }
}

#[rstest]
#[tokio::test]
async fn a_check_that_closes_and_a_person_who_resolves_do_not_both(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, ids) = world(backend).await;
    world.simulator.edit(simulator::World::forget_edits);
    world.clock.advance(std::time::Duration::from_hours(1));
    world.collect(&Vendor::ALL, false).await;
    let query = "mutation($id: ID!) { resolveException(input: { id: $id, resolution: FIXED }) { outcome } }";
    let people = join_all(ids.iter().map(|id| world.graphql.ask(query, json!({ "id": id }))));
    let (answers, report) = tokio::join!(people, world.collect(&[], true));
    assert_eq!(report.batch.status, "completed", "{:?}", report.runs);
    let outcome = |answer: &Answer| text(&answer.data()["resolveException"], "outcome").to_owned();
    for (id, answer) in ids.iter().zip(&answers) {
        let row = world.graphql.exception(id).await;
        let expected = if outcome(answer) == "CHANGED" { "FIXED" } else { "VERIFIED" };
        assert_eq!((text(&row, "resolution"), kinds(&row).len()), (expected, 2), "{row:#}");
    }
    nothing_is_lost(&world).await;
}
