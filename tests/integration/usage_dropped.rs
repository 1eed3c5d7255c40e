//! Windows of days whose snapshots were dropped: told as long as the devices of the first day can be derived, refused with
//! the reason when they can't.

use std::collections::HashSet;

use domain::{usage::Scope, vendor::Vendor};
use harness::{Answer, Backend, World, text};
use rstest::rstest;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use simulator::FleetPlan;

use crate::usage_oracle::{Asked, Oracle, drop_day};

async fn four_nights(backend: Backend) -> World {
    let plan = FleetPlan { organizations: 6, ninja_devices: 90, threatlocker_devices: 60, ..FleetPlan::default() };
    let world = World::on(backend).plan(plan).start().await;
    for night in [0, 4, 9, 14] {
        world.night(night).await;
    }
    world
}

async fn ask(world: &World, from: u64, to: u64) -> Answer {
    let query = format!(
        r#"{{ usageChanges(vendor: NINJA, from: "{}", to: "{}") {{ totals {{ start end }} changes(first: 500) {{ nodes {{
            kind date hostname vendorDeviceKey snapshot {{ date }} device {{ id }} }} }} }} }}"#,
        world.day(from),
        world.day(to)
    );
    world.graphql.ask(&query, json!({})).await
}

#[rstest]
#[tokio::test]
async fn changes_keep_their_names_and_days_when_the_snapshots_are_gone(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = four_nights(backend).await;
    let before = ask(&world, 0, 9).await.data()["usageChanges"].clone();
    for night in [0, 4, 9] {
        drop_day(&world, world.day(night)).await;
    }
    let after = ask(&world, 0, 9).await.data()["usageChanges"].clone();
    let without_snapshots = |usage: &Value| {
        let mut usage = usage.clone();
        for node in usage["changes"]["nodes"].as_array_mut().unwrap() {
            node["snapshot"] = Value::Null;
        }
        usage
    };
    assert_eq!(after, without_snapshots(&before), "all but the snapshots is told as before, and those are null");
    let nodes = before["changes"]["nodes"].as_array().unwrap();
    assert!(nodes.len() > 3 && nodes.iter().all(|node| node["snapshot"].is_object()), "{nodes:#?}");
    // The newest day is kept, so what is on it is still shown.
    let to_newest = ask(&world, 0, 14).await.data()["usageChanges"]["changes"]["nodes"].clone();
    for node in to_newest.as_array().unwrap() {
        let is_gone = text(node, "kind") == "REMOVED";
        assert_eq!(node["snapshot"].is_null(), is_gone, "{node:#}");
    }
}

#[rstest]
#[tokio::test]
async fn a_month_of_dropped_days_is_walked_back_from_the_newest(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = four_nights(backend).await;
    let oracle = Oracle::read(&world).await;
    for night in [0, 4, 9] {
        drop_day(&world, world.day(night)).await;
    }
    for (from, to) in oracle.windows() {
        for vendor in [Some(Vendor::Ninja), Some(Vendor::ThreatLocker), None] {
            oracle.check(&world, &Asked { vendor, from, to, scope: Scope::default() }).await;
        }
    }
}

#[rstest]
#[tokio::test]
async fn without_a_counted_day_after_it_a_dropped_day_is_refused_with_the_reason(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = four_nights(backend).await;
    for night in [0, 4, 9, 14] {
        drop_day(&world, world.day(night)).await;
    }
    let answer = ask(&world, 4, 9).await;
    assert_eq!(answer.error_code(), "NO_DATA");
    let message = text(&answer.body["errors"][0], "message");
    assert!(message.contains("the snapshots of Ninja of 2026-03-06 were dropped"), "{message}");
    assert_eq!(answer.body["errors"][0]["extensions"]["reason"], "DROPPED");
    assert_eq!(answer.body["errors"][0]["extensions"]["nearestDates"], json!([]));
}

#[rstest]
#[tokio::test]
async fn a_day_that_was_never_stored_names_the_nearest_even_if_those_were_dropped(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = four_nights(backend).await;
    drop_day(&world, world.day(0)).await;
    drop_day(&world, world.day(4)).await;
    let answer = ask(&world, 2, 14).await;
    assert_eq!(answer.error_code(), "NO_DATA");
    assert_eq!(answer.body["errors"][0]["extensions"]["nearestDates"], json!(["2026-03-02", "2026-03-06"]));
    ask(&world, 0, 14).await.data();
}

#[rstest]
#[tokio::test]
async fn counts_that_do_not_fit_the_ledger_are_a_fault_and_no_answer(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = four_nights(backend).await;
    let told = ask(&world, 0, 14).await.data()["usageChanges"].clone();
    let kinds: HashSet<&str> =
        told["changes"]["nodes"].as_array().unwrap().iter().map(|row| text(row, "kind")).collect();
    assert!(kinds.contains("REMOVED"));
    let lose = format!("DELETE FROM daily_counts WHERE snapshot_date = '{}'", world.day(0));
    world.inventory.database().writer().execute_unprepared(&lose).await.unwrap();
    assert_eq!(ask(&world, 0, 14).await.error_code(), "INTERNAL");
}
