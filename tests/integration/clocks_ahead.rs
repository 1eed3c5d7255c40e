//! A clock that was ahead for a while: what it left behind keeps nobody waiting.

use std::{sync::Arc, time::Duration};

use domain::{clock::Clock, vendor::Vendor};
use entity::{job_attempt, job_run, vendor_lease};
use harness::{Backend, Surroundings, TestClock, at_the_list};
use rstest::rstest;
use sea_orm::{EntityTrait, PaginatorTrait, QueryOrder};
use server::{
    clock::SystemClock,
    inventory::{
        Inventory,
        batches::Order,
        jobs::{Cancelling, JobSelection, Trigger},
    },
};
use simulator::{Effect, Gate};

/// By how much the clock was ahead.
const AHEAD: Duration = Duration::from_hours(5);

/// Two hubs whose clock is right again, and the batch of a third that died over a collection while it was ahead.
async fn left_behind(backend: Backend) -> (Surroundings, Inventory, Arc<TestClock>, String) {
    let outside = Surroundings::on(backend).await;
    let clock = Arc::new(TestClock::at_night_of(chrono::NaiveDate::MIN));
    let now = SystemClock.now();
    clock.set(now + AHEAD);
    let dying = outside.idle_hub(&clock).await;
    let gate = Gate::closed();
    let held = at_the_list(Vendor::Ninja, &Effect::Held(gate.clone())).times(1);
    outside.simulator.with_switches(|switches| switches.faults.push(held));
    let batch = dying.start_batch(order()).await.unwrap().batch.batch_id;
    tokio::select! {
        done = dying.work_off() => panic!("it did not wait at the gate: {done:?}"),
        () = gate.arrived(1) => {}
    }
    gate.open();
    clock.set(now);
    let hub = outside.idle_hub(&clock).await;
    (outside, hub, clock, batch)
}

fn order() -> Order {
    Order {
        vendors: vec![Vendor::Ninja],
        run_checks: false,
        check_date: None,
        trigger: Trigger::Mutation,
        requested_by: "test".to_owned(),
    }
}

/// Each run's status, and what became of the attempts at all.
async fn record(hub: &Inventory) -> (Vec<String>, Vec<Option<String>>) {
    let rows = hub.database().reader().pool();
    let runs = job_run::Entity::find().order_by_asc(job_run::Column::CreatedAt).all(rows).await.unwrap();
    let attempts = job_attempt::Entity::find().order_by_asc(job_attempt::Column::BeganAt).all(rows).await.unwrap();
    (runs.into_iter().map(|run| run.status).collect(), attempts.into_iter().map(|attempt| attempt.outcome).collect())
}

#[rstest]
#[tokio::test]
async fn its_dead_servers_collection_is_taken_over(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (_outside, hub, _clock, _) = left_behind(backend).await;
    assert_eq!(hub.work_off().await.unwrap(), 1);
    let (runs, attempts) = record(&hub).await;
    assert_eq!(runs, ["completed"]);
    assert!(attempts.contains(&Some("lost".to_owned())) && attempts.contains(&Some("completed".to_owned())));
}

#[rstest]
#[tokio::test]
async fn its_dead_servers_collection_is_cancelled(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (_outside, hub, _clock, batch) = left_behind(backend).await;
    let cancelling = hub.cancel_jobs(&JobSelection::Batch(batch), "test").await.unwrap();
    assert_eq!(cancelling, Cancelling::Asked);
    assert_eq!(hub.work_off().await.unwrap(), 0);
    assert_eq!(record(&hub).await, (vec!["cancelled".to_owned()], vec![Some("lost".to_owned())]));
}

#[rstest]
#[tokio::test]
async fn the_vendor_that_it_took_is_free(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (_outside, hub, _clock, batch) = left_behind(backend).await;
    // Whoever collects by the command line asks for the vendor alone.
    let report = hub.run_batch(order()).await.unwrap();
    assert_eq!(report.batch.status, "completed", "{:?}", report.runs);
    let _ = hub.cancel_jobs(&JobSelection::Batch(batch), "test").await.unwrap();
    hub.work_off().await.unwrap();
    assert_eq!(vendor_lease::Entity::find().count(hub.database().reader()).await.unwrap(), 0);
}
