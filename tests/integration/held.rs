//! A complete collection that is much smaller than the last one waits for a person, and until then nobody sees it.

use std::time::Duration;

use domain::vendor::Vendor;
use harness::{Backend, Seen, World, text, vendor_name};
use rstest::rstest;
use serde_json::{Value, json};
use server::inventory::held::Decision;
use simulator::FleetPlan;

/// A stored day of 50 devices at each vendor.
async fn fifty(backend: Backend, held_below_percent: u8) -> World {
    let builder = World::on(backend).plan(FleetPlan::plain(50, 50));
    let world = builder.rules(|rules| rules.held_below_percent = held_below_percent).start().await;
    for vendor in Vendor::ALL {
        assert_eq!(world.collect_by_order(vendor).await["status"], "COMPLETED");
    }
    world
}

/// Collects a fleet of this many devices; answers how the run ended.
async fn collect_left(world: &World, vendor: Vendor, left: usize) -> Value {
    world.shrink(vendor, left);
    let batch = world.collect_by_order(vendor).await;
    assert_eq!(batch["status"], batch["runs"][0]["status"]);
    batch
}

/// The id of the one collection that waits.
async fn held_id(world: &World) -> i64 {
    let held = world.inventory.list_held().await.unwrap();
    assert_eq!(held.len(), 1);
    held[0].id
}

async fn see_both(world: &World, day: u64) -> [Seen; 2] {
    [world.see(Vendor::Ninja, day).await, world.see(Vendor::ThreatLocker, day).await]
}

/// What became of the collection of a batch.
async fn outcome(world: &World, batch: &Value) -> Value {
    world.batch(text(batch, "id")).await["runs"][0]["collection"]["outcome"].clone()
}

#[rstest]
#[tokio::test]
async fn under_eighty_percent_is_held_and_nothing_visible_changes(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = fifty(backend, 80).await;
    for vendor in Vendor::ALL {
        let before = see_both(&world, 0).await;
        let batch = collect_left(&world, vendor, 39).await;
        assert_eq!(batch["status"], "HELD", "{batch:#}");
        let run = &batch["runs"][0];
        let why = "39 devices against 50 on 2026-03-02: under 80 %, so a person must apply or discard it";
        assert_eq!(run["collection"]["reasons"], json!([why]));
        assert!(text(run, "message").contains(why), "{run:#}");
        assert_eq!(run["rowsStored"], 0);
        assert_eq!(outcome(&world, &batch).await, "HELD");
        assert_eq!(see_both(&world, 0).await, before, "{vendor}");
        assert_eq!(
            world.inventory.discard_held(held_id(&world).await, &harness::held_word()).await.unwrap(),
            Decision::Discarded
        );
    }
}

#[rstest]
#[tokio::test]
async fn exactly_eighty_percent_is_stored(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = fifty(backend, 80).await;
    for vendor in Vendor::ALL {
        let batch = collect_left(&world, vendor, 40).await;
        assert_eq!(batch["status"], "COMPLETED", "{batch:#}");
        assert_eq!(world.see(vendor, 0).await.snapshots.len(), 40);
        assert_eq!(world.inventory.list_held().await.unwrap(), Vec::new());
    }
}

#[rstest]
#[tokio::test]
async fn no_devices_after_a_day_with_some_are_held_whatever_the_setting(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = fifty(backend, 0).await;
    for vendor in Vendor::ALL {
        let one_left = collect_left(&world, vendor, 1).await;
        assert_eq!(one_left["status"], "COMPLETED", "a setting of 0 holds no other day: {one_left:#}");
        let before = see_both(&world, 0).await;
        let none_left = collect_left(&world, vendor, 0).await;
        assert_eq!(none_left["status"], "HELD", "{none_left:#}");
        assert_eq!(see_both(&world, 0).await, before, "{vendor}");
        assert_eq!(
            world.inventory.discard_held(held_id(&world).await, &harness::held_word()).await.unwrap(),
            Decision::Discarded
        );
    }
}

#[rstest]
#[tokio::test]
async fn a_held_collection_that_is_applied_becomes_its_day(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = fifty(backend, 80).await;
    for vendor in Vendor::ALL {
        world.move_to(1);
        let batch = collect_left(&world, vendor, 20).await;
        let id = held_id(&world).await;
        assert!(matches!(
            world.inventory.apply_held(id, &harness::held_word()).await.unwrap(),
            Decision::Applied { .. }
        ));
        assert_eq!(outcome(&world, &batch).await, "APPLIED");
        let after = world.see(vendor, 1).await;
        assert_eq!(after.keys(), world.present_keys(vendor), "{vendor}");
        assert_eq!(after.dates[0]["date"], "2026-03-03");
        assert_eq!(world.see(vendor, 0).await.snapshots.len(), 50, "{vendor}: an earlier day was touched");
        let gone = format!(
            "{{ devices(filter: {{ presence: PRESENT, vendor: {{ eq: {} }} }}) {{ totalCount }} }}",
            vendor_name(vendor)
        );
        assert_eq!(world.graphql.query(&gone).await["devices"]["totalCount"], 20, "{vendor}");
        // It is what the next one is compared with.
        let next = collect_left(&world, vendor, 19).await;
        assert_eq!(next["status"], "COMPLETED", "{next:#}");
        assert_eq!(
            world.inventory.apply_held(id, &harness::held_word()).await.unwrap(),
            Decision::NotHeld,
            "{vendor}: applied twice"
        );
        assert_eq!(world.see(vendor, 1).await.snapshots.len(), 19, "{vendor}");
    }
}

#[rstest]
#[tokio::test]
async fn a_held_collection_that_is_discarded_leaves_nothing_behind(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = fifty(backend, 80).await;
    for vendor in Vendor::ALL {
        let before = see_both(&world, 0).await;
        let batch = collect_left(&world, vendor, 20).await;
        let id = held_id(&world).await;
        assert_eq!(world.inventory.discard_held(id, &harness::held_word()).await.unwrap(), Decision::Discarded);
        assert_eq!(outcome(&world, &batch).await, "DISCARDED");
        assert_eq!(world.inventory.discard_held(id, &harness::held_word()).await.unwrap(), Decision::NotHeld);
        assert_eq!(world.inventory.apply_held(id, &harness::held_word()).await.unwrap(), Decision::NotHeld);
        assert_eq!(see_both(&world, 0).await, before, "{vendor}");
        // A held one is never what the next one is compared with.
        let again = collect_left(&world, vendor, 20).await;
        assert_eq!(again["status"], "HELD", "{again:#}");
        assert_eq!(
            world.inventory.discard_held(held_id(&world).await, &harness::held_word()).await.unwrap(),
            Decision::Discarded
        );
    }
}

#[rstest]
#[tokio::test]
async fn a_newer_complete_collection_leaves_nothing_to_decide(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(0, 1)] days_later: u64,
) {
    let world = fifty(backend, 80).await;
    for (number, vendor) in (1..).step_by(2).zip(Vendor::ALL) {
        world.move_to(number);
        let batch = collect_left(&world, vendor, 20).await;
        let id = held_id(&world).await;
        world.move_to(number + days_later);
        world.clock.advance(Duration::from_hours(1));
        world.simulator.edit(simulator::World::forget_edits);
        assert_eq!(world.collect_by_order(vendor).await["status"], "COMPLETED");
        let newer = world.see(vendor, number + days_later).await;
        assert_eq!(outcome(&world, &batch).await, "OUTDATED");
        assert_eq!(world.inventory.list_held().await.unwrap(), Vec::new());
        assert_eq!(world.inventory.apply_held(id, &harness::held_word()).await.unwrap(), Decision::NotHeld);
        assert_eq!(world.inventory.discard_held(id, &harness::held_word()).await.unwrap(), Decision::NotHeld);
        assert_eq!(world.see(vendor, number + days_later).await, newer, "{vendor}");
    }
}

/// DUPLICATE_TL compares ThreatLocker with nothing, so it alone runs.
#[rstest]
#[tokio::test]
async fn checks_that_need_a_held_day_wait_for_it(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::on(backend).start().await;
    world.night(0).await;
    let compared = "filter: { not: { type: { eq: DUPLICATE_TL } } }";
    let before = world.graphql.every("exceptions", compared, "id type status version lastSeen").await;
    assert!(!before.is_empty());
    world.move_to(1);
    world.shrink(Vendor::Ninja, 5);
    let report = world.collect(&Vendor::ALL, true).await;
    let statuses: Vec<_> = report.runs.iter().map(|run| (run.job_name.as_str(), run.status.as_str())).collect();
    let expected =
        [("cross-vendor-checks", "partial"), ("ninja-collector", "held"), ("threatlocker-collector", "completed")];
    assert_eq!(statuses, expected);
    let message = report.runs[0].message.as_deref().unwrap();
    for check in ["MISSING_NINJA", "SITE_MISMATCH", "SPARE_MISMATCH"] {
        assert!(message.contains(&format!("{check} skipped: ")), "{message}");
    }
    assert!(message.contains("Ninja"), "{message}");
    let after = world.graphql.every("exceptions", compared, "id type status version lastSeen").await;
    assert_eq!(after, before);
}
