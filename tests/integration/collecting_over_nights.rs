//! What stays the same from night to night: earlier days, the ids of machines, and which client an organization is.

use std::collections::BTreeMap;

use domain::vendor::Vendor;
use entity::site_alias;
use harness::{Backend, World, text, vendor_name};
use rstest::rstest;
use sea_orm::{ActiveValue::Set, EntityTrait};
use serde_json::{Value, json};
use simulator::FleetPlan;

const DEVICE: &str = "id hostname present firstSeen lastSeen organization { name }
    sources { vendor vendorDeviceKey hostname present firstSeen lastSeen linkRule }";

async fn devices(world: &World) -> Vec<Value> {
    world.graphql.every("devices", "filter: { presence: ANY }", DEVICE).await
}

/// Device ids by vendor and the vendor's id.
async fn device_ids(world: &World) -> BTreeMap<(String, String), String> {
    let mut ids = BTreeMap::new();
    for device in devices(world).await {
        for source in device["sources"].as_array().unwrap() {
            let key = (text(source, "vendor").to_owned(), text(source, "vendorDeviceKey").to_owned());
            assert_eq!(ids.insert(key, text(&device, "id").to_owned()), None, "a record of two devices: {device:#}");
        }
    }
    ids
}

/// A device that both vendors list: itself and its ids at Ninja and at ThreatLocker.
async fn shared_device(world: &World) -> (Value, i64, String) {
    let both = |device: &&Value| device["sources"].as_array().unwrap().len() == 2;
    let device = devices(world).await.iter().find(both).unwrap().clone();
    let ninja = text(&device["sources"][0], "vendorDeviceKey").parse().unwrap();
    let threatlocker = text(&device["sources"][1], "vendorDeviceKey").to_owned();
    (device, ninja, threatlocker)
}

async fn device(world: &World, id: &Value) -> Value {
    let query = format!("query($id: ID!) {{ device(id: $id) {{ {DEVICE} }} }}");
    world.graphql.ask(&query, json!({ "id": id })).await.data()["device"].clone()
}

/// A world that stays as it is but for what a test changes.
async fn steady(backend: Backend) -> World {
    let plan = FleetPlan { organizations: 9, ..FleetPlan::plain(60, 40) };
    let world = World::on(backend).plan(plan).start().await;
    world.night(0).await;
    world
}

#[rstest]
#[tokio::test]
async fn previous_days_are_never_touched(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::on(backend).start().await;
    let mut nights = Vec::new();
    for night in 0..3 {
        world.night(night).await;
        nights.push([world.see(Vendor::Ninja, night).await, world.see(Vendor::ThreatLocker, night).await]);
    }
    // The last day once more, with a fleet of three weeks later.
    world.simulator.set_day(world.day(20));
    world.collect(&Vendor::ALL, true).await;
    for (night, seen) in (0..2).zip(nights) {
        for (vendor, seen) in Vendor::ALL.into_iter().zip(seen) {
            assert_eq!(world.see(vendor, night).await.snapshots, seen.snapshots, "{vendor}, night {night}");
        }
    }
}

#[rstest]
#[tokio::test]
async fn device_ids_are_the_same_night_after_night(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = steady(backend).await;
    let first = device_ids(&world).await;
    for night in 1..4 {
        world.night(night).await;
        assert_eq!(device_ids(&world).await, first, "night {night}");
    }
}

#[rstest]
#[tokio::test]
async fn a_renamed_machine_keeps_its_device_and_its_identities(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = steady(backend).await;
    let ids = device_ids(&world).await;
    let (before, ninja, threatlocker) = shared_device(&world).await;
    let yesterday = world.see(Vendor::Ninja, 0).await.snapshots;
    world.simulator.edit(|vendors| {
        vendors.rename_ninja_device(ninja, "NEW-NAME");
        vendors.rename_computer(&threatlocker, "NEW-NAME");
    });
    world.night(1).await;
    let after = device(&world, &before["id"]).await;
    assert_eq!(after["hostname"], "NEW-NAME");
    assert_eq!(after["firstSeen"], "2026-03-02");
    for source in after["sources"].as_array().unwrap() {
        assert_eq!((&source["hostname"], &source["firstSeen"]), (&"NEW-NAME".into(), &"2026-03-02".into()));
    }
    assert_eq!(device_ids(&world).await, ids, "a rename made or moved an identity");
    assert_eq!(world.see(Vendor::Ninja, 0).await.snapshots, yesterday, "the earlier day has the new name");
    for vendor in Vendor::ALL {
        let usage = format!(
            r#"{{ usageChanges(vendor: {}, from: "2026-03-02", to: "2026-03-03") {{ totals {{ added removed }} }} }}"#,
            vendor_name(vendor)
        );
        let totals = world.graphql.query(&usage).await["usageChanges"]["totals"].clone();
        assert_eq!(totals, json!({ "added": 0, "removed": 0 }), "{vendor}: a rename is no change of usage");
    }
}

#[rstest]
#[tokio::test]
async fn a_machine_that_goes_and_returns_is_the_same_device(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = steady(backend).await;
    let ids = device_ids(&world).await;
    let (before, ninja, threatlocker) = shared_device(&world).await;
    world.simulator.edit(|vendors| {
        vendors.ninja_device(ninja).remove();
        vendors.threatlocker_computer(&threatlocker).remove();
    });
    world.night(1).await;
    let gone = device(&world, &before["id"]).await;
    assert_eq!((&gone["present"], &gone["lastSeen"]), (&false.into(), &"2026-03-02".into()), "{gone:#}");
    assert!(gone["sources"].as_array().unwrap().iter().all(|source| source["present"] == false), "{gone:#}");
    let listed = world.graphql.every("devices", "", "id").await;
    assert!(listed.iter().all(|device| device["id"] != before["id"]), "a device that is gone is listed as present");

    world.simulator.edit(simulator::World::forget_edits);
    world.night(2).await;
    let back = device(&world, &before["id"]).await;
    let expected = (&Value::Bool(true), &json!("2026-03-02"), &json!("2026-03-04"));
    assert_eq!((&back["present"], &back["firstSeen"], &back["lastSeen"]), expected, "{back:#}");
    assert_eq!(device_ids(&world).await, ids);
}

#[rstest]
#[tokio::test]
async fn a_reinstalled_agent_is_another_source_of_the_same_device(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = steady(backend).await;
    let number = devices(&world).await.len();
    let (before, _, threatlocker) = shared_device(&world).await;
    let rows = world.simulator.view(simulator::World::threatlocker_computers);
    let mut anew = rows.into_iter().find(|row| row["computerId"] == threatlocker).unwrap();
    let new_id = "11111111-2222-4333-8444-555555555555";
    anew["computerId"] = new_id.into();
    world.simulator.edit(|vendors| {
        vendors.threatlocker_computer(&threatlocker).remove();
        vendors.add_computer(anew);
    });
    world.night(1).await;
    let after = device(&world, &before["id"]).await;
    let of_threatlocker = after["sources"].as_array().unwrap().iter().filter(|it| it["vendor"] == "THREATLOCKER");
    let sources: Vec<_> = of_threatlocker.map(|it| (text(it, "vendorDeviceKey"), &it["present"])).collect();
    assert_eq!(sources, [(threatlocker.as_str(), &false.into()), (new_id, &true.into())], "{after:#}");
    assert_eq!(devices(&world).await.len(), number, "the reinstalled agent made a machine");
}

/// Organizations by name, with their sites.
async fn organizations(world: &World) -> BTreeMap<String, Vec<(String, String, String)>> {
    let rows = world.graphql.every("organizations", "", "name sites { vendor vendorSiteKey name }").await;
    let site = |site: &Value| ["vendor", "vendorSiteKey", "name"].map(|field| text(site, field).to_owned()).into();
    let sites = |row: &Value| row["sites"].as_array().unwrap().iter().map(site).collect();
    rows.iter().map(|row| (text(row, "name").to_owned(), sites(row))).collect()
}

fn vendors(sites: &[(String, String, String)]) -> Vec<&str> {
    sites.iter().map(|(vendor, ..)| vendor.as_str()).collect()
}

#[rstest]
#[tokio::test]
async fn organizations_that_differ_in_spelling_are_one_client(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = steady(backend).await;
    let clients = organizations(&world).await;
    // "NORTHWIND " and "Gulf  Coast Orthopedics" are what ThreatLocker calls them.
    for name in ["northwind", "gulf coast orthopedics", "hernández family law"] {
        let spelt: Vec<_> = clients.iter().filter(|(client, _)| folded(client) == name).collect();
        assert_eq!(spelt.len(), 1, "{name}: {clients:#?}");
        assert_eq!(vendors(spelt[0].1), ["NINJA", "THREATLOCKER"], "{name}: {clients:#?}");
    }
}

fn folded(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[rstest]
#[tokio::test]
async fn an_alias_makes_two_names_one_client_from_the_next_collection_on(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = steady(backend).await;
    let (ours, theirs) = ("Smith & Partners LLP", "Smith and Partners LLP");
    let before = organizations(&world).await;
    assert_eq!((vendors(&before[ours]), vendors(&before[theirs])), (vec!["NINJA"], vec!["THREATLOCKER"]));
    let alias = site_alias::ActiveModel {
        canonical_name: Set(ours.to_owned()),
        vendor_id: Set(world.inventory.reference().vendor_id(Vendor::ThreatLocker)),
        vendor_site_key: Set(before[theirs][0].1.clone()),
        ..Default::default()
    };
    site_alias::Entity::insert(alias).exec(world.inventory.database().writer()).await.unwrap();
    world.night(1).await;
    let after = organizations(&world).await;
    assert_eq!(vendors(&after[ours]), ["NINJA", "THREATLOCKER"]);
    assert_eq!(after[ours][1].2, theirs, "the vendor's own name is kept");
    assert!(after.get(theirs).is_none_or(Vec::is_empty), "{after:#?}");
}
