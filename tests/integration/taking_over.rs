//! A server that is silent loses its runs to another, which does them again; what the silent one still does counts nothing.

use std::{collections::BTreeMap, time::Duration};

use domain::vendor::Vendor;
use entity::{collection, job_run};
use harness::{Backend, World, at_the_list, text};
use rstest::rstest;
use sea_orm::{EntityTrait, PaginatorTrait, sea_query::Expr};
use serde_json::{Value, json};
use server::{config, inventory::Inventory};
use simulator::{Effect, Gate};

/// After 40 seconds, the last moment from which a look, which comes every two seconds, is still within the minute.
const ONE_LOOK_BEFORE_A_MINUTE: Duration = Duration::from_secs(18);

/// A world with the default lease, whose collection of Ninja waits at the gate before its first page; and another server, which
/// is there before the collection, as that one's lease is renewed by the real clock, after a quarter of it.
async fn held_up(backend: Backend) -> (World, Inventory, Gate, String) {
    let defaults = config::load(&config::Flags::default(), &BTreeMap::new()).unwrap();
    let lease = Duration::from_secs(defaults.lease_seconds);
    let world = World::small_on(backend).rules(|rules| rules.lease = lease).start().await;
    let other = world.another_server(|_, _| {}).await;
    let gate = Gate::closed();
    world.strike(at_the_list(Vendor::Ninja, &Effect::Held(gate.clone())).times(1));
    let batch = text(&world.order(&[Vendor::Ninja]).await["batch"], "id").to_owned();
    gate.arrived(1).await;
    (world, other, gate, batch)
}

async fn run(world: &World, batch: &str) -> Value {
    let query = "query($id: ID!) { node(id: $id) { ... on JobBatch { status endedAt \
                 runs { status error message attempts { number outcome holder } } } } }";
    let shown = world.graphql.ask(query, json!({ "id": batch })).await.data()["node"].clone();
    let run = shown["runs"][0].clone();
    assert!(shown["endedAt"].is_null() || run["status"] == shown["status"], "{shown:#}");
    run
}

fn outcomes(run: &Value) -> Vec<&str> {
    let attempts = run["attempts"].as_array().unwrap();
    attempts.iter().map(|attempt| attempt["outcome"].as_str().unwrap_or("at work")).collect()
}

/// Lets the collection at the gate come home, and waits until its process is done with it.
async fn come_home(world: &World, gate: &Gate) {
    gate.open();
    world.rest().await;
}

#[rstest]
#[tokio::test]
async fn by_default_a_silent_servers_run_is_taken_over_within_a_minute_and_takes_effect_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, other, gate, batch) = held_up(backend).await;
    world.clock.advance(Duration::from_secs(40));
    assert_eq!(other.work_off().await.unwrap(), 0, "its lease lasts");
    world.clock.advance(ONE_LOOK_BEFORE_A_MINUTE);
    assert_eq!(other.work_off().await.unwrap(), 1);
    let taken = run(&world, &batch).await;
    assert_eq!((text(&taken, "status"), outcomes(&taken)), ("COMPLETED", vec!["LOST", "ENDED"]), "{taken:#}");
    assert_ne!(taken["attempts"][0]["holder"], taken["attempts"][1]["holder"]);
    let stored = world.see(Vendor::Ninja, 0).await;
    come_home(&world, &gate).await;
    assert_eq!(run(&world, &batch).await, taken, "the silent one changed the record");
    assert_eq!(world.see(Vendor::Ninja, 0).await, stored, "the silent one stored something");
    assert_eq!(collection::Entity::find().count(world.rows()).await.unwrap(), 1);
    assert_eq!(stored.keys(), world.present_keys(Vendor::Ninja));
}

#[rstest]
#[tokio::test]
async fn a_run_that_three_servers_died_over_fails(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (world, other, gate, batch) = held_up(backend).await;
    let lost = job_run::Entity::update_many().col_expr(job_run::Column::LostAttempts, Expr::value(2));
    lost.exec(world.inventory.database().writer()).await.unwrap();
    world.clock.advance(Duration::from_mins(1));
    assert_eq!(other.work_off().await.unwrap(), 0, "it is not begun a fourth time");
    let failed = run(&world, &batch).await;
    assert_eq!((text(&failed, "status"), outcomes(&failed)), ("FAILED", vec!["LOST"]), "{failed:#}");
    assert!(text(&failed, "error").contains("3 times; nothing of it was stored"), "{failed:#}");
    come_home(&world, &gate).await;
    assert_eq!(run(&world, &batch).await, failed);
    assert_eq!(collection::Entity::find().count(world.rows()).await.unwrap(), 0);
}

#[rstest]
#[tokio::test]
async fn yesterdays_collection_is_not_taken_over_today(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (world, other, gate, batch) = held_up(backend).await;
    world.move_to(1);
    assert_eq!(other.work_off().await.unwrap(), 0);
    let failed = run(&world, &batch).await;
    assert_eq!(text(&failed, "status"), "FAILED", "{failed:#}");
    assert!(text(&failed, "error").contains("its day is over"), "{failed:#}");
    come_home(&world, &gate).await;
    assert_eq!(collection::Entity::find().count(world.rows()).await.unwrap(), 0);
}

#[rstest]
#[tokio::test]
async fn what_a_stopping_server_gives_back_is_taken_at_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, other, gate, batch) = held_up(backend).await;
    assert_eq!(world.inventory.hand_back(), 1);
    // Whichever of both servers is first: nobody waits for a lease.
    world
        .until(async || {
            other.work_off().await.unwrap();
            run(&world, &batch).await["status"] == "COMPLETED"
        })
        .await;
    let taken = run(&world, &batch).await;
    assert_eq!(outcomes(&taken), ["HANDED_BACK", "ENDED"], "{taken:#}");
    come_home(&world, &gate).await;
    assert_eq!(collection::Entity::find().count(world.rows()).await.unwrap(), 1);
}

#[rstest]
#[tokio::test]
async fn a_run_of_a_kind_that_only_a_newer_hub_knows_is_left_to_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    let other = world.another_server(|_, _| {}).await;
    world.night(0).await;
    let reopened = job_run::Entity::update_many()
        .col_expr(job_run::Column::JobName, Expr::value("of-a-newer-hub"))
        .col_expr(job_run::Column::VendorId, Expr::value(None::<i64>))
        .col_expr(job_run::Column::Status, Expr::value("queued"))
        .col_expr(job_run::Column::Holder, Expr::value(None::<String>))
        .col_expr(job_run::Column::EndedAt, Expr::value(None::<chrono::DateTime<chrono::Utc>>));
    reopened.exec(world.inventory.database().writer()).await.unwrap();
    assert_eq!(other.work_off().await.unwrap(), 0);
}
