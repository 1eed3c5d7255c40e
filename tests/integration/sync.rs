//! `syncDevice`: one device is asked for, today shows it as it is now, and nothing else changes.

use std::collections::BTreeMap;

use entity::{daily_count, device_snapshot};
use harness::{Backend, World, text};
use rstest::rstest;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use simulator::FleetPlan;

const PAYLOAD: &str = "device { id hostname displayName billing spareReason present organization { name }
        sources { vendor vendorDeviceKey } openExceptions { type } }
    snapshot { id date hostname displayName vendorDeviceKey billing organization { name } }
    openedExceptions { id type hostname status } closedExceptions { id type hostname status resolution resolvedBy }
    matchingKeys userErrors { code message field }";

async fn sync(world: &World, vendor: &str, field: &str, value: &str) -> Value {
    // A device is asked for once a second.
    world.clock.advance(std::time::Duration::from_secs(1));
    let query = format!("mutation($i: SyncDeviceInput!) {{ syncDevice(input: $i) {{ {PAYLOAD} }} }}");
    let answer = world.graphql.ask(&query, json!({ "i": { "vendor": vendor, field: value } })).await;
    let payload = answer.data()["syncDevice"].clone();
    assert_eq!(payload["userErrors"], json!([]), "{vendor} {field} {value}");
    payload
}

/// Machines that both vendors list under one serial number: Ninja's id, ThreatLocker's id, the host name.
fn pairs(world: &World) -> Vec<(i64, String, String)> {
    world.simulator.view(|vendors| {
        let computers = vendors.threatlocker_computers();
        let twin = |row: &Value| {
            let serial = row["system"]["serialNumber"].as_str()?;
            let mut same = computers.iter().filter(|computer| computer["serialNumber"] == serial);
            let computer = same.next().filter(|it| it["isDeleted"] == false)?;
            let host = text(computer, "hostname").to_owned();
            // Longer names are cut at Ninja, which is asked by the name it shows.
            (host.len() <= 15).then_some((row["id"].as_i64()?, text(computer, "computerId").to_owned(), host))
        };
        vendors.ninja_devices().iter().filter_map(twin).collect()
    })
}

async fn plain(backend: Backend) -> World {
    let world = World::on(backend).plan(FleetPlan::plain(20, 16)).page_size(1000).start().await;
    world.night(0).await;
    world.night(1).await;
    world.clock.advance(std::time::Duration::from_hours(5));
    world.simulator.forget_requests();
    world
}

fn types(exceptions: &Value) -> Vec<&str> {
    exceptions.as_array().unwrap().iter().map(|it| text(it, "type")).collect()
}

#[rstest]
#[case::by_key("vendorDeviceKey")]
#[case::by_name("hostname")]
#[tokio::test]
async fn what_changed_at_ninja_is_seen_at_once_with_its_exceptions(
    #[case] field: &str,
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = plain(backend).await;
    let (id, computer, host) = pairs(&world).remove(0);
    let named = if field == "hostname" { host.to_lowercase() } else { id.to_string() };
    world.simulator.edit(|vendors| {
        vendors.ninja_device(id).set("displayName", "Empfang (SPARE)");
    });
    let parked = sync(&world, "NINJA", field, &named).await;
    let device = &parked["device"];
    assert_eq!((text(device, "billing"), text(device, "spareReason")), ("SPARE", "SPARE_NAME"));
    assert_eq!(
        (text(&parked["snapshot"], "displayName"), text(&parked["snapshot"], "date")),
        ("Empfang (SPARE)", "2026-03-03")
    );
    assert_eq!(types(&parked["openedExceptions"]), ["SPARE_MISMATCH"]);
    assert_eq!(
        (types(&device["openExceptions"]), parked["closedExceptions"].clone()),
        (vec!["SPARE_MISMATCH"], json!([]))
    );
    assert!(device["sources"].as_array().unwrap().iter().any(|it| it["vendorDeviceKey"] == computer.as_str()));
    world.simulator.edit(|vendors| {
        vendors.ninja_device(id).set("displayName", "Empfang");
    });
    let back = sync(&world, "NINJA", field, &named).await;
    assert_eq!((text(&back["device"], "billing"), &back["device"]["id"]), ("BILLABLE", &device["id"]));
    assert_eq!(
        (types(&back["closedExceptions"]), back["openedExceptions"].clone()),
        (vec!["SPARE_MISMATCH"], json!([]))
    );
    assert_eq!(text(&back["closedExceptions"][0], "resolution"), "VERIFIED");
    let mut requests = world.simulator.request_counts();
    requests.remove("/ninja/ws/oauth/token");
    let one_each = BTreeMap::from([("/ninja/v2/device/{id}".to_owned(), 2)]);
    assert_eq!(requests, one_each, "two syncs");
}

#[rstest]
#[case::by_key("vendorDeviceKey")]
#[case::by_name("hostname")]
#[tokio::test]
async fn what_changed_at_threatlocker_is_seen_at_once_with_its_exceptions(
    #[case] field: &str,
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = plain(backend).await;
    let (id, computer, host) = pairs(&world).remove(1);
    let named = if field == "hostname" { host.clone() } else { computer.to_uppercase() };
    let clients = world.simulator.view(simulator::World::threatlocker_organizations);
    let row = world.simulator.view(simulator::World::threatlocker_computers);
    let home = row.iter().find(|it| it["computerId"] == computer.as_str()).unwrap()["organizationId"].clone();
    let home_name = text(clients.iter().find(|it| it["organizationId"] == home).unwrap(), "name").trim().to_lowercase();
    let other = clients.iter().find(|it| text(it, "name").trim().to_lowercase() != home_name).unwrap();
    world
        .simulator
        .edit(|vendors| vendors.move_computer(&computer, text(other, "organizationId"), text(other, "name")));
    let moved = sync(&world, "THREATLOCKER", field, &named).await;
    assert_eq!(types(&moved["openedExceptions"]), ["SITE_MISMATCH"]);
    assert_eq!(
        text(&moved["snapshot"]["organization"], "name").to_lowercase(),
        text(other, "name").trim().to_lowercase()
    );
    assert_eq!(text(&moved["device"]["organization"], "name").to_lowercase(), home_name, "Ninja leads");
    world.simulator.edit(simulator::World::forget_edits);
    let back = sync(&world, "THREATLOCKER", field, &named).await;
    assert_eq!(types(&back["closedExceptions"]), ["SITE_MISMATCH"]);
    world.simulator.edit(|vendors| {
        vendors.threatlocker_computer(&computer).set("serialNumber", "UNHEARD-OF").set("hostname", format!("X-{host}"));
    });
    let renamed = sync(&world, "THREATLOCKER", "vendorDeviceKey", &computer).await;
    assert_eq!(
        types(&renamed["openedExceptions"]),
        ["MISSING_NINJA", "MISSING_TL"],
        "the old machine has no agent now"
    );
    let key = id.to_string();
    assert_eq!(text(&renamed["device"], "hostname"), format!("X-{host}"), "it is a machine of its own now");
    assert_ne!(renamed["device"]["id"], back["device"]["id"]);
    assert!(renamed["device"]["sources"].as_array().unwrap().iter().all(|it| it["vendorDeviceKey"] != key.as_str()));
    let bodies: Vec<_> =
        world.simulator.requests().into_iter().filter(|it| it.path.contains("ByAllParameters")).collect();
    assert_eq!(bodies.len(), 3, "one request for each sync");
    for request in bodies {
        let body: Value = serde_json::from_str(&request.body).unwrap();
        let is_narrow = body["searchText"].as_str().is_some_and(|it| !it.is_empty())
            || body["computerId"].as_str().is_some_and(|it| it.eq_ignore_ascii_case(&computer));
        assert!(is_narrow, "the fleet was listed: {body:#}");
    }
}

/// Counts of today by site, type and billing, from the rows and from `daily_counts`.
async fn counted(world: &World) -> [BTreeMap<String, i64>; 2] {
    let rows = device_snapshot::Entity::find().all(world.rows()).await.unwrap();
    let mut by_rows = BTreeMap::new();
    for row in rows {
        let key = format!(
            "{} {} {:?} {:?} {:?}",
            row.snapshot_date, row.vendor_id, row.site_id, row.device_type_id, row.billing_status_id
        );
        *by_rows.entry(key).or_default() += 1;
    }
    let counts = daily_count::Entity::find().all(world.rows()).await.unwrap().into_iter();
    let key = |row: &daily_count::Model| {
        format!(
            "{} {} {:?} {:?} {:?}",
            row.snapshot_date, row.vendor_id, row.site_id, row.device_type_id, row.billing_status_id
        )
    };
    [by_rows, counts.map(|row| (key(&row), row.cnt)).collect()]
}

#[rstest]
#[tokio::test]
async fn yesterday_and_everybody_else_stay_as_they_were_and_the_counts_follow(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = plain(backend).await;
    let (id, ..) = pairs(&world).remove(2);
    let key = id.to_string();
    let shown = "id hostname displayName billing storedAt vendor vendorDeviceKey lastOnline organization { id }";
    let day = async |date: &str| world.graphql.every("snapshots", &format!(r#"date: "{date}""#), shown).await;
    let (yesterday, today) = (day("2026-03-02").await, day("2026-03-03").await);
    world.simulator.edit(|vendors| {
        vendors.ninja_device(id).set("displayName", "spare again");
        vendors.move_ninja_device(id, 424_242);
    });
    sync(&world, "NINJA", "vendorDeviceKey", &id.to_string()).await;
    assert_eq!(day("2026-03-02").await, yesterday);
    let (own, others): (Vec<_>, Vec<_>) =
        day("2026-03-03").await.into_iter().partition(|it| it["vendorDeviceKey"] == key.as_str());
    let before: Vec<_> = today.iter().filter(|it| it["vendorDeviceKey"] != key.as_str()).cloned().collect();
    assert_eq!(others, before);
    assert_eq!((own.len(), text(&own[0], "displayName")), (1, "spare again"));
    assert_eq!(own[0]["id"], today.iter().find(|it| it["vendorDeviceKey"] == key.as_str()).unwrap()["id"]);
    let [rows, counts] = counted(&world).await;
    assert_eq!(rows, counts);
}

#[rstest]
#[tokio::test]
async fn a_device_that_came_since_the_collection_joins_the_day(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = plain(backend).await;
    let days = "{ availableDates(first: 1) { date deviceCount } }";
    let before = world.graphql.query(days).await["availableDates"][0]["deviceCount"].as_i64().unwrap();
    world.simulator.edit(|vendors| {
        vendors.add_ninja_device(json!({
            "id": 900_001, "organizationId": 5, "locationId": 9, "nodeClass": "WINDOWS_SERVER", "approvalStatus": "APPROVED",
            "offline": false, "systemName": "BRAND-NEW", "deviceType": "AgentDevice",
        }));
    });
    let new = sync(&world, "NINJA", "hostname", "brand-new.some.domain").await;
    assert_eq!((text(&new["device"], "hostname"), &new["device"]["present"]), ("BRAND-NEW", &json!(true)));
    let after = world.graphql.query(days).await;
    assert_eq!(after["availableDates"][0], json!({ "date": "2026-03-03", "deviceCount": before + 1 }));
    sync(&world, "NINJA", "vendorDeviceKey", "900001").await;
    assert_eq!(world.graphql.query(days).await, after, "a second time adds nothing");
    let [rows, counts] = counted(&world).await;
    assert_eq!(rows, counts);
}
