//! What the hub decides of a device: type, billing, links, ids.

use std::collections::{BTreeMap, BTreeSet};

use harness::{Backend, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

const SHOWN: &str = "id hostname deviceType billing spareReason mergedInto { id }
    sources { vendor vendorDeviceKey linkRule linkReason linkEvidence }";

/// What rules.md section 5 makes of each class that the simulated fleet has.
const TYPES: [(&str, &str); 17] = [
    ("WINDOWS_WORKSTATION", "WORKSTATION"),
    ("WINDOWS_SERVER", "SERVER"),
    ("LINUX_SERVER", "SERVER"),
    ("LINUX_WORKSTATION", "WORKSTATION"),
    ("MAC", "WORKSTATION"),
    ("VMWARE_VM_HOST", "VIRTUAL_HOST"),
    ("VMWARE_VM_GUEST", "VIRTUAL_GUEST"),
    ("HYPERV_VMM_HOST", "VIRTUAL_HOST"),
    ("HYPERV_VMM_GUEST", "VIRTUAL_GUEST"),
    ("NMS_SWITCH", "NETWORK"),
    ("NMS_WAP", "NETWORK"),
    ("NMS_FIREWALL", "NETWORK"),
    ("NMS_PRINTER", "OTHER"),
    ("ANDROID", "MOBILE"),
    ("APPLE_IOS", "MOBILE"),
    ("APPLE_IPADOS", "MOBILE"),
    ("CLOUD_MONITOR_TARGET", "CLOUD"),
];

fn source<'a>(device: &'a Value, vendor: &str) -> Option<&'a Value> {
    device["sources"].as_array().unwrap().iter().find(|source| source["vendor"] == vendor)
}

/// The devices by Ninja's id, and Ninja's rows of them.
async fn with_rows(world: &World) -> Vec<(Value, Value)> {
    let devices = world.graphql.every("devices", "filter: { vendor: { eq: NINJA } }", SHOWN).await;
    let rows = world.simulator.view(simulator::World::ninja_devices);
    let rows: BTreeMap<String, Value> = rows.into_iter().map(|row| (row["id"].to_string(), row)).collect();
    let key = |device: &Value| text(source(device, "NINJA").unwrap(), "vendorDeviceKey").to_owned();
    devices.into_iter().map(|device| (rows[&key(&device)].clone(), device)).collect()
}

fn says_spare(name: &Value) -> bool {
    name.as_str().is_some_and(|name| name.to_lowercase().contains("spare"))
}

#[rstest]
#[tokio::test]
async fn type_and_billing_follow_the_rules(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let plan = FleetPlan { organizations: 12, ninja_devices: 300, threatlocker_devices: 90, ..FleetPlan::default() };
    let world = World::on(backend).plan(plan).start().await;
    // The stock and closets of the fleet say "spare" already; one more place does from now on, in other letters.
    world.simulator.edit(|vendors| {
        vendors.ninja_location(9).set("name", "Main office / SPARE shelf");
    });
    world.night(0).await;
    let types: BTreeMap<_, _> = TYPES.into_iter().collect();
    let (mut seen, mut reasons) = (BTreeSet::new(), BTreeSet::new());
    for (row, device) in with_rows(&world).await {
        let class = row["nodeClass"].as_str().unwrap_or_default();
        if let Some(expected) = types.get(class) {
            assert_eq!(text(&device, "deviceType"), *expected, "{class}");
            seen.insert(class.to_owned());
        }
        let place = row["locationId"].as_i64().unwrap_or_default();
        let is_guest = row["deviceType"] == "VMGuest" && class != "HYPERV_VMM_GUEST";
        let expected = if is_guest {
            json!("VM_GUEST")
        } else if says_spare(&row["displayName"]) {
            json!("SPARE_NAME")
        } else if place == 9 || matches!(place % 10, 1 | 2) {
            json!("SPARE_LOCATION")
        } else {
            Value::Null
        };
        assert_eq!(device["spareReason"], expected, "{row:#}");
        assert_eq!(device["billing"], if expected.is_null() { "BILLABLE" } else { "SPARE" }, "{row:#}");
        reasons.insert(device["spareReason"].to_string());
    }
    assert!(seen.len() >= 12, "the fleet has few classes: {seen:?}");
    assert_eq!(reasons.len(), 4, "{reasons:?}");
}

#[rstest]
#[tokio::test]
async fn a_device_whose_facts_are_missing_is_unknown_and_never_billed_by_accident(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).plan(FleetPlan::plain(12, 4)).start().await;
    let ids: Vec<i64> = world.simulator.view(|vendors| {
        let computers = vendors.ninja_devices().into_iter().filter(|row| row["nodeClass"] == "WINDOWS_WORKSTATION");
        computers.map(|row| row["id"].as_i64().unwrap()).take(3).collect()
    });
    world.simulator.edit(|vendors| {
        vendors.ninja_device(ids[0]).drop_key("nodeClass").drop_key("deviceType").drop_key("os").drop_key("nodeRoleId");
        vendors.ninja_device(ids[1]).set("locationId", 987_654);
        vendors
            .ninja_device(ids[2])
            .set("nodeClass", "QUANTUM_TOASTER")
            .null("deviceType")
            .set("os.name", "Windows 11 Pro");
    });
    world.night(0).await;
    let devices: BTreeMap<i64, Value> =
        with_rows(&world).await.into_iter().map(|(row, device)| (row["id"].as_i64().unwrap(), device)).collect();
    assert_eq!((text(&devices[&ids[0]], "deviceType"), text(&devices[&ids[0]], "billing")), ("UNKNOWN", "UNKNOWN"));
    assert_eq!(text(&devices[&ids[1]], "billing"), "UNKNOWN", "its place might say spare");
    assert_eq!(
        (text(&devices[&ids[2]], "deviceType"), text(&devices[&ids[2]], "billing")),
        ("WORKSTATION", "BILLABLE")
    );
}

#[rstest]
#[tokio::test]
async fn a_link_tells_its_rule_and_what_agreed(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::on(backend).start().await;
    let computer = |host: &str| {
        let rows = world.simulator.view(simulator::World::threatlocker_computers);
        let row = rows.into_iter().find(|row| row["hostname"] == host && row["isDeleted"] == false);
        text(&row.unwrap_or_else(|| panic!("no {host} in the fleet")), "computerId").to_owned()
    };
    let (long, misfiled, serial) =
        (computer("NORT-0-CONFERENCE-ROOM"), computer("LAKE-WS-0035"), computer("NORT-SRV-0042"));
    world.simulator.edit(|vendors| {
        vendors.threatlocker_computer(&long).drop_key("serialNumber");
        // The same serial number in another spelling, under a name that nobody else has.
        vendors.threatlocker_computer(&serial).set("serialNumber", " lrj-5lk1 ").set("hostname", "SOMETHING-ELSE");
    });
    world.night(0).await;
    let devices = world.graphql.every("devices", "", SHOWN).await;
    let links: BTreeMap<&str, (&Value, &Value)> = devices
        .iter()
        .flat_map(|device| device["sources"].as_array().unwrap().iter().map(move |source| (device, source)))
        .map(|(device, source)| (text(source, "vendorDeviceKey"), (device, source)))
        .collect();
    let expected = [
        (&long, "CUT_HOSTNAME_IN_ORGANIZATION", "NORT-0-CONFEREN", "nort-0-conference-room"),
        (&misfiled, "UNIQUE_HOSTNAME", "LAKE-WS-0035.lake.example", "lake-ws-0035"),
        (&serial, "SERIAL_NUMBER", "NORT-SRV-0042", "lrj5lk1"),
        (&computer("EXAM-WS-0024"), "HOSTNAME_IN_ORGANIZATION", "EXAM-WS-0024.exam.example", "exam-ws-0024"),
    ];
    for (key, rule, hostname, evidence) in expected {
        let (device, link) = links[key.as_str()];
        assert_eq!((text(link, "linkRule"), text(device, "hostname")), (rule, hostname));
        assert!(text(link, "linkEvidence").contains(evidence), "{link:#}");
        assert!(text(link, "linkReason").ends_with('.'), "a sentence: {link:#}");
    }
    for (_, source) in links.values().filter(|(_, source)| source["vendor"] == "NINJA") {
        assert_eq!((&source["linkRule"], &source["linkEvidence"]), (&Value::Null, &Value::Null));
    }
}

#[rstest]
#[tokio::test]
async fn ids_outlive_a_second_collection_of_the_day(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::on(backend).start().await;
    let ids = async || {
        let devices = world.graphql.every("devices", "", "hostname id sources { snapshot { id } }").await;
        let exceptions = world.graphql.every("exceptions", "", "type hostname id").await;
        let snapshots = world.graphql.every("snapshots", r#"date: "2026-03-02""#, "vendorDeviceKey id").await;
        (devices, exceptions, snapshots)
    };
    world.night(0).await;
    let first = ids().await;
    world.night(0).await;
    let second = ids().await;
    assert_eq!(first, second);
    let named = first.0.iter().chain(&first.1).chain(&first.2).map(|row| text(row, "id"));
    assert_eq!(named.clone().count(), named.collect::<BTreeSet<_>>().len(), "no two objects share an id");
}

#[rstest]
#[tokio::test]
async fn two_machines_that_turn_out_to_be_one_say_which_took_over(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).plan(FleetPlan::plain(12, 8)).start().await;
    let rows = world.simulator.view(simulator::World::threatlocker_computers);
    let key = text(&rows[0], "computerId").to_owned();
    world.simulator.edit(|vendors| {
        vendors.threatlocker_computer(&key).set("hostname", "NOBODY-KNOWS").drop_key("serialNumber");
    });
    world.night(0).await;
    let find = async || {
        let devices = world.graphql.every("devices", "filter: { vendor: { eq: THREATLOCKER } }", SHOWN).await;
        let has = |device: &Value| {
            device["sources"].as_array().unwrap().iter().any(|it| it["vendorDeviceKey"] == key.as_str())
        };
        devices.into_iter().find(has).unwrap()
    };
    let alone = find().await;
    assert_eq!(alone["sources"].as_array().unwrap().len(), 1, "{alone:#}");
    world.simulator.edit(simulator::World::forget_edits);
    world.night(1).await;
    let joined = find().await;
    assert_ne!(joined["id"], alone["id"], "Ninja's machine keeps its id");
    assert!(source(&joined, "NINJA").is_some());
    let old = world
        .graphql
        .ask("query($id: ID!) { device(id: $id) { present mergedInto { id } } }", json!({ "id": alone["id"] }))
        .await;
    assert_eq!(old.data()["device"], json!({ "present": false, "mergedInto": { "id": joined["id"] } }));
    let any = world.graphql.every("devices", "filter: { presence: ANY }", "id").await;
    assert!(any.iter().all(|device| device["id"] != alone["id"]), "a machine that was taken over is not listed");
}
