//! `syncDevice` brings in line what concerns the device, its neighbours of the same name among it, and no more.

use std::time::Duration;

use domain::vendor::Vendor;
use harness::{Backend, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

async fn sync(world: &World, vendor: &str, key: &str) -> Value {
    world.clock.advance(Duration::from_secs(1));
    let query = "mutation($i: SyncDeviceInput!) { syncDevice(input: $i) { userErrors { code }
        openedExceptions { id type details } closedExceptions { id type details } } }";
    let answer = world.graphql.ask(query, json!({ "i": { "vendor": vendor, "vendorDeviceKey": key } })).await;
    let payload = answer.data()["syncDevice"].clone();
    assert_eq!(payload["userErrors"], json!([]), "{vendor} {key}");
    payload
}

fn types(exceptions: &Value) -> Vec<&str> {
    exceptions.as_array().unwrap().iter().map(|it| text(it, "type")).collect()
}

async fn of_type(world: &World, wanted: &str) -> Vec<Value> {
    let filter = format!("filter: {{ type: {{ eq: {wanted} }} }}");
    world.graphql.every("exceptions", &filter, "id status details resolution").await
}

/// Two ThreatLocker computers of one client that Ninja knows nothing of, with one name.
async fn two_strangers(backend: Backend) -> (World, [String; 2]) {
    let world = World::on(backend).plan(FleetPlan::plain(10, 8)).start().await;
    let rows = world.simulator.view(simulator::World::threatlocker_computers);
    let keys = [&rows[0], &rows[1]].map(|row| text(row, "computerId").to_owned());
    world.simulator.edit(|vendors| {
        for (key, added) in keys.iter().zip(["2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z"]) {
            let mut computer = vendors.threatlocker_computer(key);
            computer.set("hostname", "STRANGER").set("dateAdded", added).drop_key("serialNumber");
            computer
                .set("organizationId", rows[0]["organizationId"].clone())
                .set("organization", rows[0]["organization"].clone());
        }
    });
    world.night(0).await;
    (world, keys)
}

#[rstest]
#[tokio::test]
async fn the_surplus_of_a_duplicate_closes_when_its_keeper_gets_another_name_and_opens_when_it_returns(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, [older, newer]) = two_strangers(backend).await;
    let duplicate = of_type(&world, "DUPLICATE_TL").await.remove(0);
    assert_eq!((text(&duplicate["details"], "keep"), text(&duplicate["details"], "surplus")), (&*newer, &*older));
    world.simulator.edit(|vendors| vendors.rename_computer(&newer, "NEW-LIFE"));
    let renamed = sync(&world, "THREATLOCKER", &newer).await;
    assert_eq!(types(&renamed["closedExceptions"]), ["DUPLICATE_TL"]);
    assert_eq!(renamed["closedExceptions"][0]["id"], duplicate["id"]);
    world.simulator.edit(|vendors| vendors.rename_computer(&newer, "stranger.corp.example"));
    let back = sync(&world, "THREATLOCKER", &newer).await;
    assert_eq!(types(&back["openedExceptions"]), ["DUPLICATE_TL"]);
    assert_eq!(back["openedExceptions"][0]["id"], duplicate["id"]);
}

#[rstest]
#[tokio::test]
async fn a_sync_reopens_nothing_that_was_called_fixed_and_the_next_collection_does(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, [older, newer]) = two_strangers(backend).await;
    world.clock.advance(Duration::from_hours(1));
    let fix = "mutation($id: ID!) { resolveException(input: { id: $id, resolution: FIXED }) { userErrors { code } } }";
    let duplicate = of_type(&world, "DUPLICATE_TL").await.remove(0);
    world.graphql.ask(fix, json!({ "id": duplicate["id"] })).await.data();
    world.clock.advance(Duration::from_hours(1));
    for key in [&newer, &older] {
        assert_eq!(types(&sync(&world, "THREATLOCKER", key).await["openedExceptions"]), Vec::<&str>::new(), "{key}");
    }
    assert_eq!(text(&of_type(&world, "DUPLICATE_TL").await[0], "status"), "RESOLVED");
    world.collect(&Vendor::ALL, true).await;
    assert_eq!(text(&of_type(&world, "DUPLICATE_TL").await[0], "status"), "OPEN");
}

#[rstest]
#[tokio::test]
async fn exceptions_of_others_stay_as_they_are(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::on(backend).start().await;
    world.night(0).await;
    let shown = "id status version lastSeen details";
    let before = world.graphql.every("exceptions", "", shown).await;
    // All the troubles of the fleet are mended at the vendors, and nobody has looked yet.
    let computers = world.simulator.view(simulator::World::threatlocker_computers);
    let calm = computers.iter().find(|row| row["hostname"] == "EXAM-WS-0004").unwrap();
    world.simulator.edit(|vendors| {
        for row in computers.iter().filter(|row| row["computerId"] != calm["computerId"]) {
            vendors.threatlocker_computer(text(row, "computerId")).remove();
        }
    });
    let synced = sync(&world, "THREATLOCKER", text(calm, "computerId")).await;
    assert_eq!((&synced["openedExceptions"], &synced["closedExceptions"]), (&json!([]), &json!([])));
    assert_eq!(world.graphql.every("exceptions", "", shown).await, before);
}

#[rstest]
#[tokio::test]
async fn the_surplus_of_a_shared_serial_number_closes_when_its_keeper_gets_another_and_opens_when_it_returns(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).plan(FleetPlan { organizations: 1, ..FleetPlan::plain(10, 6) }).start().await;
    let rows = world.simulator.view(simulator::World::ninja_devices);
    let computers = rows.iter().filter(|row| row["nodeClass"] == "WINDOWS_WORKSTATION");
    let ids: Vec<i64> = computers.map(|row| row["id"].as_i64().unwrap()).take(2).collect();
    let serial = |id: i64, serial: &str| {
        world.simulator.edit(|vendors| {
            vendors.ninja_device(id).set("system.serialNumber", serial).set("system.biosSerialNumber", serial);
        });
    };
    serial(ids[0], "XYZ-77 00");
    serial(ids[1], "xyz7700");
    world.night(0).await;
    let duplicate = of_type(&world, "DUPLICATE_NINJA").await.remove(0);
    let keeper = text(&duplicate["details"], "keep").to_owned();
    serial(keeper.parse().unwrap(), "ABC-1");
    let changed = sync(&world, "NINJA", &keeper).await;
    assert!(types(&changed["closedExceptions"]).contains(&"DUPLICATE_NINJA"), "{changed:#}");
    assert_eq!(text(&of_type(&world, "DUPLICATE_NINJA").await[0], "resolution"), "VERIFIED");
    serial(keeper.parse().unwrap(), "XYZ 7700");
    let back = sync(&world, "NINJA", &keeper).await;
    assert!(types(&back["openedExceptions"]).contains(&"DUPLICATE_NINJA"), "{back:#}");
    assert_eq!(of_type(&world, "DUPLICATE_NINJA").await.len(), 1, "the same finding is the same exception");
}

#[rstest]
#[tokio::test]
async fn a_device_whose_link_another_ones_new_name_puts_in_doubt_is_told_at_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).plan(FleetPlan { organizations: 1, ..FleetPlan::plain(10, 6) }).start().await;
    let rows = world.simulator.view(simulator::World::threatlocker_computers);
    let [linked, other] = [&rows[0], &rows[1]].map(|row| text(row, "computerId").to_owned());
    let devices = world.simulator.view(simulator::World::ninja_devices);
    let serial = &rows[0]["serialNumber"];
    let twin = devices.iter().find(|row| row["system"]["serialNumber"] == *serial).unwrap()["id"].as_i64().unwrap();
    world.simulator.edit(|vendors| {
        vendors.rename_ninja_device(twin, "accounting-srv-02");
        vendors.rename_computer(&linked, "accounting-srv-02");
        vendors.threatlocker_computer(&linked).drop_key("serialNumber");
    });
    world.night(0).await;
    assert_eq!(of_type(&world, "AMBIGUOUS_MATCH").await, Vec::<Value>::new());
    world.simulator.edit(|vendors| {
        vendors.rename_computer(&other, "accounting-srv-03");
        vendors.threatlocker_computer(&other).drop_key("serialNumber");
    });
    sync(&world, "THREATLOCKER", &other).await;
    let doubted = of_type(&world, "AMBIGUOUS_MATCH").await;
    let keys: Vec<&str> = doubted.iter().map(|it| text(&it["details"], "vendor_device_key")).collect();
    assert!(keys.contains(&&*linked), "its cut name may be either's: {doubted:#?}");
    let note = "One Ninja device fits, but it fits other ThreatLocker devices too, so it was not taken.";
    assert!(doubted.iter().all(|it| it["details"]["note"] == note), "{doubted:#?}");
}

#[rstest]
#[tokio::test]
async fn a_client_that_the_vendor_renamed_since_the_night_concerns_all_its_devices(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).plan(FleetPlan::plain(20, 16)).start().await;
    world.night(0).await;
    assert_eq!(of_type(&world, "SITE_MISMATCH").await, Vec::<Value>::new());
    let rows = world.simulator.view(simulator::World::threatlocker_computers);
    let of = |row: &Value| rows.iter().filter(|it| it["organizationId"] == row["organizationId"]).count();
    let first = rows.iter().max_by_key(|row| of(row)).unwrap();
    assert!(of(first) >= 2, "{rows:#?}");
    let key = text(first, "computerId");
    world.simulator.edit(|vendors| {
        vendors.threatlocker_computer(key).set("organization", "Renamed & Sons");
    });
    let synced = sync(&world, "THREATLOCKER", key).await;
    let mismatches = types(&synced["openedExceptions"]).iter().filter(|it| **it == "SITE_MISMATCH").count();
    assert!(mismatches >= 2, "{synced:#}");
    let open = of_type(&world, "SITE_MISMATCH").await;
    assert!(open.iter().all(|it| it["details"]["tl_org_name"] == "Renamed & Sons"), "{open:#?}");
    world.collect(&[], true).await;
    assert_eq!(of_type(&world, "SITE_MISMATCH").await, open, "the checks of the day agree");
}
