//! Devices as GraphQL shows them agree with the vendors' own records.

use std::collections::{BTreeMap, BTreeSet};

use harness::{Backend, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

const SHOWN: &str = "id hostname displayName present firstSeen lastSeen organization { id name }
    sources { vendor vendorDeviceKey hostname displayName lastOnline present firstSeen lastSeen }
    openExceptions { id type }";

/// The approved rows of Ninja and the living ones of ThreatLocker, by key.
fn listed(world: &World) -> (BTreeMap<String, Value>, BTreeMap<String, Value>) {
    world.simulator.view(|vendors| {
        let approved = vendors.ninja_devices().into_iter().filter(|row| row["approvalStatus"] == "APPROVED");
        let living = vendors.threatlocker_computers().into_iter().filter(|row| row["isDeleted"] == false);
        let by_id = approved.map(|row| (row["id"].to_string(), row)).collect();
        (by_id, living.map(|row| (text(&row, "computerId").to_owned(), row)).collect())
    })
}

fn sources<'a>(device: &'a Value, vendor: &'a str) -> impl Iterator<Item = &'a Value> {
    device["sources"].as_array().unwrap().iter().filter(move |source| source["vendor"] == vendor)
}

#[rstest]
#[tokio::test]
async fn every_record_of_both_vendors_is_the_source_of_one_device(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).start().await;
    world.night(0).await;
    let devices = world.graphql.every("devices", "", SHOWN).await;
    let (ninja, threatlocker) = listed(&world);
    for (vendor, rows) in [("NINJA", &ninja), ("THREATLOCKER", &threatlocker)] {
        let keys: Vec<&str> =
            devices.iter().flat_map(|device| sources(device, vendor)).map(|it| text(it, "vendorDeviceKey")).collect();
        assert_eq!(keys.len(), rows.len(), "{vendor}");
        assert_eq!(keys.into_iter().collect::<BTreeSet<_>>(), rows.keys().map(String::as_str).collect(), "{vendor}");
    }
    assert!(devices.iter().all(|device| sources(device, "NINJA").count() <= 1), "Ninja's records are never merged");
    assert!(devices.iter().any(|device| sources(device, "THREATLOCKER").count() == 2), "a reinstalled agent is there");
}

#[rstest]
#[tokio::test]
async fn a_device_says_what_ninja_says_of_it(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::on(backend).start().await;
    world.night(0).await;
    let (ninja, _) = listed(&world);
    let organizations: BTreeMap<i64, String> = world.simulator.view(|vendors| {
        let rows = vendors.ninja_organizations().into_iter();
        rows.map(|row| (row["id"].as_i64().unwrap(), text(&row, "name").trim().to_lowercase())).collect()
    });
    let devices = world.graphql.every("devices", "filter: { vendor: { eq: NINJA } }", SHOWN).await;
    assert_eq!(devices.len(), ninja.len());
    for device in &devices {
        let source = sources(device, "NINJA").next().unwrap();
        let row = &ninja[text(source, "vendorDeviceKey")];
        let names = ["dnsName", "systemName", "displayName"].into_iter().filter_map(|key| row[key].as_str());
        // An address is no name.
        let named = names.into_iter().find(|name| name.parse::<std::net::IpAddr>().is_err());
        assert_eq!(Some(text(device, "hostname")), named, "{row:#}");
        assert_eq!(source["hostname"], device["hostname"]);
        assert_eq!(device["displayName"], row["displayName"]);
        let organization = text(&device["organization"], "name").trim().to_lowercase();
        assert_eq!(organization, organizations[&row["organizationId"].as_i64().unwrap()]);
        let told = source["lastOnline"].as_str().map(|at| at.parse::<chrono::DateTime<chrono::Utc>>().unwrap());
        let contact = row["lastContact"].as_f64().filter(|at| *at > 0.0);
        let seconds =
            |at: chrono::DateTime<chrono::Utc>| at.signed_duration_since(chrono::DateTime::UNIX_EPOCH).as_seconds_f64();
        assert!(told.map(seconds).zip(contact).is_none_or(|(told, row)| (told - row).abs() < 0.002), "{row:#}");
        assert_eq!(told.is_some(), contact.is_some(), "{row:#}");
        assert_eq!((&device["firstSeen"], &device["present"]), (&json!("2026-03-02"), &json!(true)));
    }
}

#[rstest]
#[tokio::test]
async fn the_open_exceptions_of_devices_are_those_that_name_them(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).start().await;
    world.night(0).await;
    let devices = world.graphql.every("devices", "filter: { presence: ANY }", SHOWN).await;
    let pair = |device: &Value, exception: &Value| (text(device, "id").to_owned(), text(exception, "id").to_owned());
    let of_devices: BTreeSet<_> = devices
        .iter()
        .flat_map(|device| device["openExceptions"].as_array().unwrap().iter().map(|open| pair(device, open)))
        .collect();
    let open = "filter: { status: { eq: OPEN } }";
    let exceptions = world.graphql.every("exceptions", open, "id devices { id openExceptions { id } }").await;
    let of_exceptions: BTreeSet<_> = exceptions
        .iter()
        .flat_map(|open| open["devices"].as_array().unwrap().iter().map(|device| pair(device, open)))
        .collect();
    assert!(of_devices.len() >= 4, "the fleet has its troubles: {of_devices:?}");
    assert_eq!(of_devices, of_exceptions);
}

#[rstest]
#[tokio::test]
async fn a_page_takes_the_same_few_statements_whatever_its_size(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let plan = FleetPlan { organizations: 12, ninja_devices: 150, threatlocker_devices: 120, ..FleetPlan::default() };
    let world = World::on(backend).plan(plan).start().await;
    world.night(0).await;
    let mut counts = Vec::new();
    for size in [10, 50, 100] {
        world.take_statements();
        let page = world.graphql.query(&format!("{{ devices(first: {size}) {{ nodes {{ {SHOWN} }} }} }}")).await;
        let statements = world.take_statements();
        assert_eq!(page["devices"]["nodes"].as_array().unwrap().len(), size);
        assert!(statements.len() <= 6, "{} statements for {size} devices: {statements:#?}", statements.len());
        counts.push(statements.len());
    }
    assert!(counts.iter().all(|count| *count == counts[0]), "{counts:?}");
}

#[rstest]
#[tokio::test]
async fn a_device_that_leaves_is_gone_and_comes_back_as_itself(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).plan(FleetPlan::plain(20, 12)).start().await;
    world.night(0).await;
    let before = world.graphql.every("devices", "filter: { vendor: { eq: THREATLOCKER } }", SHOWN).await;
    let leaving = before.iter().find(|device| sources(device, "NINJA").count() == 1).unwrap();
    let ninja_id: i64 = text(sources(leaving, "NINJA").next().unwrap(), "vendorDeviceKey").parse().unwrap();
    let computers: Vec<String> =
        sources(leaving, "THREATLOCKER").map(|it| text(it, "vendorDeviceKey").to_owned()).collect();
    world.simulator.edit(|vendors| {
        vendors.ninja_device(ninja_id).remove();
        for key in &computers {
            vendors.threatlocker_computer(key).remove();
        }
    });
    world.night(1).await;
    let id = text(leaving, "id");
    for (presence, is_there) in [("PRESENT", false), ("GONE", true), ("ANY", true)] {
        let listed = world.graphql.every("devices", &format!("filter: {{ presence: {presence} }}"), "id").await;
        assert_eq!(listed.iter().any(|device| device["id"] == id), is_there, "{presence}");
    }
    assert_eq!(world.graphql.every("devices", "", "id").await.len(), machines(&world));
    let asked =
        world.graphql.ask(&format!("query($id: ID!) {{ device(id: $id) {{ {SHOWN} }} }}"), json!({ "id": id })).await;
    let gone = &asked.data()["device"];
    assert_eq!((&gone["present"], &gone["lastSeen"]), (&json!(false), &json!("2026-03-02")));
    assert!(gone["sources"].as_array().unwrap().iter().all(|source| source["present"] == false), "{gone:#}");
    assert_eq!(gone["hostname"], leaving["hostname"], "what was known of it stays");
    for vendor in ["NINJA", "THREATLOCKER"] {
        let filter = format!("filter: {{ presence: GONE, vendor: {{ eq: {vendor} }} }}");
        assert!(world.graphql.every("devices", &filter, "id").await.iter().any(|it| it["id"] == id), "{vendor}");
    }
    world.simulator.edit(simulator::World::forget_edits);
    world.night(2).await;
    let asked =
        world.graphql.ask(&format!("query($id: ID!) {{ device(id: $id) {{ {SHOWN} }} }}"), json!({ "id": id })).await;
    let back = &asked.data()["device"];
    assert_eq!(
        (&back["present"], &back["firstSeen"], &back["lastSeen"]),
        (&json!(true), &json!("2026-03-02"), &json!("2026-03-04"))
    );
    assert_eq!(back["sources"].as_array().unwrap().len(), leaving["sources"].as_array().unwrap().len());
}

/// How many machines the vendors list: Ninja's, and those that only ThreatLocker knows.
fn machines(world: &World) -> usize {
    listed(world).0.len() + world.simulator.census().missing_ninja
}
