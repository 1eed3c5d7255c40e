//! `cancelJob`: what waits ends at once, what is at work stops on whichever server it is, and nothing of it is stored.

use domain::vendor::Vendor;
use entity::{collection, vendor_lease};
use harness::{Backend, GraphqlClient, World, at_the_list, text};
use rstest::rstest;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};
use simulator::{Effect, Gate};

const CANCEL: &str = "mutation($input: CancelJobInput!) { cancelJob(input: $input) {
    batch { id status } run { id status cancelRequestedAt cancelledBy } userErrors { code field } } }";

const START: &str = "mutation { startCollection(input: {}) { batch { id runs { id name } } } }";

async fn cancel(graphql: &GraphqlClient, input: Value) -> Value {
    graphql.ask(CANCEL, json!({ "input": input })).await.data()["cancelJob"].clone()
}

/// A world whose order of everything has its Ninja collector at a gate, before its first page.
async fn held_up(backend: Backend) -> (World, Gate, Value) {
    let world = World::small_on(backend).start().await;
    let gate = Gate::closed();
    world.strike(at_the_list(Vendor::Ninja, &Effect::Held(gate.clone())).times(1));
    let batch = world.graphql.query(START).await["startCollection"]["batch"].clone();
    gate.arrived(1).await;
    (world, gate, batch)
}

fn job_id(batch: &Value, name: &str) -> Value {
    batch["runs"].as_array().unwrap().iter().find(|run| run["name"] == name).unwrap()["id"].clone()
}

async fn statuses(world: &World, batch: &Value) -> Vec<(String, String)> {
    let shown = world.batch(text(batch, "id")).await;
    let runs = shown["runs"].as_array().unwrap().iter();
    let each = runs.map(|run| (text(run, "name").to_owned(), text(run, "status").to_owned()));
    each.chain([("batch".to_owned(), text(&shown, "status").to_owned())]).collect()
}

fn named(statuses: &[(&str, &str)]) -> Vec<(String, String)> {
    statuses.iter().map(|(name, status)| ((*name).to_owned(), (*status).to_owned())).collect()
}

#[rstest]
#[tokio::test]
async fn a_cancelled_batch_stops_at_work_and_in_the_queue_and_stores_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, gate, batch) = held_up(backend).await;
    world
        .until(async || statuses(&world, &batch).await.contains(&named(&[("threatlocker-collector", "COMPLETED")])[0]))
        .await;
    let payload = cancel(&world.graphql, json!({ "batchId": batch["id"] })).await;
    assert_eq!((&payload["userErrors"], &payload["batch"]["id"]), (&json!([]), &batch["id"]));
    // The gate is still closed: it is the collector that is stopped, and not its end that is awaited.
    world.settle().await;
    let ended = [
        ("cross-vendor-checks", "CANCELLED"),
        ("ninja-collector", "CANCELLED"),
        ("threatlocker-collector", "COMPLETED"),
        ("batch", "CANCELLED"),
    ];
    assert_eq!(statuses(&world, &batch).await, named(&ended));
    let run = &world.batch(text(&batch, "id")).await["runs"][1];
    assert_eq!(
        (text(run, "message"), &run["error"], &run["collection"]),
        ("cancelled by local operator", &Value::Null, &Value::Null)
    );
    assert_eq!(collection::Entity::find().count(world.rows()).await.unwrap(), 1, "ThreatLocker's");
    assert_eq!(vendor_lease::Entity::find().count(world.rows()).await.unwrap(), 0, "the vendor is free");
    gate.open();
    assert_eq!(world.collect_by_order(Vendor::Ninja).await["status"], "COMPLETED");
}

#[rstest]
#[tokio::test]
async fn of_one_cancelled_run_the_rest_of_its_batch_goes_on(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, gate, batch) = held_up(backend).await;
    let payload = cancel(&world.graphql, json!({ "jobId": job_id(&batch, "ninja-collector") })).await;
    assert_eq!((text(&payload["run"], "cancelledBy"), &payload["userErrors"]), ("local operator", &json!([])));
    assert!(payload["run"]["cancelRequestedAt"].is_string());
    world.settle().await;
    let ended = statuses(&world, &batch).await;
    assert_eq!(ended[1..3], named(&[("ninja-collector", "CANCELLED"), ("threatlocker-collector", "COMPLETED")])[..]);
    assert!(["PARTIAL", "SKIPPED"].contains(&ended[0].1.as_str()), "checks without a day of Ninja: {ended:?}");
    gate.open();
}

#[rstest]
#[tokio::test]
async fn what_is_at_work_on_one_server_is_cancelled_on_another(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, gate, batch) = held_up(backend).await;
    let other = world.neighbour().await;
    let payload = cancel(&other.graphql, json!({ "batchId": batch["id"] })).await;
    assert_eq!(payload["userErrors"], json!([]));
    world.settle().await;
    assert_eq!(statuses(&world, &batch).await[1], named(&[("ninja-collector", "CANCELLED")])[0]);
    gate.open();
}

#[rstest]
#[tokio::test]
async fn what_can_not_be_cancelled_is_told(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::small_on(backend).start().await;
    let batch = world.collect_by_order(Vendor::Ninja).await;
    let run = &batch["runs"][0];
    let unknown = cancel(&world.graphql, json!({ "batchId": "Sm9iQmF0Y2g6YmNfbm9uZQ" })).await;
    for (input, code, field) in [
        (json!({ "batchId": batch["id"] }), "ALREADY_ENDED", "batchId"),
        (json!({ "jobId": run["id"] }), "ALREADY_ENDED", "jobId"),
        (json!({}), "BAD_INPUT", "batchId"),
        (json!({ "batchId": batch["id"], "jobId": run["id"] }), "BAD_INPUT", "batchId"),
    ] {
        let refused = cancel(&world.graphql, input.clone()).await;
        assert_eq!(refused["userErrors"], json!([{ "code": code, "field": ["input", field] }]), "{input}");
    }
    assert_eq!(unknown["userErrors"][0]["code"], "NOT_FOUND", "{unknown:#}");
    assert_eq!(world.batch(text(&batch, "id")).await, batch, "it is as it was");
    let wrong = world.graphql.ask(CANCEL, json!({ "input": { "jobId": batch["id"] } })).await;
    assert_eq!(wrong.error_code(), "BAD_USER_INPUT");
}
