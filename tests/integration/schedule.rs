//! The daily runs: slots are taken once, by one server, and what they start is recorded like any other order.

use chrono::{DateTime, Utc};
use domain::vendor::Vendor;
use harness::{Backend, World};
use rstest::rstest;
use server::scheduler::{Schedule, Scheduler, Work};

const BOTH: [(&str, &str, Work); 3] = [
    ("ninja", "10 2 * * *", Work::Collect(Vendor::Ninja)),
    ("threatlocker", "31 2 * * *", Work::Collect(Vendor::ThreatLocker)),
    ("checks", "0 3 * * *", Work::Check),
];

fn scheduler(world: &World) -> Scheduler {
    let schedules = BOTH.map(|(name, cron, work)| Schedule { name, cron: cron.parse().unwrap(), work });
    Scheduler::new(world.inventory.clone(), schedules.to_vec())
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
    let world = World::on(backend).start().await;
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
    let world = World::on(backend).start().await;
    tick(&world, &scheduler(&world), "2026-03-02T07:00:00Z").await;
    let restarted = scheduler(&world);
    tick(&world, &restarted, "2026-03-02T20:00:00Z").await;
    tick(&world, &restarted, "2026-03-02T20:01:00Z").await;
    assert_eq!(job_names(&world).await, ["cross-vendor-checks", "ninja-collector", "threatlocker-collector"]);
}

#[rstest]
#[tokio::test]
async fn a_hub_that_is_new_makes_nothing_up(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::on(backend).start().await;
    tick(&world, &scheduler(&world), "2026-03-02T20:00:00Z").await;
    assert_eq!(job_names(&world).await, Vec::<String>::new());
}

#[rstest]
#[tokio::test]
async fn of_two_servers_one_takes_a_slot(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::on(backend).start().await;
    let (first, second) = (scheduler(&world), scheduler(&world));
    tick(&world, &first, "2026-03-02T07:00:00Z").await;
    world.clock.set(at("2026-03-02T08:10:00Z"));
    let (one, two) = tokio::join!(first.tick(), second.tick());
    one.and(two).unwrap();
    world.settle().await;
    assert_eq!(job_names(&world).await, ["ninja-collector"]);
}
