//! A device's history: which field changed, when, from what to what, by the vendor's own record.

use harness::{Backend, World, text};
use rstest::rstest;
use serde_json::Value;
use simulator::FleetPlan;

const HISTORY: &str = "history(first: 100) { totalCount nodes { date previousDate field from to
    source { vendor vendorDeviceKey } } }";

/// The device with this Ninja record, whatever it is called.
async fn device_of(world: &World, key: i64) -> Value {
    let all =
        world.graphql.every("devices", "filter: { presence: ANY }", "id sources { vendor vendorDeviceKey }").await;
    let key = key.to_string();
    let has =
        |device: &&Value| device["sources"].as_array().unwrap().iter().any(|s| s["vendorDeviceKey"] == key.as_str());
    let id = all.iter().find(has).unwrap_or_else(|| panic!("no device of {key}"))["id"].clone();
    let query = format!("query($id: ID!) {{ device(id: $id) {{ id {HISTORY} }} }}");
    world.graphql.ask(&query, serde_json::json!({ "id": id })).await.data()["device"].clone()
}

fn told(device: &Value, key: i64) -> Vec<String> {
    let key = key.to_string();
    let nodes = device["history"]["nodes"].as_array().unwrap();
    assert_eq!(device["history"]["totalCount"], nodes.len());
    let own = nodes.iter().filter(|node| node["source"]["vendorDeviceKey"] == key.as_str());
    let shown = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let line = |node: &Value| {
        format!("{} {} {}>{}", text(node, "date"), text(node, "field"), shown(&node["from"]), shown(&node["to"]))
    };
    own.map(line).collect()
}

#[rstest]
#[tokio::test]
async fn each_field_that_changed_is_told_with_its_day_and_both_values(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).plan(FleetPlan { organizations: 4, ..FleetPlan::plain(30, 8) }).start().await;
    let row = world.simulator.view(|vendors| {
        let plain = |row: &&Value| row["nodeClass"] == "WINDOWS_WORKSTATION" && row["approvalStatus"] == "APPROVED";
        vendors.ninja_devices().iter().find(plain).unwrap().clone()
    });
    let id = row["id"].as_i64().unwrap();
    world.night(0).await;
    assert_eq!(told(&device_of(&world, id).await, id), [""; 0], "the first day is no change");
    let odd = "spare \"O'Brien\" 100% 🦀";
    world.simulator.edit(|vendors| {
        vendors.ninja_device(id).set("displayName", odd);
    });
    // The night between was lost.
    world.night(2).await;
    world.simulator.edit(|vendors| vendors.rename_ninja_device(id, "ANOTHER-NAME"));
    world.night(3).await;
    world.simulator.edit(|vendors| vendors.ninja_device(id).remove());
    world.night(4).await;
    let device = device_of(&world, id).await;
    let told = told(&device, id);
    let on = |date: &str| told.iter().filter(|line| line.starts_with(date)).cloned().collect::<Vec<_>>();
    assert_eq!(on("2026-03-06"), ["2026-03-06 PRESENCE present>absent"]);
    assert!(on("2026-03-05")[0].ends_with(">ANOTHER-NAME") && on("2026-03-05")[0].contains("HOSTNAME"), "{told:#?}");
    let parked = on("2026-03-04");
    assert!(parked.iter().any(|line| line.contains("DISPLAY_NAME") && line.ends_with(&format!(">{odd}"))), "{told:#?}");
    assert!(parked.contains(&"2026-03-04 BILLING billable>spare".to_owned()), "{told:#?}");
    assert!(parked.contains(&"2026-03-04 SPARE_REASON ->spare_name".to_owned()), "{told:#?}");
    let nodes = device["history"]["nodes"].as_array().unwrap();
    let parked = nodes.iter().find(|node| node["field"] == "BILLING").unwrap();
    assert_eq!(text(parked, "previousDate"), "2026-03-02", "the last stored day before it");
    let mut dates: Vec<&str> = nodes.iter().map(|node| text(node, "date")).collect();
    let newest_first = dates.clone();
    dates.sort_unstable_by(|a, b| b.cmp(a));
    assert_eq!(dates, newest_first);
}

#[rstest]
#[tokio::test]
async fn the_histories_of_a_page_of_devices_take_a_fixed_number_of_statements(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).start().await;
    for night in 0..4 {
        world.night(night).await;
    }
    let mut counted = Vec::new();
    for first in [2, 40] {
        let query =
            format!("{{ devices(first: {first}) {{ nodes {{ history(first: 20) {{ nodes {{ date field }} }} }} }} }}");
        world.take_statements();
        let answer = world.graphql.query(&query).await;
        assert_eq!(answer["devices"]["nodes"].as_array().unwrap().len(), first);
        counted.push(world.take_statements().len());
    }
    assert_eq!(counted, [3, 3]);
}

#[rstest]
#[tokio::test]
async fn a_history_is_read_page_by_page(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::on(backend).plan(FleetPlan { organizations: 4, ..FleetPlan::plain(10, 4) }).start().await;
    let id = world.simulator.view(|vendors| vendors.ninja_devices()[0]["id"].as_i64().unwrap());
    for night in 0..5 {
        world.simulator.edit(|vendors| vendors.rename_ninja_device(id, &format!("NAME-{night}")));
        world.night(night).await;
    }
    let device = device_of(&world, id).await;
    let all = device["history"]["nodes"].as_array().unwrap().clone();
    assert!(all.len() >= 4);
    let (mut read, mut after) = (Vec::new(), Value::Null);
    loop {
        let query = format!(
            "query($id: ID!, $after: String) {{ device(id: $id) {{ {} }} }}",
            HISTORY
                .replace("(first: 100)", "(first: 1, after: $after)")
                .replace("totalCount", "pageInfo { hasNextPage endCursor }")
        );
        let answer = world.graphql.ask(&query, serde_json::json!({ "id": device["id"], "after": after })).await;
        let page = &answer.data()["device"]["history"];
        read.extend(page["nodes"].as_array().unwrap().iter().cloned());
        if page["pageInfo"]["hasNextPage"] != true {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    assert_eq!(read, all);
}
