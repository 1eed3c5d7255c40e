//! `syncDevices`: many at once, each for itself.

use harness::{Backend, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

async fn plain(backend: Backend) -> World {
    let world = World::on(backend).plan(FleetPlan::plain(30, 20)).start().await;
    world.night(0).await;
    world.simulator.forget_requests();
    world
}

async fn sync(world: &World, devices: &[Value]) -> Value {
    let query = "mutation($i: SyncDevicesInput!) { syncDevices(input: $i) { userErrors { code field }
        results { snapshot { vendorDeviceKey displayName } openedExceptions { type } matchingKeys retryAfterSeconds
            userErrors { code } } } }";
    world.graphql.ask(query, json!({ "i": { "devices": devices } })).await.data()["syncDevices"].clone()
}

#[rstest]
#[tokio::test]
async fn each_device_has_its_own_outcome_in_the_order_of_the_input(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = plain(backend).await;
    let (devices, computers) =
        world.simulator.view(|vendors| (vendors.ninja_devices(), vendors.threatlocker_computers()));
    world.simulator.edit(|vendors| {
        for row in &devices[..12] {
            vendors.ninja_device(row["id"].as_i64().unwrap()).set("displayName", format!("Desk {}", row["id"]));
        }
        vendors.threatlocker_computer(text(&computers[1], "computerId")).remove();
        for row in &devices[20..22] {
            vendors.rename_ninja_device(row["id"].as_i64().unwrap(), "TWIN");
        }
    });
    let ninja = |row: &Value| json!({ "vendor": "NINJA", "vendorDeviceKey": row["id"].to_string() });
    let mut wanted: Vec<Value> = devices[..12].iter().map(ninja).collect();
    wanted.push(json!({ "vendor": "THREATLOCKER", "vendorDeviceKey": computers[1]["computerId"] }));
    wanted.push(json!({ "vendor": "NINJA", "hostname": "twin" }));
    wanted.push(json!({ "vendor": "NINJA" }));
    wanted.push(json!({ "vendor": "THREATLOCKER", "vendorDeviceKey": computers[2]["computerId"] }));
    let payload = sync(&world, &wanted).await;
    assert_eq!(payload["userErrors"], json!([]));
    let results = payload["results"].as_array().unwrap();
    assert_eq!(results.len(), wanted.len());
    for (row, result) in devices.iter().zip(&results[..12]) {
        assert_eq!(result["snapshot"]["displayName"], format!("Desk {}", row["id"]), "{result:#}");
    }
    let codes: Vec<&Value> = results[12..].iter().map(|it| &it["userErrors"][0]["code"]).collect();
    assert_eq!(codes, [&json!("NOT_FOUND"), &json!("AMBIGUOUS"), &json!("BAD_INPUT"), &Value::Null]);
    assert_eq!(results[13]["matchingKeys"].as_array().unwrap().len(), 2);
    let history = world.graphql.every("syncs", "", "outcome").await;
    assert_eq!(history.len(), 15, "what made no sense was not tried");
}

#[rstest]
#[tokio::test]
async fn one_device_twice_is_asked_for_once(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = plain(backend).await;
    let key = world.simulator.view(|vendors| vendors.ninja_devices()[0]["id"].to_string());
    let same = json!({ "vendor": "NINJA", "vendorDeviceKey": key });
    let payload = sync(&world, &[same.clone(), same]).await;
    let results = payload["results"].as_array().unwrap();
    let mut codes: Vec<String> = results.iter().map(|it| it["userErrors"].to_string()).collect();
    codes.sort();
    assert_eq!(codes, ["[]", r#"[{"code":"THROTTLED"}]"#]);
    let paths = world.simulator.request_counts();
    assert_eq!(paths["/ninja/v2/device/{id}"], 1);
}

#[rstest]
#[tokio::test]
async fn none_and_more_than_a_hundred_are_refused(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = plain(backend).await;
    for number in [0, 101] {
        let device = |key: usize| json!({ "vendor": "NINJA", "vendorDeviceKey": key.to_string() });
        let payload = sync(&world, &(0..number).map(device).collect::<Vec<_>>()).await;
        assert_eq!(payload["results"], json!([]));
        assert_eq!(payload["userErrors"], json!([{ "code": "BAD_INPUT", "field": ["input", "devices"] }]));
    }
    assert_eq!(world.simulator.requests(), []);
}
