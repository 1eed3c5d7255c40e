//! One collection per vendor at a time, whoever asks and from whichever server; two vendors do not disturb each other.

use std::time::Duration;

use chrono::TimeDelta;
use domain::{clock::Clock, vendor::Vendor};
use entity::{collection, vendor_lease};
use harness::{Backend, FaultRound, Told, World, at_the_list, collect_on, list_path, text};
use rstest::rstest;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, sea_query::Expr};
use serde_json::Value;
use simulator::{Effect, FleetPlan, Gate};

/// Orders a collection by mutation, and returns once it waits at the gate before its first page.
async fn start_at(gate: &Gate, world: &World, vendor: Vendor) -> String {
    world.strike(at_the_list(vendor, &Effect::Held(gate.clone())).times(1));
    let payload = world.order(&[vendor]).await;
    assert_eq!(payload["alreadyRunning"], false);
    gate.arrived(1).await;
    text(&payload["batch"], "id").to_owned()
}

/// Lets the collection at the gate go on, and waits for its end.
async fn let_go(gate: &Gate, world: &World, batch: &str) -> Value {
    gate.open();
    world.settle().await;
    world.batch(batch).await
}

async fn stored_collections(world: &World) -> u64 {
    collection::Entity::find().count(world.rows()).await.unwrap()
}

async fn lease(world: &World) -> Option<vendor_lease::Model> {
    vendor_lease::Entity::find().one(world.rows()).await.unwrap()
}

/// Gives the vendor's lease to a job of somebody else.
async fn take_over(world: &World) {
    let taken = vendor_lease::Entity::update_many()
        .col_expr(vendor_lease::Column::Holder, Expr::value("job_of_another_server"))
        .filter(vendor_lease::Column::Holder.is_not_null())
        .exec(world.inventory.database().writer());
    assert_eq!(taken.await.unwrap().rows_affected, 1);
}

#[rstest]
#[tokio::test]
async fn the_second_collection_of_a_vendor_is_skipped_and_says_so(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(Vendor::Ninja, Vendor::ThreatLocker)] vendor: Vendor,
) {
    let world = World::on(backend).start().await;
    let other = world.another_server(|_, _| {}).await;
    let gate = Gate::closed();
    let first = start_at(&gate, &world, vendor).await;
    for server in [&world.inventory, &other] {
        let second = collect_on(server, &[vendor], false).await;
        let skipped = &second.runs[0];
        assert_eq!((skipped.status.as_str(), second.batch.status.as_str()), ("skipped", "skipped"));
        assert_eq!(skipped.message, Some(format!("another collection of {vendor} is running")));
        assert_eq!(skipped.error, None);
    }
    let first = let_go(&gate, &world, &first).await;
    assert_eq!(first["status"], "COMPLETED", "{first:#}");
    assert_eq!(stored_collections(&world).await, 1);
    assert_eq!(world.see(vendor, 0).await.keys(), world.present_keys(vendor));
    assert_eq!(
        world.simulator.request_counts()[&format!("/{}{}", vendor.slug(), list_path(vendor))],
        pages(&world, vendor)
    );
    assert_eq!(lease(&world).await, None, "the lease was not given back");
}

/// Requests that one collection takes: all pages, and the empty one at the end.
fn pages(world: &World, vendor: Vendor) -> u64 {
    let rows = match vendor {
        Vendor::Ninja => world.simulator.census().ninja_listed,
        Vendor::ThreatLocker => world.simulator.census().threatlocker_listed,
    };
    rows.div_ceil(25) as u64 + 1
}

#[rstest]
#[tokio::test]
async fn ordering_what_is_running_answers_with_the_running_batch(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).start().await;
    let gate = Gate::closed();
    let first = start_at(&gate, &world, Vendor::Ninja).await;
    let again = world.order(&[Vendor::Ninja]).await;
    assert_eq!((&again["alreadyRunning"], text(&again["batch"], "id")), (&Value::Bool(true), first.as_str()));
    let other_vendor = world.order(&[Vendor::ThreatLocker]).await;
    assert_eq!(other_vendor["alreadyRunning"], false);
    assert_eq!(let_go(&gate, &world, &first).await["status"], "COMPLETED");
    assert_eq!(stored_collections(&world).await, 2);
}

#[rstest]
#[tokio::test]
async fn a_lease_lost_while_fetching_stores_nothing(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::on(backend).start().await;
    for vendor in Vendor::ALL {
        let round = FaultRound::begin(&world, vendor).await;
        let at_start = world.present_keys(vendor);
        let gate = Gate::closed();
        let first = start_at(&gate, &world, vendor).await;
        take_over(&world).await;
        let batch = let_go(&gate, &world, &first).await;
        let says = "was lost, so its collection was not stored";
        round.check(&batch, Told::failed(says), &at_start).await;
        let kept = lease(&world).await.map(|lease| lease.holder);
        assert_eq!(kept.as_deref(), Some("job_of_another_server"), "somebody else's lease was given back");
        world.clock.advance(Duration::from_secs(61));
        round.recovers().await;
    }
}

#[rstest]
#[tokio::test]
async fn a_lease_runs_out_by_the_clock_of_the_hub(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::on(backend).start().await;
    let other = world.another_server(|_, _| {}).await;
    let gate = Gate::closed();
    let silent = start_at(&gate, &world, Vendor::Ninja).await;
    let held = lease(&world).await.unwrap();
    assert_eq!(held.expires_at - world.clock.now(), TimeDelta::seconds(60));

    world.clock.advance(Duration::from_secs(59));
    assert_eq!(collect_on(&other, &[Vendor::Ninja], false).await.batch.status, "skipped");
    world.clock.advance(Duration::from_secs(2));
    assert_eq!(collect_on(&other, &[Vendor::Ninja], false).await.batch.status, "completed");

    let before = world.see(Vendor::Ninja, 0).await;
    gate.open();
    world.rest().await;
    let woken = world.batch(&silent).await;
    assert_eq!((&woken["status"], &woken["runs"][0]["status"]), (&"FAILED".into(), &"FAILED".into()), "{woken:#}");
    assert!(text(&woken["runs"][0], "error").contains("lost, so its collection was not stored"), "{woken:#}");
    assert_eq!(world.see(Vendor::Ninja, 0).await, before, "a run without a lease stored something");
    assert_eq!(stored_collections(&world).await, 1);
}

#[rstest]
#[tokio::test]
async fn two_vendors_at_once_are_stored_night_after_night(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let plan = FleetPlan { organizations: 25, ninja_devices: 400, threatlocker_devices: 300, ..FleetPlan::default() };
    let world = World::on(backend).plan(plan).page_size(200).start().await;
    for night in 0..4 {
        let report = world.night(night).await;
        let statuses: Vec<&str> = report.runs.iter().map(|run| run.status.as_str()).collect();
        assert_eq!(statuses, ["completed"; 3], "night {night}: {:?}", report.runs);
    }
    for vendor in Vendor::ALL {
        assert_eq!(world.see(vendor, 3).await.keys(), world.present_keys(vendor), "{vendor}");
    }
}

/// Each server collects one vendor; both store and link the same machines at the same moment.
#[rstest]
#[tokio::test]
async fn two_servers_store_two_vendors_at_once(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let plan = FleetPlan { organizations: 20, ninja_devices: 300, threatlocker_devices: 250, ..FleetPlan::default() };
    let world = World::on(backend).plan(plan).page_size(200).start().await;
    let other = world.another_server(|_, _| {}).await;
    for night in 0..4 {
        world.move_to(night);
        let (ninja, threatlocker) = tokio::join!(
            collect_on(&world.inventory, &[Vendor::Ninja], false),
            collect_on(&other, &[Vendor::ThreatLocker], false)
        );
        for report in [ninja, threatlocker] {
            assert_eq!(report.batch.status, "completed", "night {night}: {:?}", report.runs);
        }
    }
}

#[rstest]
#[tokio::test]
async fn two_servers_that_are_asked_at_once_start_one_batch(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    let other = world.neighbour().await;
    let gate = Gate::closed();
    world.strike(at_the_list(Vendor::Ninja, &Effect::Held(gate.clone())));
    let start =
        "mutation { startCollection(input: { vendors: [NINJA], runChecks: false }) { alreadyRunning batch { id } } }";
    let (one, two) = tokio::join!(world.graphql.query(start), other.graphql.query(start));
    let (one, two) = (&one["startCollection"], &two["startCollection"]);
    assert_eq!(one["batch"], two["batch"]);
    assert_ne!(one["alreadyRunning"], two["alreadyRunning"], "one of them started it");
    gate.open();
    world.settle().await;
    assert_eq!(stored_collections(&world).await, 1);
}

/// What became of a batch's jobs, by name.
async fn jobs(world: &World, batch: &Value) -> Vec<(String, String)> {
    let shown = world.batch(text(batch, "id")).await;
    let runs = shown["runs"].as_array().unwrap().iter();
    runs.map(|run| (text(run, "name").to_owned(), text(run, "status").to_owned())).collect()
}

fn told(jobs: &[(&str, &str)]) -> Vec<(String, String)> {
    jobs.iter().map(|(name, status)| ((*name).to_owned(), (*status).to_owned())).collect()
}

const START_ALL: &str = "mutation { startCollection(input: {}) { alreadyRunning batch { id } } }";

#[rstest]
#[tokio::test]
async fn an_order_of_which_a_part_has_ended_is_no_answer_to_the_same_order(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    let gate = Gate::closed();
    world.strike(at_the_list(Vendor::Ninja, &Effect::Held(gate.clone())).times(1));
    let first = world.graphql.query(START_ALL).await["startCollection"]["batch"].clone();
    gate.arrived(1).await;
    let at_work = told(&[
        ("cross-vendor-checks", "QUEUED"),
        ("ninja-collector", "RUNNING"),
        ("threatlocker-collector", "COMPLETED"),
    ]);
    world.until(async || jobs(&world, &first).await == at_work).await;
    let ninja = world.order(&[Vendor::Ninja]).await;
    assert_eq!((&ninja["alreadyRunning"], &ninja["batch"]["id"]), (&Value::Bool(true), &first["id"]));
    let again = world.graphql.query(START_ALL).await["startCollection"].clone();
    assert_eq!(again["alreadyRunning"], false, "ThreatLocker would not be collected");
    assert_ne!(again["batch"], first);
    gate.open();
    world.settle().await;
    let again = jobs(&world, &again["batch"]).await;
    assert_eq!(again[2], told(&[("threatlocker-collector", "COMPLETED")])[0], "{again:?}");
}

#[rstest]
#[tokio::test]
async fn checks_wait_for_the_collector_that_their_own_gave_way_to(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    let gate = Gate::closed();
    start_at(&gate, &world, Vendor::Ninja).await;
    let all = world.graphql.query(START_ALL).await["startCollection"]["batch"].clone();
    let waiting = told(&[
        ("cross-vendor-checks", "QUEUED"),
        ("ninja-collector", "SKIPPED"),
        ("threatlocker-collector", "COMPLETED"),
    ]);
    world.until(async || jobs(&world, &all).await[1..] == waiting[1..]).await;
    assert_eq!(world.inventory.work_off().await.unwrap(), 0);
    assert_eq!(jobs(&world, &all).await, waiting);
    gate.open();
    world.settle().await;
    assert_eq!(
        jobs(&world, &all).await[0],
        told(&[("cross-vendor-checks", "COMPLETED")])[0],
        "both vendors were there"
    );
}
