//! `retryJob` and `startCollection(force:)`: doing again what did not complete, and collecting anew what is being collected;
//! and when something should be done.

use std::time::Duration;

use domain::vendor::Vendor;
use entity::collection;
use harness::{Backend, World, at_every_call, at_the_list, text};
use rstest::rstest;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};
use server::scheduler::{Scheduler, Work};
use simulator::{Effect, Gate};

const SHOWN: &str =
    "id status estimatedCompletion retryOf { id } runs { id name status startedAt estimatedCompletion }";

async fn retry(world: &World, input: Value) -> Value {
    let query = format!(
        "mutation($input: RetryJobInput!) {{ retryJob(input: $input) {{ \
         alreadyRunning userErrors {{ code field }} batch {{ {SHOWN} }} }} }}"
    );
    world.graphql.ask(&query, json!({ "input": input })).await.data()["retryJob"].clone()
}

async fn start(world: &World, input: Value) -> Value {
    let query = format!(
        "mutation($input: StartCollectionInput!) {{ startCollection(input: $input) {{ \
         alreadyRunning userErrors {{ code }} batch {{ {SHOWN} }} }} }}"
    );
    world.graphql.ask(&query, json!({ "input": input })).await.data()["startCollection"].clone()
}

async fn batch(world: &World, id: &Value) -> Value {
    let query = format!("query($id: ID!) {{ node(id: $id) {{ ... on JobBatch {{ {SHOWN} }} }} }}");
    world.graphql.ask(&query, json!({ "id": id })).await.data()["node"].clone()
}

fn names(batch: &Value) -> Vec<(&str, &str)> {
    batch["runs"].as_array().unwrap().iter().map(|run| (text(run, "name"), text(run, "status"))).collect()
}

#[rstest]
#[tokio::test]
async fn a_retry_does_again_what_did_not_complete_and_what_depends_on_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    world.strike(at_every_call(Vendor::ThreatLocker, &Effect::Status(403)));
    let failed = start(&world, json!({})).await["batch"]["id"].clone();
    world.settle().await;
    assert_eq!(batch(&world, &failed).await["status"], "FAILED");
    world.simulator.set_switches(simulator::Switches::default());
    let again = retry(&world, json!({ "batchId": failed })).await;
    assert_eq!((&again["userErrors"], &again["batch"]["retryOf"]["id"]), (&json!([]), &failed));
    world.settle().await;
    let done = batch(&world, &again["batch"]["id"]).await;
    assert_eq!(names(&done), [("cross-vendor-checks", "COMPLETED"), ("threatlocker-collector", "COMPLETED")]);
    assert_eq!(batch(&world, &failed).await["status"], "FAILED", "the old record stays as it is");
    let none = retry(&world, json!({ "batchId": again["batch"]["id"] })).await;
    assert_eq!(none["userErrors"], json!([{ "code": "NOTHING_TO_RETRY", "field": ["input", "batchId"] }]));
}

#[rstest]
#[tokio::test]
async fn one_run_is_retried_alone_and_twice_at_once_is_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    world.strike(at_every_call(Vendor::Ninja, &Effect::Status(403)));
    let failed = world.collect_by_order(Vendor::Ninja).await;
    let run = json!({ "jobId": failed["runs"][0]["id"] });
    let gate = Gate::closed();
    world.strike(at_the_list(Vendor::Ninja, &Effect::Held(gate.clone())).times(1));
    let first = retry(&world, run.clone()).await;
    gate.arrived(1).await;
    let second = retry(&world, run).await;
    assert_eq!((&second["alreadyRunning"], &second["batch"]["id"]), (&json!(true), &first["batch"]["id"]));
    let early = retry(&world, json!({ "batchId": first["batch"]["id"] })).await;
    assert_eq!(early["userErrors"][0]["code"], "NOT_ENDED");
    gate.open();
    world.settle().await;
    assert_eq!(names(&batch(&world, &first["batch"]["id"]).await), [("ninja-collector", "COMPLETED")]);
    assert_eq!(collection::Entity::find().count(world.rows()).await.unwrap(), 1);
    let unknown = retry(&world, json!({ "jobId": "Sm9iUnVuOmpvYl9ub25l" })).await;
    assert_eq!(unknown["userErrors"], json!([{ "code": "NOT_FOUND", "field": ["input", "jobId"] }]));
    assert_eq!(retry(&world, json!({})).await["userErrors"][0]["code"], "BAD_INPUT");
}

#[rstest]
#[tokio::test]
async fn by_force_what_is_being_collected_is_collected_anew_after_that(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    let gate = Gate::closed();
    world.strike(at_the_list(Vendor::Ninja, &Effect::Held(gate.clone())).times(1));
    let ninja = json!({ "vendors": ["NINJA"], "runChecks": false });
    let first = start(&world, ninja.clone()).await;
    gate.arrived(1).await;
    let forced = start(&world, json!({ "vendors": ["NINJA"], "runChecks": false, "force": true })).await;
    assert_eq!(forced["alreadyRunning"], false);
    assert_ne!(forced["batch"]["id"], first["batch"]["id"]);
    world.inventory.work_off().await.unwrap();
    assert_eq!(names(&batch(&world, &forced["batch"]["id"]).await), [("ninja-collector", "QUEUED")], "one at a time");
    gate.open();
    world.settle().await;
    for order in [&first, &forced] {
        assert_eq!(names(&batch(&world, &order["batch"]["id"]).await), [("ninja-collector", "COMPLETED")]);
    }
    assert_eq!(collection::Entity::find().count(world.rows()).await.unwrap(), 2);
}

#[rstest]
#[tokio::test]
async fn a_run_should_be_done_when_the_last_ones_were(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::small_on(backend).start().await;
    let mut estimates = Vec::new();
    for took in [30, 10, 20, 0] {
        let gate = Gate::closed();
        world.strike(at_the_list(Vendor::Ninja, &Effect::Held(gate.clone())).times(1));
        let order = start(&world, json!({ "vendors": ["NINJA"], "runChecks": false })).await;
        gate.arrived(1).await;
        let at_work = batch(&world, &order["batch"]["id"]).await;
        let run = &at_work["runs"][0];
        let seconds = run["estimatedCompletion"].as_str().map(|estimate| {
            (estimate.parse::<chrono::DateTime<chrono::Utc>>().unwrap()
                - text(run, "startedAt").parse::<chrono::DateTime<chrono::Utc>>().unwrap())
            .num_seconds()
        });
        world
            .until(async || {
                batch(&world, &order["batch"]["id"]).await["estimatedCompletion"] == run["estimatedCompletion"]
            })
            .await;
        estimates.push(seconds);
        world.clock.advance(Duration::from_secs(took));
        gate.open();
        world.settle().await;
    }
    assert_eq!(estimates, [None, Some(30), Some(20), Some(20)], "the median of those before");
}

#[rstest]
#[tokio::test]
async fn checks_of_another_day_at_work_are_no_answer(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::small_on(backend).start().await;
    world.strike(at_every_call(Vendor::Ninja, &Effect::Status(403)));
    let failed = start(&world, json!({})).await["batch"].clone();
    world.settle().await;
    let checks = failed["runs"].as_array().unwrap().iter().find(|run| run["name"] == "cross-vendor-checks").unwrap();
    world.move_to(1);
    let gate = Gate::closed();
    world.strike(at_the_list(Vendor::Ninja, &Effect::Held(gate.clone())).times(1));
    let today = start(&world, json!({})).await;
    gate.arrived(1).await;
    let again = retry(&world, json!({ "jobId": checks["id"] })).await;
    assert_eq!((&again["userErrors"], &again["alreadyRunning"]), (&json!([]), &json!(false)), "{again:#}");
    assert_ne!(again["batch"]["id"], today["batch"]["id"]);
    gate.open();
    world.settle().await;
    let dates = world
        .graphql
        .ask(
            "query($id: ID!) { node(id: $id) { ... on JobBatch { runs { businessDate } } } }",
            json!({ "id": again["batch"]["id"] }),
        )
        .await;
    assert_eq!(dates.data()["node"]["runs"], json!([{ "businessDate": world.day(0) }]));
}

/// The schedule's collectors and checks are batches of their own.
#[rstest]
#[tokio::test]
async fn a_retried_collector_of_the_night_brings_the_checks_that_ended_without_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let nightly = [
        ("ninja", "10 2 * * *", Work::Collect(Vendor::Ninja)),
        ("threatlocker", "31 2 * * *", Work::Collect(Vendor::ThreatLocker)),
        ("checks", "0 3 * * *", Work::Check),
    ];
    let world = World::small_on(backend).schedules(nightly).start().await;
    let scheduler = Scheduler::new(world.inventory.clone());
    let tick = async |minute: &str| {
        world.clock.set(format!("2026-03-02T{minute}:00Z").parse().unwrap());
        scheduler.tick().await.unwrap();
        world.settle().await;
    };
    tick("07:00").await;
    world.strike(at_every_call(Vendor::Ninja, &Effect::Status(403)));
    tick("08:10").await;
    let ninja = world.graphql.query("{ jobRuns { nodes { batch { id } } } }").await;
    let ninja = json!({ "batchId": ninja["jobRuns"]["nodes"][0]["batch"]["id"] });
    let early = retry(&world, ninja.clone()).await;
    world.settle().await;
    assert_eq!(
        names(&batch(&world, &early["batch"]["id"]).await),
        [("ninja-collector", "FAILED")],
        "checks come at 03:00"
    );
    tick("08:31").await;
    tick("09:00").await;
    world.simulator.set_switches(simulator::Switches::default());
    let late = retry(&world, ninja).await;
    world.settle().await;
    let done = [("cross-vendor-checks", "COMPLETED"), ("ninja-collector", "COMPLETED")];
    assert_eq!(names(&batch(&world, &late["batch"]["id"]).await), done);
}
