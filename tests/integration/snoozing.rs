//! Snoozing: an open exception that nobody wants to see for a time.

use harness::{Backend, World, kinds, text};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

/// A world with one exception that is asleep until 2026-03-04.
async fn asleep(backend: Backend) -> (World, Value) {
    let world = World::on(backend).plan(FleetPlan::plain(8, 4)).start().await;
    world.estrange(1);
    world.night(0).await;
    let [open] = <[Value; 1]>::try_from(world.graphql.strangers().await).unwrap();
    let snoozed = world.done("snoozeException", json!({ "id": open["id"], "until": "2026-03-04" })).await;
    assert_eq!(text(&snoozed, "snoozedUntil"), "2026-03-04");
    (world, open["id"].clone())
}

#[rstest]
#[tokio::test]
async fn it_sleeps_through_its_last_day_and_no_longer(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (world, id) = asleep(backend).await;
    for (night, until) in [(1, json!("2026-03-04")), (2, json!("2026-03-04")), (3, Value::Null)] {
        world.night(night).await;
        assert_eq!(world.graphql.exception(&id).await["snoozedUntil"], until, "night {night}");
    }
    let woken = world.graphql.change("snoozeException", json!({ "id": id, "until": null })).await;
    assert_eq!(woken["outcome"], "UNCHANGED", "it woke by itself");
    let again = world.done("snoozeException", json!({ "id": id, "until": "2026-03-05" })).await;
    assert_eq!(again["history"]["nodes"].as_array().unwrap().last().unwrap()["from"], Value::Null, "it was awake");
}

#[rstest]
#[tokio::test]
async fn whatever_ends_its_being_open_ends_its_sleep(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (world, id) = asleep(backend).await;
    let resolved = world.done("resolveException", json!({ "id": id, "resolution": "ACCEPTED" })).await;
    assert_eq!(resolved["snoozedUntil"], Value::Null);
    let refused = world.graphql.change("snoozeException", json!({ "id": id, "until": "2026-03-04" })).await;
    assert_eq!((text(&refused, "outcome"), text(&refused["userErrors"][0], "code")), ("REFUSED", "ALREADY_RESOLVED"));
    assert_eq!(refused["exception"], resolved);
    let back = world.done("reopenException", json!({ "id": id })).await;
    assert_eq!(back["snoozedUntil"], Value::Null, "who reopens it wants to see it");
    world.done("snoozeException", json!({ "id": id, "until": "2026-03-09" })).await;
    world.simulator.edit(simulator::World::forget_edits);
    world.night(1).await;
    let gone = world.graphql.exception(&id).await;
    assert_eq!((text(&gone, "resolution"), &gone["snoozedUntil"]), ("VERIFIED", &Value::Null), "checks do not sleep");
    assert_eq!(kinds(&gone), ["FOUND", "SNOOZED", "RESOLVED", "REOPENED", "SNOOZED", "VERIFIED"]);
    world.estrange(1);
    world.night(2).await;
    assert_eq!(world.graphql.exception(&id).await["snoozedUntil"], Value::Null, "it is back, and awake");
}

#[rstest]
#[tokio::test]
async fn a_comment_and_another_assignee_let_it_sleep(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (world, id) = asleep(backend).await;
    world.done("commentOnException", json!({ "id": id, "comment": "waits for parts" })).await;
    let shown = world.done("assignException", json!({ "id": id, "assignee": "Ann" })).await;
    assert_eq!(text(&shown, "snoozedUntil"), "2026-03-04");
    world.collect_again().await;
    assert_eq!(world.graphql.exception(&id).await, shown, "found again, it sleeps on");
}
