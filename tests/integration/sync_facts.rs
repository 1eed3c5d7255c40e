//! A sync asks once and loses nothing: what the vendor's one record does not say stays as it was stored.

use std::{collections::BTreeMap, time::Duration};

use harness::{Backend, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

const FACTS: &str = "hostname displayName organization { name } location { key name } chassis billing spareReason
    os { name architecture build releaseId }
    hardware { manufacturer model serialNumber cpuModel memoryGib volumes hasTpm tpmEnabled tpmVersion
        secureBootAvailable secureBootEnabled }
    network { macAddresses lastUser } windows11 { verdict }";

async fn plain(backend: Backend) -> World {
    let world = World::on(backend).plan(FleetPlan::plain(30, 20)).page_size(1000).start().await;
    world.night(0).await;
    world.simulator.forget_requests();
    world
}

async fn facts(world: &World, key: &str) -> Value {
    let rows = world.graphql.every("snapshots", r#"date: "2026-03-02""#, &format!("vendorDeviceKey {FACTS}")).await;
    rows.into_iter().find(|row| row["vendorDeviceKey"] == key).unwrap()
}

async fn sync(world: &World, input: Value) -> Value {
    world.clock.advance(Duration::from_secs(1));
    let query = "mutation($i: SyncDeviceInput!) { syncDevice(input: $i) { snapshot { vendorDeviceKey }
        userErrors { code message } } }";
    world.graphql.ask(query, json!({ "i": input })).await.data()["syncDevice"].clone()
}

/// The requests that were made, but for a token.
fn requests(world: &World) -> BTreeMap<String, u64> {
    let mut counts = world.simulator.request_counts();
    counts.remove("/ninja/ws/oauth/token");
    world.simulator.forget_requests();
    counts
}

fn one(path: &str) -> BTreeMap<String, u64> {
    BTreeMap::from([(path.to_owned(), 1)])
}

#[rstest]
#[tokio::test]
async fn every_device_of_both_vendors_is_the_same_after_a_sync_of_one_request(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = plain(backend).await;
    let shown = format!("vendor vendorDeviceKey {FACTS}");
    let before = world.graphql.every("snapshots", r#"date: "2026-03-02""#, &shown).await;
    assert!(before.iter().any(|row| row["hardware"]["hasTpm"] == true), "custom fields are in the fleet");
    assert!(before.iter().any(|row| row["location"]["name"].is_string()), "locations are in the fleet");
    for row in &before {
        let answer = sync(&world, json!({ "vendor": row["vendor"], "vendorDeviceKey": row["vendorDeviceKey"] })).await;
        assert_eq!(answer["userErrors"], json!([]), "{row:#}");
        let path = match text(row, "vendor") {
            "NINJA" => "/ninja/v2/device/{id}",
            _ => "/threatlocker/Computer/ComputerGetByAllParameters",
        };
        assert_eq!(requests(&world), one(path));
    }
    assert_eq!(world.graphql.every("snapshots", r#"date: "2026-03-02""#, &shown).await, before);
}

#[rstest]
#[tokio::test]
async fn what_the_record_says_is_new_and_what_it_does_not_say_is_as_stored(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = plain(backend).await;
    let rows = world.simulator.view(simulator::World::ninja_devices);
    let device = rows.iter().find(|row| row["nodeClass"] == "WINDOWS_WORKSTATION").unwrap();
    let other = rows.iter().find(|row| row["organizationId"] != device["organizationId"]).unwrap();
    let (id, key) = (device["id"].as_i64().unwrap(), device["id"].to_string());
    let before = facts(&world, &key).await;
    let elsewhere = facts(&world, &other["id"].to_string()).await;
    world.simulator.edit(|vendors| {
        let mut record = vendors.ninja_device(id);
        record.set("os.name", "Windows 11 Professional").set("memory.capacity", 34_359_738_368_i64);
        record.set("organizationId", other["organizationId"].clone()).set("locationId", other["locationId"].clone());
        record.drop_key("volumes");
    });
    assert_eq!(sync(&world, json!({ "vendor": "NINJA", "vendorDeviceKey": key })).await["userErrors"], json!([]));
    let after = facts(&world, &key).await;
    assert_eq!(after["os"]["name"], "Windows 11 Professional");
    assert_eq!(after["hardware"]["volumes"], Value::Null, "it says that it has none");
    assert_eq!(after["organization"], elsewhere["organization"], "the organization's name is known");
    assert_eq!(after["location"], elsewhere["location"], "so is the location's");
    for field in ["hasTpm", "tpmVersion", "secureBootEnabled"] {
        assert_eq!(after["hardware"][field], before["hardware"][field], "{field} is of another list");
    }
}

#[rstest]
#[tokio::test]
async fn a_name_that_the_hub_knows_is_asked_for_by_key_and_a_new_one_is_searched(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = plain(backend).await;
    let (devices, computers) =
        world.simulator.view(|vendors| (vendors.ninja_devices(), vendors.threatlocker_computers()));
    let (device, computer) = (&devices[3], &computers[3]);
    let host = text(device, "systemName");
    let known = sync(&world, json!({ "vendor": "NINJA", "hostname": host })).await;
    assert_eq!(known["snapshot"]["vendorDeviceKey"], device["id"].to_string());
    assert_eq!(requests(&world), one("/ninja/v2/device/{id}"));
    let input = json!({ "vendor": "THREATLOCKER", "hostname": computer["hostname"] });
    assert_eq!(sync(&world, input).await["snapshot"]["vendorDeviceKey"], computer["computerId"]);
    let bodies = world.simulator.requests();
    let body: Value = serde_json::from_str(&bodies[0].body).unwrap();
    assert_eq!((bodies.len(), &body["computerId"], &body["searchText"]), (1, &computer["computerId"], &json!("")));
    world.simulator.forget_requests();
    // The machine got another agent: the name is another record's now.
    world.simulator.edit(|vendors| {
        vendors.threatlocker_computer(text(computer, "computerId")).remove();
        vendors.rename_computer(text(&computers[4], "computerId"), text(computer, "hostname"));
        vendors.rename_ninja_device(device["id"].as_i64().unwrap(), "NEVER-HEARD-OF");
    });
    let input = json!({ "vendor": "THREATLOCKER", "hostname": computer["hostname"] });
    assert_eq!(sync(&world, input).await["snapshot"]["vendorDeviceKey"], computers[4]["computerId"]);
    assert_eq!(requests(&world).values().sum::<u64>(), 2, "the known record, then the name");
    let renamed = sync(&world, json!({ "vendor": "NINJA", "hostname": "never-heard-of" })).await;
    assert_eq!(renamed["snapshot"]["vendorDeviceKey"], device["id"].to_string());
    let paths = BTreeMap::from([("/ninja/v2/devices/search".to_owned(), 1), ("/ninja/v2/device/{id}".to_owned(), 1)]);
    assert_eq!(requests(&world), paths);
}
