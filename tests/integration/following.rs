//! `jobs` and `jobProgress`: every change of every run, whichever server makes it, however many follow.

use std::{collections::BTreeSet, time::Duration};

use domain::vendor::Vendor;
use harness::{Backend, LONG, Socket, World, at_the_list, text};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::{Effect, Gate};

const JOBS: &str = "subscription { jobs { id name status pagesFetched batch { id } } }";
const PROGRESS: &str = "subscription($batch: ID!) { jobProgress(batchId: $batch) { id name status } }";

/// A world whose collection of Ninja waits at the gate before its first page; the id of its batch.
async fn held_up(backend: Backend) -> (World, Gate, String) {
    let world = World::small_on(backend).start().await;
    let gate = Gate::closed();
    world.strike(at_the_list(Vendor::Ninja, &Effect::Held(gate.clone())).times(1));
    let batch = text(&world.order(&[Vendor::Ninja]).await["batch"], "id").to_owned();
    gate.arrived(1).await;
    (world, gate, batch)
}

/// The next run that is told; `None` when there will be none.
async fn next(socket: &mut Socket, field: &str) -> Option<Value> {
    let message = socket.hear().await;
    if message["type"] == "complete" {
        return None;
    }
    assert!(message["payload"].get("errors").is_none(), "{message:#}");
    Some(message["payload"]["data"][field].clone())
}

/// Hears runs until one ends; answers their statuses.
async fn until_end(socket: &mut Socket, field: &str) -> Vec<String> {
    let mut statuses = Vec::new();
    while statuses.last().is_none_or(|status: &String| ["QUEUED", "RUNNING"].contains(&status.as_str())) {
        let Some(run) = next(socket, field).await else { break };
        statuses.push(text(&run, "status").to_owned());
    }
    statuses
}

#[rstest]
#[tokio::test]
async fn all_runs_are_followed_those_at_work_first_and_then_those_that_are_ordered_later(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, gate, batch) = held_up(backend).await;
    let mut socket = Socket::open(&world.graphql.url).await;
    socket.subscribe("j", JOBS, json!({})).await;
    let first = next(&mut socket, "jobs").await.unwrap();
    assert_eq!((text(&first, "status"), text(&first["batch"], "id")), ("RUNNING", batch.as_str()));
    gate.open();
    assert_eq!(until_end(&mut socket, "jobs").await.last().unwrap(), "COMPLETED");
    world.order(&[Vendor::ThreatLocker]).await;
    let mut seen = BTreeSet::new();
    loop {
        let run = next(&mut socket, "jobs").await.unwrap();
        assert_eq!(run["name"], "threatlocker-collector", "what has ended is not told again: {run:#}");
        seen.insert(text(&run, "status").to_owned());
        if run["status"] == "COMPLETED" {
            break;
        }
    }
    assert!(seen.contains("QUEUED"), "{seen:?}");
}

#[rstest]
#[tokio::test]
async fn what_another_server_works_on_is_followed_to_its_end(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, gate, batch) = held_up(backend).await;
    let other = world.neighbour().await;
    let mut one = Socket::open(&other.graphql.url).await;
    one.subscribe("p", PROGRESS, json!({ "batch": batch })).await;
    let mut all = Socket::open(&other.graphql.url).await;
    all.subscribe("j", JOBS, json!({})).await;
    assert_eq!(next(&mut one, "jobProgress").await.unwrap()["status"], "RUNNING");
    assert_eq!(next(&mut all, "jobs").await.unwrap()["status"], "RUNNING");
    gate.open();
    assert_eq!(until_end(&mut one, "jobProgress").await.last().unwrap(), "COMPLETED");
    assert_eq!(next(&mut one, "jobProgress").await, None, "the order has ended, and so has its subscription");
    assert_eq!(until_end(&mut all, "jobs").await.last().unwrap(), "COMPLETED");
}

#[rstest]
#[tokio::test]
async fn however_many_follow_the_tables_are_read_by_one(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    const FOLLOWERS: usize = 60;
    let (world, gate, batch) = held_up(backend).await;
    let mut sockets = Vec::new();
    for _ in 0..FOLLOWERS {
        let mut socket = Socket::open(&world.graphql.url).await;
        socket.subscribe("p", PROGRESS, json!({ "batch": batch })).await;
        assert_eq!(next(&mut socket, "jobProgress").await.unwrap()["status"], "RUNNING");
        sockets.push(socket);
    }
    world.take_statements();
    gate.open();
    for socket in &mut sockets {
        assert_eq!(until_end(socket, "jobProgress").await.last().unwrap(), "COMPLETED");
        assert_eq!(next(socket, "jobProgress").await, None);
    }
    let statements = world.take_statements();
    let reads = statements.iter().filter(|sql| sql.starts_with("SELECT") && sql.contains("job_")).count();
    assert!(reads < FOLLOWERS, "{reads} reads of jobs for {FOLLOWERS} followers");
}

/// As when the follower's server had no database, or stood still, for minutes.
#[rstest]
#[tokio::test]
async fn an_end_long_before_the_next_look_is_told(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (world, gate, batch) = held_up(backend).await;
    let other = world.neighbour().await;
    let mut socket = Socket::open(&other.graphql.url).await;
    socket.subscribe("p", PROGRESS, json!({ "batch": batch })).await;
    assert_eq!(next(&mut socket, "jobProgress").await.unwrap()["status"], "RUNNING");
    gate.open();
    world.settle().await;
    world.clock.advance(Duration::from_mins(5));
    let end = async {
        assert_eq!(until_end(&mut socket, "jobProgress").await.last().unwrap(), "COMPLETED");
        assert_eq!(next(&mut socket, "jobProgress").await, None);
    };
    tokio::time::timeout(LONG, end).await.unwrap();
}
