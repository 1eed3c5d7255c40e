//! Syncs beside a collection: what a sync found is not lost to a collection that read the vendor before it.

use std::time::Duration;

use domain::vendor::Vendor;
use harness::{Backend, LONG, World, at_the_list, held_word, text};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::{Effect, Gate, When};

/// The newest first: what asked, and what came of it.
async fn history(world: &World) -> Vec<(String, String)> {
    let rows = world.graphql.every("syncs", "", "trigger outcome").await;
    rows.iter().map(|row| (text(row, "trigger").to_owned(), text(row, "outcome").to_owned())).collect()
}

async fn display_name(world: &World, day: u64, key: &str) -> Value {
    let date = format!(r#"date: "{}""#, world.day(day));
    let rows = world.graphql.every("snapshots", &date, "vendorDeviceKey displayName").await;
    rows.iter().find(|row| row["vendorDeviceKey"] == key).unwrap()["displayName"].clone()
}

fn first_key(world: &World) -> i64 {
    world.simulator.view(|vendors| vendors.ninja_devices().iter().filter_map(|row| row["id"].as_i64()).min().unwrap())
}

fn pair(trigger: &str, outcome: &str) -> (String, String) {
    (trigger.to_owned(), outcome.to_owned())
}

#[rstest]
#[tokio::test]
async fn a_collection_that_began_before_a_sync_gives_its_newer_state_back(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    world.night(0).await;
    let id = first_key(&world);
    let key = id.to_string();
    world.clock.advance(Duration::from_mins(10));
    // Its first page, with the device, is read; the second waits.
    let gate = Gate::closed();
    world.strike(at_the_list(Vendor::Ninja, &Effect::Held(gate.clone())).when(When::Nth(2)));
    world.order(&[Vendor::Ninja]).await;
    tokio::time::timeout(LONG, gate.arrived(1)).await.unwrap();
    world.simulator.edit(|vendors| {
        vendors.ninja_device(id).set("displayName", "Front desk");
    });
    world.clock.advance(Duration::from_secs(5));
    let query = "mutation($i: SyncDeviceInput!) { syncDevice(input: $i) { userErrors { code } } }";
    let synced = world.graphql.ask(query, json!({ "i": { "vendor": "NINJA", "vendorDeviceKey": key } })).await;
    assert_eq!(synced.data()["syncDevice"]["userErrors"], json!([]));
    assert_eq!(display_name(&world, 0, &key).await, "Front desk");
    gate.open();
    world.settle().await;
    assert_eq!(history(&world).await, [pair("COLLECTION", "QUEUED"), pair("MUTATION", "SYNCED")]);
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(world.work_off_syncs().await, 1);
    assert_eq!(history(&world).await, [pair("COLLECTION", "SYNCED"), pair("MUTATION", "SYNCED")]);
    assert_eq!(display_name(&world, 0, &key).await, "Front desk");
    // A collection that begins later has read what the sync found.
    world.simulator.with_switches(|switches| switches.faults.clear());
    world.clock.advance(Duration::from_mins(10));
    world.collect(&[Vendor::Ninja], false).await;
    assert_eq!(history(&world).await.len(), 2);
}

#[rstest]
#[tokio::test]
async fn a_wish_that_comes_while_the_days_first_collection_is_at_work_waits_for_its_day(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(true, false)] is_completed: bool,
) {
    let world = World::small_on(backend).start().await;
    world.night(0).await;
    world.move_to(1);
    let id = first_key(&world);
    let gate = Gate::closed();
    let held = at_the_list(Vendor::Ninja, &Effect::Held(gate.clone())).times(1);
    world.strike(held);
    world.order(&[Vendor::Ninja]).await;
    tokio::time::timeout(LONG, gate.arrived(1)).await.unwrap();
    if !is_completed {
        let broken = at_the_list(Vendor::Ninja, &Effect::Status(500));
        world.simulator.with_switches(|switches| switches.faults.push(broken));
    }
    let secret = "made up, and long enough";
    let webhook = world.open_webhook(secret).await;
    let activity = json!({ "id": 1, "deviceId": id, "statusCode": "TRIGGERED" });
    assert_eq!(webhook.deliver(secret, &activity).await.0, 202);
    assert_eq!(world.work_off_syncs().await, 0);
    assert_eq!(history(&world).await, [pair("WEBHOOK", "QUEUED")]);
    gate.open();
    world.settle().await;
    assert_eq!(world.work_off_syncs().await, 1);
    let outcome = if is_completed { "SYNCED" } else { "NO_STORED_DAY" };
    assert_eq!(history(&world).await, [pair("WEBHOOK", outcome)]);
}

#[rstest]
#[tokio::test]
async fn a_wish_that_found_no_day_is_made_up_for_when_a_person_applies_the_days_held_collection(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    world.night(0).await;
    world.move_to(1);
    let id = first_key(&world);
    world.shrink(Vendor::Ninja, 5);
    world.collect(&[Vendor::Ninja], false).await;
    world.clock.advance(Duration::from_hours(1));
    let secret = "made up, and long enough";
    let webhook = world.open_webhook(secret).await;
    let activity = json!({ "id": 1, "deviceId": id, "statusCode": "TRIGGERED" });
    assert_eq!(webhook.deliver(secret, &activity).await.0, 202);
    assert_eq!(world.work_off_syncs().await, 1);
    assert_eq!(history(&world).await, [pair("WEBHOOK", "NO_STORED_DAY")]);
    let held = world.inventory.list_held().await.unwrap()[0].id;
    world.inventory.apply_held(held, &held_word()).await.unwrap();
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(world.work_off_syncs().await, 1);
    let last = history(&world).await.remove(0);
    assert_eq!(last.0, "COLLECTION");
    assert!(["SYNCED", "NOT_FOUND"].contains(&last.1.as_str()), "{last:?}");
}
