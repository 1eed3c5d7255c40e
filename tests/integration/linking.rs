//! Why records are one machine, what else was considered, and how machines merged and split.

use std::collections::BTreeSet;

use harness::{Backend, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

use crate::deciding::{decided, device_of, ninja, plain, threatlocker};

const LOST: &str = "id sources { vendorDeviceKey } match { vendor vendorDeviceKey rule reason evidence
    lost { rule loss reason device { id } source { vendor vendorDeviceKey hostname organization { id name } } }
    decisions { kind } } moves { at date rule source { vendorDeviceKey } from { id } to { id } }";

async fn match_of(world: &World, key: &str) -> Value {
    let all = world.graphql.every("devices", "", LOST).await;
    let mut records = all.iter().flat_map(|device| device["match"].as_array().unwrap());
    records.find(|it| it["vendorDeviceKey"] == key).cloned().unwrap_or_else(|| panic!("nobody has {key}"))
}

#[rstest]
#[tokio::test]
async fn a_candidate_that_a_serial_number_beat_is_told_on_both_sides(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, pairs) = plain(backend).await;
    let ((first, computer), (second, _)) = (&pairs[0], &pairs[1]);
    let host = world.simulator.view(|vendors| {
        let rows = vendors.threatlocker_computers();
        text(rows.iter().find(|it| it["computerId"] == computer.as_str()).unwrap(), "hostname").to_owned()
    });
    // Another machine of the organization takes the name; the serial number still says which one it is.
    let home = world.simulator.view(|vendors| {
        vendors.ninja_devices().into_iter().find(|it| it["id"] == *first).unwrap()["organizationId"].as_i64().unwrap()
    });
    world.simulator.edit(|vendors| {
        vendors.rename_ninja_device(*first, "SOMETHING-ELSE");
        vendors.rename_ninja_device(*second, &host);
        vendors.move_ninja_device(*second, home);
    });
    world.night(2).await;
    let found = match_of(&world, computer).await;
    assert_eq!(
        (text(&found, "rule"), text(&found, "reason")),
        ("SERIAL_NUMBER", "Both report the same serial number.")
    );
    let lost = found["lost"].as_array().unwrap();
    assert_eq!(lost.len(), 1, "{found:#}");
    assert_eq!((text(&lost[0], "rule"), text(&lost[0], "loss")), ("HOSTNAME_IN_ORGANIZATION", "EARLIER_RULE"));
    assert_eq!(text(&lost[0], "reason"), "An earlier rule found another one.");
    let source = &lost[0]["source"];
    assert_eq!((text(source, "vendor"), text(source, "vendorDeviceKey")), ("NINJA", &*second.to_string()));
    assert!(text(source, "hostname").eq_ignore_ascii_case(&host.chars().take(15).collect::<String>()), "{source:#}");
    assert!(!text(&source["organization"], "name").is_empty());
    let other = match_of(&world, &second.to_string()).await;
    let told = other["lost"].as_array().unwrap();
    assert!(told.iter().any(|it| it["source"]["vendorDeviceKey"] == computer.as_str()), "{other:#}");
    world.simulator.edit(simulator::World::forget_edits);
    world.night(3).await;
    assert_eq!(match_of(&world, computer).await["lost"], json!([]), "what is no more is told no more");
}

#[rstest]
#[tokio::test]
async fn a_separated_candidate_and_equal_ones_are_told_with_the_reason(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, pairs) = plain(backend).await;
    let ((first, computer), (second, other)) = (&pairs[0], &pairs[1]);
    decided(&world, "separateIdentities", &ninja(*first), &threatlocker(computer)).await;
    let found = match_of(&world, computer).await;
    assert_eq!((&found["rule"], text(&found["lost"][0], "loss")), (&Value::Null, "SEPARATED"), "{found:#}");
    let serial = world.simulator.view(|vendors| {
        let device = vendors.ninja_devices().into_iter().find(|it| it["id"] == *second).unwrap();
        device["system"]["serialNumber"].clone()
    });
    world.simulator.edit(|vendors| {
        vendors.ninja_device(*first).set("system.serialNumber", serial.clone());
        vendors.rename_ninja_device(*second, "RENAMED");
        vendors.ninja_device(*second).drop_key("nics");
    });
    world.night(2).await;
    let doubtful = match_of(&world, other).await;
    let told: BTreeSet<&str> = doubtful["lost"].as_array().unwrap().iter().map(|it| text(it, "loss")).collect();
    assert!(doubtful["rule"].is_null() && told.contains("FITS_EQUALLY"), "{doubtful:#}");
}

#[rstest]
#[tokio::test]
async fn merges_and_splits_are_recorded_on_both_devices_and_first_sightings_are_not(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, pairs) = plain(backend).await;
    let all = world.graphql.every("devices", "", LOST).await;
    assert!(all.iter().all(|device| device["moves"] == json!([])), "nothing has moved yet");
    let (id, computer) = &pairs[0];
    let home = device_of(&world, &id.to_string()).await["id"].clone();
    decided(&world, "separateIdentities", &ninja(*id), &threatlocker(computer)).await;
    let away = device_of(&world, computer).await["id"].clone();
    world.night(2).await;
    decided(&world, "linkIdentities", &ninja(*id), &threatlocker(computer)).await;
    world.night(3).await;
    let split = json!({ "source": { "vendorDeviceKey": computer }, "from": { "id": home }, "to": { "id": away },
        "date": "2026-03-03", "rule": null });
    let merge = json!({ "source": { "vendorDeviceKey": computer }, "from": { "id": away }, "to": { "id": home },
        "date": "2026-03-04", "rule": "PERSON" });
    let query =
        "query($id: ID!) { device(id: $id) { moves { source { vendorDeviceKey } from { id } to { id } date rule } } }";
    for device in [&home, &away] {
        let told = world.graphql.ask(query, json!({ "id": device })).await.data()["device"]["moves"].clone();
        assert_eq!(told, json!([merge, split]), "the newest first, each once");
    }
}

#[rstest]
#[tokio::test]
async fn a_device_keeps_its_id_through_every_decision_and_night(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, pairs) = plain(backend).await;
    let (id, computer) = &pairs[0];
    let key = id.to_string();
    let ids = async |world: &World| {
        let all = world.graphql.every("devices", "", "id sources { vendorDeviceKey }").await;
        let concerned = |device: &Value| {
            let keys = device["sources"].as_array().unwrap();
            keys.iter().any(|it| it["vendorDeviceKey"] == computer.as_str() || it["vendorDeviceKey"] == key.as_str())
        };
        all.into_iter().filter(|device| !concerned(device)).collect::<Vec<_>>()
    };
    let (others, home) = (ids(&world).await, device_of(&world, &id.to_string()).await["id"].clone());
    for (number, mutation) in (2..).zip(["separateIdentities", "linkIdentities", "separateIdentities"]) {
        decided(&world, mutation, &ninja(*id), &threatlocker(computer)).await;
        world.night(number).await;
        assert_eq!(ids(&world).await, others, "a decision concerns nobody else");
        assert_eq!(device_of(&world, &id.to_string()).await["id"], home);
    }
}

#[rstest]
#[tokio::test]
async fn a_page_with_matches_and_moves_takes_the_same_few_statements_whatever_its_size(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let plan = FleetPlan { organizations: 12, ninja_devices: 150, threatlocker_devices: 120, ..FleetPlan::default() };
    let world = World::on(backend).plan(plan).start().await;
    world.night(0).await;
    for size in [100, 140] {
        world.take_statements();
        let page = world.graphql.query(&format!("{{ devices(first: {size}) {{ nodes {{ {LOST} }} }} }}")).await;
        let statements = world.take_statements();
        let devices = page["devices"]["nodes"].as_array().unwrap();
        assert_eq!(devices.len(), size);
        let told = devices.iter().flat_map(|it| it["match"].as_array().unwrap()).any(|it| it["lost"] != json!([]));
        assert!(told, "names that several clients use were considered");
        assert!(statements.len() <= 12, "{} statements for {size} devices: {statements:#?}", statements.len());
    }
}
