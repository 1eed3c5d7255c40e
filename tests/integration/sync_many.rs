//! `syncDevices`: many at once, each for itself.

use std::time::Duration;

use harness::{Backend, World, text};
use rstest::rstest;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use server::http::HttpOptions;
use simulator::{Effect, Fault, FleetPlan, Gate};

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
async fn a_fault_at_one_device_is_its_own_and_the_others_have_their_results(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = plain(backend).await;
    let keys: Vec<String> =
        world.simulator.view(|vendors| vendors.ninja_devices()[..3].iter().map(|row| row["id"].to_string()).collect());
    let device = |key: &String| json!({ "vendor": "NINJA", "vendorDeviceKey": key });
    sync(&world, &[device(&keys[1])]).await;
    world.clock.advance(Duration::from_secs(1));
    // The database takes no second row of this device.
    let planted = format!("CREATE UNIQUE INDEX planted ON sync (requested_by) WHERE vendor_device_key = '{}'", keys[1]);
    world.inventory.database().writer().execute_unprepared(&planted).await.unwrap();
    let payload = sync(&world, &keys.iter().map(device).collect::<Vec<_>>()).await;
    let codes: Vec<String> =
        payload["results"].as_array().unwrap().iter().map(|it| it["userErrors"].to_string()).collect();
    assert_eq!(codes, ["[]", r#"[{"code":"FAILED"}]"#, "[]"]);
}

#[rstest]
#[tokio::test]
async fn what_the_requests_time_is_too_short_for_is_not_tried_and_what_lasts_too_long_is_told(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = plain(backend).await;
    let keys: Vec<String> =
        world.simulator.view(|vendors| vendors.ninja_devices()[..6].iter().map(|row| row["id"].to_string()).collect());
    let devices: Vec<Value> = keys.iter().map(|key| json!({ "vendor": "NINJA", "vendorDeviceKey": key })).collect();
    let query = "mutation($i: SyncDevicesInput!) { syncDevices(input: $i) { results { userErrors { code } } } }";
    let codes = async |seconds: u64| {
        let limit = Duration::from_secs(seconds);
        let door = world.door(HttpOptions { request_timeout: limit, ..HttpOptions::default() }).await;
        let answer = door.graphql.ask(query, json!({ "i": { "devices": devices } })).await;
        let results = answer.data()["syncDevices"]["results"].as_array().unwrap().clone();
        results.iter().map(|it| text(&it["userErrors"][0], "code").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(codes(3).await, ["NOT_TRIED"; 6]);
    assert_eq!(world.simulator.requests(), []);
    // The first four hang, and the last two have no time left.
    world.strike(Fault::new(Effect::Held(Gate::closed())).on("/v2/device/"));
    let told = codes(5).await;
    let late = ["VENDOR_UNAVAILABLE", "STILL_RUNNING"];
    assert!(told[..4].iter().all(|code| late.contains(&code.as_str())), "{told:?}");
    assert_eq!(told[4..], ["NOT_TRIED", "NOT_TRIED"]);
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
