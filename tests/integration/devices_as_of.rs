//! Devices as they were on a date: their names, clients and billing of that day, and what was open at its end.

use std::collections::BTreeSet;

use harness::{Backend, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

const SHOWN: &str = "id date hostname displayName billing deviceType organization { id name } device { id hostname }
    sources { id date vendor hostname } openExceptions { id current { id } }";

async fn as_of(world: &World, date: &str) -> Vec<Value> {
    world.graphql.every("devicesAsOf", &format!("date: \"{date}\""), SHOWN).await
}

async fn open(world: &World) -> BTreeSet<String> {
    let rows = world.graphql.every("exceptions", "filter: { status: { eq: OPEN } }", "id").await;
    rows.iter().map(|row| text(row, "id").to_owned()).collect()
}

fn open_in(devices: &[Value]) -> BTreeSet<String> {
    let lists = devices.iter().flat_map(|device| device["openExceptions"].as_array().unwrap());
    // An exception as of a date has an id of its own, and names the live one.
    let live = |exception: &Value| exception.pointer("/current/id").or(exception.get("id")).cloned();
    lists.map(|exception| live(exception).unwrap().as_str().unwrap().to_owned()).collect()
}

#[rstest]
#[tokio::test]
async fn a_past_day_shows_what_was_known_at_its_end(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::on(backend).start().await;
    world.night(0).await;
    let (before, open_before) = (as_of(&world, "2026-03-02").await, open(&world).await);
    let present = world.graphql.every("devices", "filter: {}", "id hostname openExceptions { id }").await;
    assert_eq!(before.len(), present.len(), "each machine once");
    assert_eq!(open_in(&before), open_in(&present));
    assert!(!open_before.is_empty() && open_in(&before).is_subset(&open_before));
    let row = world.simulator.view(|vendors| {
        let plain = |row: &&Value| row["nodeClass"] == "WINDOWS_WORKSTATION" && row["approvalStatus"] == "APPROVED";
        vendors.ninja_devices().iter().find(plain).unwrap().clone()
    });
    let id = row["id"].as_i64().unwrap();
    world.simulator.edit(|vendors| {
        vendors.rename_ninja_device(id, "QUITE-ANOTHER");
        vendors.ninja_device(id).set("displayName", "spare \"O'Brien\" 100% 🦀");
    });
    world.night(1).await;
    for exception in &open_before {
        let query = format!(
            "mutation {{ resolveException(input: {{ id: \"{exception}\", resolution: ACCEPTED }}) {{ userErrors {{ code }} }} }}"
        );
        world.graphql.query(&query).await;
    }
    let after = as_of(&world, "2026-03-02").await;
    let facts = |rows: &[Value]| {
        rows.iter().map(|row| (row["id"].clone(), row["hostname"].clone(), row["billing"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(facts(&after), facts(&before), "what came later changes nothing");
    assert_eq!(open_in(&after), open_in(&before), "nor does what was resolved later");
    let today = as_of(&world, "2026-03-03").await;
    let renamed = today.iter().find(|device| device["hostname"] == "QUITE-ANOTHER").unwrap();
    assert_eq!(text(renamed, "billing"), "SPARE");
    let once = after.iter().find(|device| device["device"]["id"] == renamed["device"]["id"]).unwrap();
    assert_eq!((text(once, "billing"), text(&once["device"], "hostname")), ("BILLABLE", "QUITE-ANOTHER"));
    assert_ne!(once["hostname"], renamed["hostname"]);
    assert!(once["sources"].as_array().unwrap().iter().all(|source| source["date"] == "2026-03-02"));
    let ids: BTreeSet<&str> = after.iter().chain(&today).map(|row| text(row, "id")).collect();
    assert_eq!(ids.len(), after.len() + today.len(), "an id of its own on each date");
    assert!(present.iter().all(|device| !ids.contains(text(device, "id"))), "and never the device's");
}

#[rstest]
#[tokio::test]
async fn a_machine_as_of_a_date_is_found_again_by_its_id(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    world.night(0).await;
    for device in as_of(&world, "2026-03-02").await {
        let query = format!("query($id: ID!) {{ node(id: $id) {{ __typename ... on DeviceAsOf {{ {SHOWN} }} }} }}");
        let found = world.graphql.ask(&query, json!({ "id": device["id"] })).await.data()["node"].clone();
        assert_eq!(found["__typename"], "DeviceAsOf");
        for field in ["id", "hostname", "sources", "openExceptions", "organization"] {
            assert_eq!(found[field], device[field]);
        }
    }
}

#[rstest]
#[tokio::test]
async fn a_day_that_is_not_stored_is_refused_with_the_nearest_ones(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    world.night(0).await;
    world.night(3).await;
    let answer = world.graphql.ask("{ devicesAsOf(date: \"2026-03-03\") { totalCount } }", json!({})).await;
    assert_eq!(answer.error_code(), "NO_DATA");
    assert_eq!(answer.body["errors"][0]["extensions"]["nearestDates"], json!(["2026-03-02", "2026-03-05"]));
}

#[rstest]
#[tokio::test]
async fn a_page_takes_a_fixed_number_of_statements(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::on(backend).plan(FleetPlan { organizations: 6, ..FleetPlan::plain(60, 40) }).start().await;
    world.night(0).await;
    let mut counted = Vec::new();
    for first in [3, 50] {
        world.take_statements();
        let query = format!("{{ devicesAsOf(date: \"2026-03-02\", first: {first}) {{ nodes {{ {SHOWN} }} }} }}");
        let answer = world.graphql.query(&query).await;
        assert_eq!(answer["devicesAsOf"]["nodes"].as_array().unwrap().len(), first);
        counted.push(world.take_statements().len());
    }
    assert_eq!(counted[0], counted[1]);
    assert!(counted[1] <= 7, "{counted:?}");
}
