//! A type that is switched off is not looked for, not reported, and its exceptions stay as they are.

use std::collections::BTreeSet;

use domain::{checks::ExceptionType, vendor::Vendor};
use harness::{Backend, World, text};
use rstest::rstest;
use serde_json::Value;
use server::inventory::{Inventory, batches::Order, jobs::Trigger};
use simulator::FleetPlan;

const SHOWN: &str = "id type status version lastSeen details resolvedAt history { nodes { kind } }";

async fn of_type(world: &World, wanted: &str) -> Vec<Value> {
    world.graphql.every("exceptions", &format!("filter: {{ type: {{ eq: {wanted} }} }}"), SHOWN).await
}

/// A hub on the world's database that looks for everything but this type.
async fn without(world: &World, exception_type: ExceptionType) -> Inventory {
    let mut rules = world.inventory.rules().clone();
    rules.checks.switched_off = [exception_type].into();
    let database = world.inventory.database().clone();
    Inventory::open(database, world.clock.clone(), world.inventory.zone(), rules).await.unwrap()
}

async fn check_on(server: &Inventory) -> Vec<String> {
    let order = Order {
        vendors: Vec::new(),
        run_checks: true,
        check_date: None,
        trigger: Trigger::CommandLine,
        requested_by: "test".to_owned(),
    };
    let report = server.run_batch(order).await.unwrap().checks.unwrap();
    assert!(report.applied && report.skipped.is_empty(), "{report:?}");
    report.ran.iter().map(|check| check.exception_type.to_owned()).collect()
}

/// A fleet that has every kind of trouble.
fn troubled() -> FleetPlan {
    FleetPlan { organizations: 9, ninja_devices: 260, threatlocker_devices: 200, ..FleetPlan::default() }
}

async fn open_types(world: &World) -> BTreeSet<String> {
    let rows = world.graphql.every("exceptions", "filter: { status: { eq: OPEN } }", "type").await;
    rows.iter().map(|it| text(it, "type").to_owned()).collect()
}

#[rstest]
#[tokio::test]
async fn nothing_of_a_type_that_is_switched_off_is_found_and_all_others_are(
    #[values(ExceptionType::MissingTl, ExceptionType::StaleDevice)] exception_type: ExceptionType,
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let builder = World::on(backend).plan(troubled()).page_size(500);
    let world = builder.rules(|rules| rules.checks.switched_off = [exception_type].into()).start().await;
    let report = world.night(0).await.checks.unwrap();
    assert!(report.ran.iter().all(|check| check.exception_type != exception_type.code()), "{report:?}");
    assert!(report.skipped.is_empty(), "switched off is not skipped: {report:?}");
    let expected = ExceptionType::ALL.into_iter().filter(|it| *it != exception_type).map(|it| it.code().to_owned());
    assert_eq!(open_types(&world).await, expected.collect());
}

#[rstest]
#[tokio::test]
async fn the_exceptions_of_a_type_that_is_switched_off_stay_as_they_are_until_it_is_on_again(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).plan(troubled()).page_size(500).start().await;
    world.night(0).await;
    assert_eq!(open_types(&world).await.len(), 9);
    for (night, exception_type) in (2..).step_by(2).zip(ExceptionType::ALL) {
        world.move_to(night);
        world.collect(&Vendor::ALL, false).await;
        let before = of_type(&world, exception_type.code()).await;
        let ran = check_on(&without(&world, exception_type).await).await;
        assert_eq!((ran.len(), ran.contains(&exception_type.code().to_owned())), (8, false));
        assert_eq!(of_type(&world, exception_type.code()).await, before);
        world.collect(&[], true).await;
        let after = of_type(&world, exception_type.code()).await;
        let today = world.day(night).to_string();
        assert!(after.iter().all(|it| it["status"] == "RESOLVED" || it["lastSeen"] == today.as_str()), "{after:#?}");
    }
}
