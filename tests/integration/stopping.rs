//! A server that is told to stop: what runs is finished or handed back within the time it has. Where nothing runs, see
//! `serving`.

use std::{sync::Arc, time::Duration};

use domain::clock::Clock;
use entity::job_run;
use harness::{Backend, GraphqlClient, Socket, Surroundings, TestClock};
use rstest::rstest;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use server::{
    clock::SystemClock,
    inventory::{batches::Order, jobs::Trigger},
};
use simulator::{Effect, Fault, Gate, Vendor};
use tokio_util::sync::CancellationToken;

const START: &str = "mutation { startCollection(input: { vendors: [NINJA], runChecks: false }) { batch { id } } }";
const PROGRESS: &str = "subscription($id: ID!) { jobProgress(batchId: $id) { status } }";

fn hold(outside: &Surroundings, path: &str) -> Gate {
    let gate = Gate::closed();
    let held = Fault::new(Effect::Held(gate.clone())).of(Vendor::Ninja).on(path);
    outside.simulator.with_switches(|switches| switches.faults.push(held));
    gate
}

/// The last state of a batch's only run, once it has ended.
async fn end_of(url: &str, batch: &Value) -> Value {
    let mut socket = Socket::open(url).await;
    socket.subscribe("p", PROGRESS, json!({ "id": batch })).await;
    let mut last = Value::Null;
    loop {
        let message = socket.hear().await;
        if message["type"] == "complete" {
            return last;
        }
        last = message["payload"]["data"]["jobProgress"]["status"].clone();
    }
}

#[rstest]
#[tokio::test]
async fn what_does_not_finish_in_time_is_handed_back_and_the_vendor_is_free_at_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let outside = Surroundings::on(backend).await;
    let gate = hold(&outside, "/v2/devices-detailed");
    let mut hub = outside.hub(&["serve"]).set("HUB_STOP_SECONDS", "0").start();
    let first = GraphqlClient::new(hub.url().await);
    let batch = first.query(START).await["startCollection"]["batch"]["id"].clone();
    gate.arrived(1).await;
    hub.terminate().await;
    let finished = hub.finish().await.ended_with(0);
    assert!(finished.stderr.contains("handed back"), "{finished:?}");
    gate.open();
    // A lease that was not given up would keep the vendor for a minute, and the run open for as long.
    let (_hub, url) = outside.serving().await;
    let second = GraphqlClient::new(url.clone());
    let again = second.query(START).await["startCollection"]["batch"]["id"].clone();
    assert_eq!(end_of(&url, &again).await, "COMPLETED");
    let runs = second.query("{ jobRuns { nodes { status error batch { id } } } availableDates { date } }").await;
    let nodes = runs["jobRuns"]["nodes"].as_array().unwrap();
    assert!(nodes.iter().all(|run| run["status"] != "RUNNING" && run["status"] != "QUEUED"), "{runs:#}");
    let of_first: Vec<_> = nodes.iter().filter(|run| run["batch"]["id"] == batch).collect();
    assert_eq!(of_first.len(), 1, "{runs:#}");
    assert_eq!(runs["availableDates"].as_array().map(Vec::len), Some(1));
}

#[rstest]
#[tokio::test]
async fn a_request_that_runs_is_answered_before_the_end(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let outside = Surroundings::on(backend).await;
    outside.hub(&["collect", "ninja"]).run().await.ended_with(0);
    let (hub, url) = outside.serving().await;
    let key = outside.simulator.view(simulator::World::ninja_devices)[0]["id"].to_string();
    let gate = hold(&outside, "/v2/device/");
    let sync = format!(
        "mutation {{ syncDevice(input: {{ vendor: NINJA, vendorDeviceKey: \"{key}\", timeoutSeconds: 25 }}) {{ device {{ id }} userErrors {{ message }} }} }}"
    );
    let graphql = GraphqlClient::new(url.clone());
    let asking = graphql.ask(&sync, json!({}));
    let stopping = async {
        gate.arrived(1).await;
        let mut follower = Socket::open(&url).await;
        hub.terminate().await;
        assert_eq!(follower.close_code().await, 1001);
        gate.open();
    };
    let (answer, ()) = tokio::join!(asking, stopping);
    assert!(answer.data()["syncDevice"]["device"]["id"].is_string(), "{answer:?}");
    hub.finish().await.ended_with(0);
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let outside = Surroundings::on(Backend::Sqlite).await;
    let gate = hold(&outside, "/v2/devices-detailed");
    let mut hub = outside.hub(&["serve"]).set("HUB_STOP_SECONDS", "600").start();
    let url = hub.url().await;
    GraphqlClient::new(url.clone()).query(START).await;
    gate.arrived(1).await;
    let mut follower = Socket::open(&url).await;
    hub.terminate().await;
    assert_eq!(follower.close_code().await, 1001);
    hub.terminate().await;
    let finished = hub.finish().await.ended_with(1);
    assert!(finished.stderr.contains("a second signal"), "{finished:?}");
}

#[rstest]
#[tokio::test]
async fn a_hub_that_was_told_to_stop_takes_nothing(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let outside = Surroundings::on(backend).await;
    let clock = Arc::new(TestClock::at_night_of(chrono::NaiveDate::MIN));
    clock.set(SystemClock.now());
    let hub = outside.idle_hub(&clock).await;
    let order = Order {
        vendors: vec![domain::vendor::Vendor::Ninja],
        run_checks: false,
        check_date: None,
        trigger: Trigger::Mutation,
        requested_by: "test".to_owned(),
    };
    hub.start_batch(order).await.unwrap();
    let stop = CancellationToken::new();
    stop.cancel();
    hub.work(stop, Duration::from_secs(1)).await;
    let run = job_run::Entity::find().one(hub.database().reader()).await.unwrap().unwrap();
    assert_eq!((run.status.as_str(), run.attempt), ("queued", 0));
}
