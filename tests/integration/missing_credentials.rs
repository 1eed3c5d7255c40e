//! A server without a vendor's credentials beside one that has them: it leaves the vendor's collections to that one, and
//! where there is none, says in time that nobody can.

use std::{sync::Arc, time::Duration};

use collectors::Collector;
use domain::{clock::Clock, vendor::Vendor};
use entity::job_run;
use harness::{Backend, Surroundings, TestClock};
use rstest::rstest;
use sea_orm::EntityTrait;
use server::{
    clock::SystemClock,
    inventory::{Inventory, batches::Order, jobs::Trigger},
};

/// A hub that has ordered a collection of Ninja, one beside it that has no credentials, and their clock.
async fn ordered(outside: &Surroundings) -> (Inventory, Inventory, Arc<TestClock>) {
    let clock = Arc::new(TestClock::at_night_of(chrono::NaiveDate::MIN));
    clock.set(SystemClock.now());
    let hub = outside.idle_hub(&clock).await;
    let bare = outside.idle_hub(&clock).await.with_collectors(Vec::<Arc<dyn Collector>>::new());
    let order = Order {
        vendors: vec![Vendor::Ninja],
        run_checks: false,
        check_date: None,
        trigger: Trigger::Timer,
        requested_by: "schedule".to_owned(),
    };
    hub.start_batch(order).await.unwrap();
    (hub, bare, clock)
}

async fn run(hub: &Inventory) -> job_run::Model {
    job_run::Entity::find().one(hub.database().reader()).await.unwrap().unwrap()
}

#[rstest]
#[tokio::test]
async fn a_collection_is_left_to_who_can(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let outside = Surroundings::on(backend).await;
    let (hub, bare, _clock) = ordered(&outside).await;
    assert_eq!(bare.work_off().await.unwrap(), 0);
    assert_eq!(hub.work_off().await.unwrap(), 1);
    let run = run(&hub).await;
    assert_eq!((run.status.as_str(), run.attempt), ("completed", 1), "{run:?}");
}

#[rstest]
#[tokio::test]
async fn a_collection_that_nobody_can_do_fails_and_says_why(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let outside = Surroundings::on(backend).await;
    let (_, bare, clock) = ordered(&outside).await;
    clock.advance(Duration::from_secs(2 * 45 + 1));
    assert_eq!(bare.work_off().await.unwrap(), 1);
    let run = run(&bare).await;
    assert_eq!(run.status, "failed");
    assert!(run.error.as_ref().is_some_and(|error| error.contains("Ninja is not configured")), "{run:?}");
}
