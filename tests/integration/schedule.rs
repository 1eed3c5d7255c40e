//! The daily runs: slots are taken once, by one server, and what they start is recorded like any other order.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::{
    schedule::{Grace, Misfire, Timing},
    vendor::Vendor,
};
use entity::{job_run, schedule_slot};
use harness::{Backend, LONG, World, at_the_list};
use rstest::rstest;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};
use server::scheduler::{Scheduler, Work};
use simulator::{Effect, Gate};
use tokio_util::sync::CancellationToken;

const BOTH: [(&str, &str, Work); 3] = [
    ("ninja", "10 2 * * *", Work::Collect(Vendor::Ninja)),
    ("threatlocker", "31 2 * * *", Work::Collect(Vendor::ThreatLocker)),
    ("checks", "0 3 * * *", Work::Check),
];

fn scheduler(world: &World) -> Scheduler {
    Scheduler::new(world.inventory.clone())
}

/// Ninja alone, every night at 02:10 in Chicago, with this policy.
fn ninja(misfire: Misfire) -> [(&'static str, Timing, Work); 1] {
    let cron = "10 2 * * *".parse().unwrap();
    [("ninja", Timing { cron, misfire }, Work::Collect(Vendor::Ninja))]
}

/// What the record says of every slot, the oldest first: when it was due, and how it ended or why it was passed over.
async fn record(world: &World) -> Vec<(String, Value)> {
    let slots = world.graphql.every("scheduleSlots", "", "due { at } passedOver batch { id } run { status }").await;
    let told = slots.iter().rev().map(|slot| {
        assert_eq!(slot["passedOver"].is_null(), !slot["batch"].is_null(), "{slot:#}");
        let became = if slot["run"].is_null() { &slot["passedOver"] } else { &slot["run"]["status"] };
        (slot["due"]["at"].as_str().unwrap().to_owned(), became.clone())
    });
    told.collect()
}

fn told(slots: &[(&str, &str)]) -> Vec<(String, Value)> {
    slots.iter().map(|(at, became)| (format!("2026-{at}:00Z"), json!(became))).collect()
}

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().with_timezone(&Utc)
}

/// Ticks at an instant and waits for what it started.
async fn tick(world: &World, scheduler: &Scheduler, now: &str) {
    world.clock.set(at(now));
    scheduler.tick().await.unwrap();
    world.settle().await;
}

async fn job_names(world: &World) -> Vec<String> {
    let runs = world.graphql.query("{ jobRuns(first: 100) { nodes { name status batch { trigger } } } }").await;
    let nodes = runs["jobRuns"]["nodes"].as_array().unwrap();
    assert!(nodes.iter().all(|run| run["batch"]["trigger"] == "TIMER"), "{runs:#}");
    assert!(nodes.iter().all(|run| run["status"] == "COMPLETED"), "{runs:#}");
    let mut names: Vec<String> = nodes.iter().map(|run| run["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

#[rstest]
#[tokio::test]
async fn a_night_runs_each_schedule_once_in_order(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::small_on(backend).schedules(BOTH).start().await;
    let scheduler = scheduler(&world);
    tick(&world, &scheduler, "2026-03-02T07:00:00Z").await; // 01:00 in Chicago
    assert_eq!(job_names(&world).await, Vec::<String>::new());
    for minute in ["08:10", "08:10", "08:25", "08:31", "08:32", "09:00", "09:01", "15:00"] {
        tick(&world, &scheduler, &format!("2026-03-02T{minute}:00Z")).await;
    }
    assert_eq!(job_names(&world).await, ["cross-vendor-checks", "ninja-collector", "threatlocker-collector"]);
    let days = world.graphql.query("{ availableDates(first: 5) { date complete } }").await;
    assert_eq!(days["availableDates"], serde_json::json!([{ "date": "2026-03-02", "complete": true }]));
}

#[rstest]
#[tokio::test]
async fn a_night_missed_while_down_is_made_up_once_the_same_day(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).schedules(BOTH).start().await;
    tick(&world, &scheduler(&world), "2026-03-02T07:00:00Z").await;
    let restarted = scheduler(&world);
    tick(&world, &restarted, "2026-03-02T20:00:00Z").await;
    tick(&world, &restarted, "2026-03-02T20:01:00Z").await;
    assert_eq!(job_names(&world).await, ["cross-vendor-checks", "ninja-collector", "threatlocker-collector"]);
}

#[rstest]
#[tokio::test]
async fn a_hub_that_is_new_makes_nothing_up(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::small_on(backend).schedules(BOTH).start().await;
    tick(&world, &scheduler(&world), "2026-03-02T20:00:00Z").await;
    assert_eq!(job_names(&world).await, Vec::<String>::new());
}

#[rstest]
#[tokio::test]
async fn of_two_servers_one_takes_a_slot(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::small_on(backend).schedules(BOTH).start().await;
    let (first, second) = (scheduler(&world), scheduler(&world));
    tick(&world, &first, "2026-03-02T07:00:00Z").await;
    world.clock.set(at("2026-03-02T08:10:00Z"));
    let (one, two) = tokio::join!(first.tick(), second.tick());
    one.and(two).unwrap();
    world.settle().await;
    assert_eq!(job_names(&world).await, ["ninja-collector"]);
}

#[rstest]
#[tokio::test]
async fn a_server_that_was_away_for_days_makes_up_what_the_policy_says_and_records_the_rest(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(0, 1, 2)] policy: usize,
) {
    let days = Grace::For(chrono::TimeDelta::days(3));
    let (misfire, became) = [
        (Misfire::Skip, ["TOO_LATE", "TOO_LATE", "TOO_LATE", "TOO_LATE"]),
        (Misfire::Once(Grace::RestOfDay), ["TOO_LATE", "TOO_LATE", "TOO_LATE", "COMPLETED"]),
        (Misfire::All { most: 2, grace: days }, ["TOO_LATE", "SUPERSEDED", "COMPLETED", "COMPLETED"]),
    ][policy];
    let world = World::small_on(backend).timed(ninja(misfire)).start().await;
    tick(&world, &scheduler(&world), "2026-03-02T07:00:00Z").await;
    for minute in ["20:00", "20:01", "20:02", "20:03"] {
        tick(&world, &scheduler(&world), &format!("2026-03-05T{minute}:00Z")).await;
    }
    let slots = ["03-02T08:10", "03-03T08:10", "03-04T08:10", "03-05T08:10"];
    let expected: Vec<_> = slots.into_iter().zip(became).collect();
    assert_eq!(record(&world).await, told(&expected));
}

#[rstest]
#[tokio::test]
async fn slots_that_are_all_made_up_come_one_after_the_other(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let all = Misfire::All { most: 9, grace: Grace::For(chrono::TimeDelta::days(3)) };
    let world = World::small_on(backend).timed(ninja(all)).start().await;
    tick(&world, &scheduler(&world), "2026-03-02T07:00:00Z").await;
    let gate = Gate::closed();
    world.strike(at_the_list(Vendor::Ninja, &Effect::Held(gate.clone())).times(1));
    world.clock.set(at("2026-03-04T07:00:00Z"));
    for _ in 0..3 {
        scheduler(&world).tick().await.unwrap();
        gate.arrived(1).await;
    }
    assert_eq!(record(&world).await, told(&[("03-02T08:10", "RUNNING")]));
    gate.open();
    world.settle().await;
    tick(&world, &scheduler(&world), "2026-03-04T07:00:00Z").await;
    assert_eq!(record(&world).await, told(&[("03-02T08:10", "COMPLETED"), ("03-03T08:10", "COMPLETED")]));
}

#[rstest]
#[tokio::test]
async fn a_clock_that_is_set_back_takes_nothing_twice(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::small_on(backend).timed(ninja(Misfire::default())).start().await;
    for now in ["02T07:00", "02T08:10", "02T07:30", "02T08:10", "02T08:11", "01T08:10", "02T08:12", "03T08:10"] {
        tick(&world, &scheduler(&world), &format!("2026-03-{now}:30Z")).await;
    }
    assert_eq!(record(&world).await, told(&[("03-02T08:10", "COMPLETED"), ("03-03T08:10", "COMPLETED")]));
}

/// What a clock did that was a year ahead must not keep the nights of that year from running.
#[rstest]
#[tokio::test]
async fn nights_go_on_after_a_clock_that_was_far_ahead(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::small_on(backend).timed(ninja(Misfire::default())).start().await;
    tick(&world, &scheduler(&world), "2026-03-02T07:00:00Z").await;
    tick(&world, &scheduler(&world), "2026-03-20T20:00:00Z").await;
    let ahead = record(&world).await;
    assert_eq!((ahead.len(), &ahead[18].1, &ahead[17].1), (19, &json!("COMPLETED"), &json!("TOO_LATE")));
    for now in ["02T07:01", "02T08:10", "03T08:10", "04T12:00"] {
        tick(&world, &scheduler(&world), &format!("2026-03-{now}:30Z")).await;
    }
    let after = record(&world).await;
    let nights = ["03-02T08:10", "03-03T08:10", "03-04T08:10"].map(|night| (night, "COMPLETED"));
    assert_eq!(after[..3], told(&nights));
    assert_eq!(after[3..], ahead[3..], "what the clock ahead recorded of days to come stands until they come");
}

#[rstest]
#[tokio::test]
async fn of_two_servers_that_pass_over_the_same_slots_one_records_them(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).timed(ninja(Misfire::Skip)).start().await;
    let (first, second) = (scheduler(&world), Scheduler::new(world.another_server(|_, _| {}).await));
    tick(&world, &first, "2026-03-02T07:00:00Z").await;
    world.clock.set(at("2026-03-03T20:00:00Z"));
    let (one, two) = tokio::join!(first.tick(), second.tick());
    one.and(two).unwrap();
    assert_eq!(record(&world).await, told(&[("03-02T08:10", "TOO_LATE"), ("03-03T08:10", "TOO_LATE")]));
}

/// The ticker alone would take a slot every fifteen seconds.
#[rstest]
#[tokio::test]
async fn slots_are_taken_while_the_ticker_is_silent(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    const SLOTS: u64 = 8;
    let world = World::small_on(backend).schedules([("verification", "*/10 * * * *", Work::Verify)]).start().await;
    let start = at("2026-03-02T15:01:00Z");
    world.clock.set(start);
    let rows = async || schedule_slot::Entity::find().count(world.rows()).await.unwrap();
    let stop = CancellationToken::new();
    let ticking = scheduler(&world).silent_for(Duration::from_millis(20)).run(stop.clone());
    let taking = async {
        // The first look begins the schedule.
        for taken in 0..=SLOTS {
            world.until(async || rows().await == taken + 1).await;
            world.clock.advance(Duration::from_mins(10));
        }
        stop.cancel();
    };
    let (ticked, ()) = tokio::time::timeout(LONG, async { tokio::join!(ticking, taking) }).await.unwrap();
    ticked.unwrap();
    world.settle().await;
}

#[rstest]
#[tokio::test]
async fn behind_a_run_that_outlasts_its_interval_one_waits_and_no_more(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let often = [("ninja", "*/10 * * * *", Work::Collect(Vendor::Ninja))];
    let world = World::small_on(backend).schedules(often).start().await;
    let scheduler = scheduler(&world);
    tick(&world, &scheduler, "2026-03-02T15:05:00Z").await;
    let gate = Gate::closed();
    world.strike(at_the_list(Vendor::Ninja, &Effect::Held(gate.clone())).times(1));
    for minute in [10, 20, 30, 40] {
        world.clock.set(at(&format!("2026-03-02T15:{minute}:00Z")));
        scheduler.tick().await.unwrap();
        if minute == 10 {
            gate.arrived(1).await;
        }
    }
    assert_eq!(job_run::Entity::find().count(world.rows()).await.unwrap(), 2);
    gate.open();
    world.settle().await;
    tick(&world, &scheduler, "2026-03-02T15:50:00Z").await;
    let became = ["COMPLETED", "COMPLETED", "SUPERSEDED", "SUPERSEDED", "COMPLETED"];
    let slots = ["10", "20", "30", "40", "50"].map(|minute| format!("03-02T15:{minute}"));
    let expected: Vec<_> = slots.iter().map(String::as_str).zip(became).collect();
    assert_eq!(record(&world).await, told(&expected));
}
