//! The record of what was done goes after 400 days; what says how things stand does not.

use std::{collections::BTreeSet, time::Duration};

use domain::vendor::Vendor;
use harness::{Backend, World, at_every_call};
use rstest::rstest;
use serde_json::{Value, json};
use server::{
    inventory::jobs::Trigger,
    scheduler::{Scheduler, Work},
};
use simulator::Effect;

async fn retain(world: &World) {
    let report = world.inventory.retain(Trigger::CommandLine, "test").await.unwrap();
    assert_eq!(report.batch.status, "completed", "{:?}", report.runs);
}

/// What is on record, but for retentions: days and names of runs, due times of slots, alerts that are over.
async fn record(world: &World) -> (BTreeSet<String>, Vec<Value>, usize) {
    let runs = world.graphql.every("jobRuns", "", "name businessDate attempts { outcome }").await;
    let runs = runs.iter().filter(|run| run["name"] != "retention");
    let runs = runs.map(|run| {
        assert_eq!(run["attempts"].as_array().unwrap().len(), 1, "{run:#}");
        format!("{} {}", run["businessDate"].as_str().unwrap(), run["name"].as_str().unwrap())
    });
    let slots = world.graphql.every("scheduleSlots", "", "due { at }").await;
    let slots = slots.iter().map(|slot| slot["due"]["at"].clone()).collect();
    let alerts = world.graphql.every("alerts", "filter: { open: false }", "closedAt").await.len();
    (runs.collect(), slots, alerts)
}

#[rstest]
#[tokio::test]
async fn orders_slots_and_alerts_go_but_the_newest_slot_and_the_last_checks_stay(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let nightly = [("ninja", "10 2 * * *", Work::Collect(Vendor::Ninja))];
    let world = World::small_on(backend).schedules(nightly).start().await;
    let scheduler = Scheduler::new(world.inventory.clone());
    world.clock.set("2026-03-02T07:00:00Z".parse().unwrap());
    scheduler.tick().await.unwrap();
    for night in 0..2 {
        world.move_to(night);
        world.strike(at_every_call(Vendor::Ninja, &Effect::Status(403)));
        scheduler.tick().await.unwrap();
        world.settle().await;
        world.simulator.with_switches(|switches| switches.faults.clear());
        // Of two runs that end at one moment, nobody knows which was the last.
        world.clock.advance(Duration::from_mins(1));
        world.collect(&Vendor::ALL, true).await;
    }
    let whole = record(&world).await;
    assert_eq!((whole.0.len(), whole.1.len(), whole.2), (6, 2, 2), "{whole:?}");
    world.move_to(400);
    retain(&world).await;
    assert_eq!(record(&world).await, whole, "400 days are not longer than 400 days");
    world.move_to(402);
    retain(&world).await;
    let left = record(&world).await;
    let checks = ["2026-03-03 cross-vendor-checks", "2026-03-03 ninja-collector", "2026-03-03 threatlocker-collector"];
    assert_eq!(left.0, checks.map(str::to_owned).into());
    assert_eq!((left.1, left.2), (vec![json!("2026-03-03T08:10:00Z")], 0));
    let schedule = world.graphql.query("{ schedule { name lastRun { run { status } } } }").await;
    assert_eq!(schedule["schedule"][0]["lastRun"]["run"]["status"], "FAILED", "{schedule:#}");
}
