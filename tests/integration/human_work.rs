//! What people did to exceptions outlives checks that run again, days that are collected again, and a hub that is killed
//! in between.

use std::{sync::Arc, time::Duration};

use domain::{clock::Clock, vendor::Vendor};
use harness::{Backend, GraphqlClient, LONG, Neighbour, Surroundings, TestClock, World, at_the_list, text};
use rstest::rstest;
use serde_json::{Value, json};
use server::clock::SystemClock;
use simulator::{Effect, FleetPlan, Gate};

/// One exception of each kind of human work; answers their ids.
async fn work(graphql: &GraphqlClient, open: &[Value], far: &str) -> Vec<Value> {
    let changes = [
        ("resolveException", json!({ "resolution": "FALSE_POSITIVE", "note": "a kiosk" })),
        ("resolveException", json!({ "resolution": "ACCEPTED", "acceptedUntil": far })),
        ("assignException", json!({ "assignee": "O'Brien 💥" })),
        ("commentOnException", json!({ "comment": "100% \"mine\"" })),
        ("snoozeException", json!({ "until": far })),
        ("resolveException", json!({ "resolution": "ACCEPTED" })),
    ];
    let mut ids = Vec::new();
    for ((mutation, mut input), exception) in changes.into_iter().zip(open) {
        input["id"] = exception["id"].clone();
        assert_eq!(graphql.change(mutation, input).await["outcome"], "CHANGED", "{mutation}");
        ids.push(exception["id"].clone());
    }
    let reopened = graphql.change("reopenException", json!({ "id": ids[5], "note": "no" })).await;
    assert_eq!(reopened["outcome"], "CHANGED");
    ids
}

async fn shown(graphql: &GraphqlClient, ids: &[Value]) -> Vec<Value> {
    let mut all = Vec::new();
    for id in ids {
        all.push(graphql.exception(id).await);
    }
    all
}

#[rstest]
#[tokio::test]
async fn it_outlives_checks_collections_and_syncs_of_the_day(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).plan(FleetPlan::plain(20, 12)).start().await;
    let keys = world.estrange(6);
    world.night(0).await;
    let ids = work(&world.graphql, &world.graphql.strangers().await, "2026-03-20").await;
    let before = shown(&world.graphql, &ids).await;
    world.collect(&[], true).await;
    assert_eq!(shown(&world.graphql, &ids).await, before, "checks run again");
    world.collect_again().await;
    assert_eq!(shown(&world.graphql, &ids).await, before, "both vendors are collected again");
    for key in &keys {
        let sync = "mutation($key: String!) { syncDevice(input: { vendor: THREATLOCKER, vendorDeviceKey: $key }) {
            userErrors { message } } }";
        let answer = world.graphql.ask(sync, json!({ "key": key })).await;
        assert_eq!(answer.data()["syncDevice"]["userErrors"], json!([]));
    }
    assert_eq!(shown(&world.graphql, &ids).await, before, "each device is read again");
    world.night(1).await;
    assert_eq!(shown(&world.graphql, &ids).await, before, "and a night later");
}

/// So long that no lease runs out while a test is at work; the test's clock can pass it.
const LEASE: Duration = Duration::from_hours(1);

/// A hub beside the killed one, at the real time.
async fn neighbour(outside: &Surroundings) -> (Neighbour, Arc<TestClock>) {
    let clock = Arc::new(TestClock::at_night_of(chrono::NaiveDate::MIN));
    clock.set(SystemClock.now());
    (outside.neighbour(&clock).await, clock)
}

#[rstest]
#[case::while_the_first_vendor_is_read(Vendor::Ninja, "ninja")]
#[case::while_the_second_vendor_is_read(Vendor::ThreatLocker, "threatlocker")]
#[tokio::test]
async fn it_outlives_a_hub_that_is_killed_between_collection_and_checks(
    #[case] vendor: Vendor,
    #[case] command: &str,
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let outside = Surroundings::on(backend).await.set("HUB_LEASE_SECONDS", LEASE.as_secs().to_string());
    for command in [&["collect", "ninja"][..], &["collect", "threatlocker"], &["check"]] {
        outside.hub(command).run().await.ended_with(0);
    }
    let (neighbour, clock) = neighbour(&outside).await;
    let open = neighbour.graphql.every("exceptions", "", "id").await;
    assert!(open.len() >= 6, "{}", open.len());
    let ids = work(&neighbour.graphql, &open, "9999-12-31").await;
    let before = shown(&neighbour.graphql, &ids).await;
    let gate = Gate::closed();
    let held = at_the_list(vendor, &Effect::Held(gate.clone()));
    outside.simulator.with_switches(|switches| switches.faults.push(held));
    let hub = outside.hub(&["collect", command]).start();
    tokio::time::timeout(LONG, gate.arrived(1)).await.unwrap();
    hub.kill().await;
    gate.open();
    assert_eq!(shown(&neighbour.graphql, &ids).await, before, "after the kill");
    outside.simulator.with_switches(|switches| switches.faults.clear());
    clock.set(SystemClock.now() + LEASE + Duration::from_mins(1));
    // What the killed one had is done by another; then everything once more.
    neighbour.settle().await;
    let order = "mutation { startCollection(input: {}) { userErrors { message } } }";
    assert_eq!(neighbour.graphql.query(order).await["startCollection"]["userErrors"], json!([]));
    neighbour.settle().await;
    let runs = neighbour.graphql.query("{ jobRuns(first: 3) { nodes { status } } }").await;
    assert_eq!(runs["jobRuns"]["nodes"], json!(vec![json!({ "status": "COMPLETED" }); 3]));
    let after = shown(&neighbour.graphql, &ids).await;
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(after, before, "after a whole collection and its checks: {}", text(before, "type"));
    }
}
