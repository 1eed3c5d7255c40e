//! A verification that comes when its day is over: it would judge an old day by what is known of today.

use domain::vendor::Vendor;
use harness::{Backend, World, at_the_list, text};
use rstest::rstest;
use serde_json::{Value, json};
use server::scheduler::{Scheduler, Work};
use simulator::{Effect, Gate};

/// A world in whose first night the verification waits for Ninja's collector, which waits at the gate.
async fn waiting(backend: Backend) -> (World, Gate) {
    let nightly = [("ninja", "10 2 * * *", Work::Collect(Vendor::Ninja)), ("verification", "0 4 * * *", Work::Verify)];
    let world = World::small_on(backend).schedules(nightly).start().await;
    let scheduler = Scheduler::new(world.inventory.clone());
    let gate = Gate::closed();
    world.strike(at_the_list(Vendor::Ninja, &Effect::Held(gate.clone())).times(1));
    for time in ["07:00", "08:10", "10:00"] {
        world.clock.set(format!("2026-03-02T{time}:00Z").parse().unwrap());
        scheduler.tick().await.unwrap();
    }
    gate.arrived(1).await;
    (world, gate)
}

/// The runs that verify, the newest first.
async fn verifications(world: &World) -> Vec<Value> {
    let runs = world.graphql.query("{ jobRuns { nodes { id name status message businessDate } } }").await;
    let runs = runs["jobRuns"]["nodes"].as_array().unwrap().clone();
    runs.into_iter().filter(|run| run["name"] == "verification").collect()
}

#[rstest]
#[tokio::test]
async fn it_is_skipped(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (world, gate) = waiting(backend).await;
    assert_eq!(verifications(&world).await[0]["status"], "QUEUED");
    world.move_to(1);
    gate.open();
    world.settle().await;
    let late = &verifications(&world).await[0];
    assert_eq!((&late["status"], text(late, "businessDate")), (&json!("SKIPPED"), "2026-03-02"), "{late:#}");
    assert_eq!(text(late, "message"), "its day was over before it could begin");
}

#[rstest]
#[tokio::test]
async fn tried_again_it_is_of_today(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (world, gate) = waiting(backend).await;
    let input = json!({ "jobId": verifications(&world).await[0]["id"] });
    let cancel = "mutation($input: CancelJobInput!) { cancelJob(input: $input) { userErrors { code } } }";
    assert_eq!(world.graphql.ask(cancel, json!({ "input": input })).await.data()["cancelJob"]["userErrors"], json!([]));
    world.move_to(1);
    let retry = "mutation($input: RetryJobInput!) { retryJob(input: $input) { userErrors { code } } }";
    assert_eq!(world.graphql.ask(retry, json!({ "input": input })).await.data()["retryJob"]["userErrors"], json!([]));
    gate.open();
    world.settle().await;
    let again = &verifications(&world).await[0];
    assert_eq!((&again["status"], text(again, "businessDate")), (&json!("COMPLETED"), "2026-03-03"), "{again:#}");
}
