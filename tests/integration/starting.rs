//! `startCollection`: an order returns at once, can be followed, and is given once.

use domain::vendor::Vendor;
use harness::{Backend, World, at_the_list, text};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::{Effect, Fault, FleetPlan, Gate, When};

const RUNS: &str = "id name status vendor businessDate startedAt endedAt durationSeconds progressPercent pagesFetched
    rowsStored message error batch { id } collection { outcome deviceCount setAsideCount setAside { reason } }";

async fn start(world: &World, input: Value) -> Value {
    let query = format!(
        "mutation($i: StartCollectionInput!) {{ startCollection(input: $i) {{ alreadyRunning userErrors {{ code field message }}
            batch {{ id status trigger requestedBy createdAt endedAt progressPercent error runs {{ {RUNS} }} }} }} }}"
    );
    world.graphql.ask(&query, json!({ "i": input })).await.data()["startCollection"].clone()
}

async fn batch(world: &World, id: &Value) -> Value {
    let query = format!(
        "query($id: ID!) {{ node(id: $id) {{ ... on JobBatch {{ id status endedAt progressPercent error runs {{ {RUNS} }} }} }} }}"
    );
    world.graphql.ask(&query, json!({ "id": id })).await.data()["node"].clone()
}

#[track_caller]
fn run<'a>(batch: &'a Value, name: &str) -> &'a Value {
    let runs = batch["runs"].as_array().unwrap();
    runs.iter().find(|run| run["name"] == name).unwrap_or_else(|| panic!("no {name}: {batch:#}"))
}

/// A world whose Ninja answers no page of devices after the first until the gate opens.
async fn held_up(backend: Backend) -> (World, Gate) {
    let world = World::on(backend).plan(FleetPlan::plain(30, 12)).page_size(10).start().await;
    let gate = Gate::closed();
    let second_page = Fault::new(Effect::Held(gate.clone())).of(simulator::Vendor::Ninja).on("/v2/devices");
    world.simulator.with_switches(|it| it.faults.push(second_page.when(When::From(2))));
    (world, gate)
}

#[rstest]
#[tokio::test]
async fn an_order_returns_at_once_and_can_be_followed_to_its_end(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, gate) = held_up(backend).await;
    let started = start(&world, json!({})).await;
    assert_eq!((&started["alreadyRunning"], &started["userErrors"]), (&json!(false), &json!([])));
    let order = &started["batch"];
    assert_eq!(
        (text(order, "trigger"), text(order, "requestedBy"), &order["endedAt"]),
        ("MUTATION", "local operator", &Value::Null)
    );
    assert_eq!(order["runs"].as_array().unwrap().len(), 3, "two collectors and the checks");
    gate.arrived(1).await;
    let pages = async |at_least| {
        let seen = batch(&world, &order["id"]).await;
        run(&seen, "ninja-collector")["pagesFetched"].as_i64() >= Some(at_least)
    };
    world.until(async || pages(1).await).await;
    let halfway = batch(&world, &order["id"]).await;
    let ninja = run(&halfway, "ninja-collector");
    assert_eq!(
        (text(&halfway, "status"), text(ninja, "status"), &ninja["rowsStored"]),
        ("RUNNING", "RUNNING", &json!(0))
    );
    assert_eq!((&ninja["endedAt"], &ninja["collection"]), (&Value::Null, &Value::Null));
    assert_eq!(text(run(&halfway, "cross-vendor-checks"), "status"), "QUEUED", "checks wait for the collectors");
    assert_eq!(
        world.graphql.query("{ devices { totalCount } vendors { latestStoredDay { date } } }").await["vendors"][0]["latestStoredDay"],
        Value::Null
    );
    gate.open();
    world.settle().await;
    let ended = batch(&world, &order["id"]).await;
    assert_eq!(
        (text(&ended, "status"), &ended["progressPercent"], &ended["error"]),
        ("COMPLETED", &json!(100), &Value::Null)
    );
    for (name, rows) in [("ninja-collector", 30), ("threatlocker-collector", 12)] {
        let run = run(&ended, name);
        assert_eq!(
            (text(run, "status"), &run["rowsStored"], &run["progressPercent"]),
            ("COMPLETED", &json!(rows), &json!(100))
        );
        assert!(run["pagesFetched"].as_i64() >= Some(2), "a run that is over tells the pages it took: {run:#}");
        assert_eq!(
            (text(&run["collection"], "outcome"), &run["collection"]["deviceCount"]),
            ("COMPLETE", &json!(rows))
        );
        assert!(run["endedAt"].is_string() && run["durationSeconds"].is_i64() && run["startedAt"].is_string());
        assert_eq!(run["batch"]["id"], order["id"]);
    }
}

#[rstest]
#[tokio::test]
async fn a_second_order_gets_the_batch_that_is_at_work(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (world, gate) = held_up(backend).await;
    // A vendor that has been collected would have to be collected again.
    let list = at_the_list(Vendor::ThreatLocker, &Effect::Held(gate.clone()));
    world.simulator.with_switches(|it| it.faults.push(list));
    let first = start(&world, json!({})).await;
    gate.arrived(2).await;
    for again in [
        json!({}),
        json!({ "vendors": ["NINJA"] }),
        json!({ "vendors": ["THREATLOCKER", "NINJA"], "runChecks": false }),
    ] {
        let second = start(&world, again.clone()).await;
        assert_eq!(
            (&second["alreadyRunning"], &second["batch"]["id"]),
            (&json!(true), &first["batch"]["id"]),
            "{again}"
        );
    }
    assert_eq!(world.graphql.every("jobBatches", "", "id").await.len(), 1);
    gate.open();
    world.settle().await;
    let next = start(&world, json!({})).await;
    assert_eq!(next["alreadyRunning"], false, "what has ended is not running");
    assert_ne!(next["batch"]["id"], first["batch"]["id"]);
    world.settle().await;
}

#[rstest]
#[tokio::test]
async fn an_order_that_asks_for_more_than_is_at_work_is_a_new_one_and_collects_no_vendor_twice_at_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, gate) = held_up(backend).await;
    let first = start(&world, json!({ "vendors": ["NINJA"], "runChecks": false })).await;
    gate.arrived(1).await;
    let second = start(&world, json!({})).await;
    assert_eq!(second["alreadyRunning"], false);
    let collected = async || {
        let seen = batch(&world, &second["batch"]["id"]).await;
        ["ninja-collector", "threatlocker-collector"].iter().all(|name| run(&seen, name)["endedAt"].is_string())
    };
    world.until(collected).await;
    let seen = batch(&world, &second["batch"]["id"]).await;
    let skipped = run(&seen, "ninja-collector");
    assert_eq!(text(skipped, "status"), "SKIPPED");
    assert!(text(skipped, "message").contains("another collection of Ninja is running"), "{skipped:#}");
    assert_eq!(text(run(&seen, "threatlocker-collector"), "status"), "COMPLETED");
    assert_eq!(text(run(&seen, "cross-vendor-checks"), "status"), "QUEUED", "they want Ninja's day");
    gate.open();
    world.settle().await;
    let ended = batch(&world, &second["batch"]["id"]).await;
    assert_eq!(text(run(&ended, "cross-vendor-checks"), "status"), "COMPLETED");
    assert_eq!(text(&batch(&world, &first["batch"]["id"]).await, "status"), "COMPLETED");
}

#[rstest]
#[tokio::test]
async fn a_run_ends_as_it_went_and_the_order_as_its_worst_run(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).plan(FleetPlan::plain(20, 10)).start().await;
    world.simulator.with_switches(|it| {
        it.faults.push(Fault::new(Effect::Status(403)).of(simulator::Vendor::ThreatLocker));
    });
    let order = start(&world, json!({ "runChecks": false })).await["batch"]["id"].clone();
    world.settle().await;
    let ended = batch(&world, &order).await;
    assert_eq!((text(&ended, "status"), text(run(&ended, "ninja-collector"), "status")), ("FAILED", "COMPLETED"));
    let failed = run(&ended, "threatlocker-collector");
    assert_eq!(
        (text(failed, "status"), &failed["rowsStored"], &failed["collection"]),
        ("FAILED", &json!(0), &Value::Null)
    );
    assert!(text(failed, "error").contains("403"), "{failed:#}");
    let vendors = world
        .graphql
        .query("{ vendors { name configured latestStoredDay { date deviceCount } latestRun { id status } } }")
        .await;
    let ninja = json!({ "date": "2026-03-02", "deviceCount": 20 });
    assert_eq!(vendors["vendors"][0]["latestStoredDay"], ninja);
    assert_eq!(vendors["vendors"][1]["latestStoredDay"], Value::Null);
    assert_eq!(vendors["vendors"][1]["latestRun"], json!({ "id": failed["id"], "status": "FAILED" }));
    assert!(vendors["vendors"].as_array().unwrap().iter().all(|vendor| vendor["configured"] == true));
}

#[rstest]
#[tokio::test]
async fn an_order_for_nobody_is_refused_and_one_for_a_vendor_twice_collects_it_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).plan(FleetPlan::plain(6, 4)).start().await;
    let refused = start(&world, json!({ "vendors": [] })).await;
    assert_eq!((text(&refused["userErrors"][0], "code"), &refused["batch"]), ("BAD_INPUT", &Value::Null));
    assert_eq!(refused["userErrors"][0]["field"], json!(["input", "vendors"]));
    assert_eq!(world.graphql.every("jobBatches", "", "id").await, Vec::<Value>::new());
    let twice = start(&world, json!({ "vendors": ["NINJA", "NINJA"], "runChecks": false })).await;
    world.settle().await;
    let ended = batch(&world, &twice["batch"]["id"]).await;
    let names: Vec<_> = ended["runs"].as_array().unwrap().iter().map(|run| text(run, "name")).collect();
    assert_eq!((names, text(&ended, "status")), (vec!["ninja-collector"], "COMPLETED"));
}
