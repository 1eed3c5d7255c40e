//! `syncDevice` when it can't: each reason its own answer, and nothing changed.

use domain::{clock::BusinessZone, vendor::Vendor};
use harness::{Backend, GraphqlClient, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use server::{
    export::Exporter,
    graphql::Api,
    http::{self, HttpOptions},
    inventory::Inventory,
};
use simulator::{Effect, Fault, FleetPlan};

async fn sync(graphql: &GraphqlClient, input: Value) -> Value {
    let query = "mutation($i: SyncDeviceInput!) { syncDevice(input: $i) { device { id } snapshot { id }
        openedExceptions { id } closedExceptions { id } matchingKeys userErrors { code message field } } }";
    graphql.ask(query, json!({ "i": input })).await.data()["syncDevice"].clone()
}

/// The code of the one reason; nothing else may be said.
#[track_caller]
fn refusal(payload: &Value) -> &str {
    assert_eq!((&payload["device"], &payload["snapshot"]), (&Value::Null, &Value::Null));
    assert_eq!((&payload["openedExceptions"], &payload["closedExceptions"]), (&json!([]), &json!([])));
    assert_eq!(payload["userErrors"].as_array().unwrap().len(), 1, "{payload:#}");
    text(&payload["userErrors"][0], "code")
}

/// All that a sync could change.
async fn everything(world: &World) -> Vec<Vec<Value>> {
    let mut all = Vec::new();
    for date in ["2026-03-02", "2026-03-03"] {
        let shown = "id hostname displayName storedAt";
        all.push(world.graphql.every("snapshots", &format!(r#"date: "{date}""#), shown).await);
    }
    all.push(world.graphql.every("devices", "filter: { presence: ANY }", "id hostname lastSeen billing").await);
    all.push(world.graphql.every("exceptions", "", "id status version lastSeen").await);
    all.push(vec![world.graphql.query("{ availableDates { date deviceCount } }").await]);
    all
}

async fn two_days(backend: Backend) -> World {
    let world = World::on(backend).plan(FleetPlan::plain(14, 10)).start().await;
    world.night(0).await;
    world.night(1).await;
    world
}

#[rstest]
#[tokio::test]
async fn a_device_that_the_vendor_does_not_list_is_not_found(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = two_days(backend).await;
    let gone = world
        .simulator
        .view(|vendors| (vendors.ninja_devices()[0].clone(), vendors.threatlocker_computers()[0].clone()));
    world.simulator.edit(|vendors| {
        vendors.ninja_device(gone.0["id"].as_i64().unwrap()).remove();
        vendors.threatlocker_computer(text(&gone.1, "computerId")).remove();
    });
    let before = everything(&world).await;
    for (vendor, field, value) in [
        ("NINJA", "vendorDeviceKey", gone.0["id"].to_string()),
        ("NINJA", "hostname", text(&gone.0, "systemName").to_owned()),
        ("NINJA", "vendorDeviceKey", "987654".into()),
        ("NINJA", "vendorDeviceKey", "abc".into()),
        ("THREATLOCKER", "vendorDeviceKey", text(&gone.1, "computerId").to_owned()),
        ("THREATLOCKER", "hostname", "no-such-host".into()),
        ("THREATLOCKER", "vendorDeviceKey", "00000000-0000-4000-8000-000000000000".into()),
    ] {
        world.clock.advance(std::time::Duration::from_secs(1));
        let payload = sync(&world.graphql, json!({ "vendor": vendor, field: value })).await;
        assert_eq!(refusal(&payload), "NOT_FOUND", "{vendor} {field} {value}");
    }
    assert_eq!(everything(&world).await, before);
}

#[rstest]
#[tokio::test]
async fn several_that_match_are_listed_by_key(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = two_days(backend).await;
    let (devices, computers) =
        world.simulator.view(|vendors| (vendors.ninja_devices(), vendors.threatlocker_computers()));
    world.simulator.edit(|vendors| {
        for row in &devices[..3] {
            vendors.rename_ninja_device(row["id"].as_i64().unwrap(), "TWIN");
        }
        for row in &computers[..2] {
            vendors.rename_computer(text(row, "computerId"), "TWIN");
        }
    });
    let before = everything(&world).await;
    let payload = sync(&world.graphql, json!({ "vendor": "NINJA", "hostname": "twin.corp.example" })).await;
    assert_eq!(refusal(&payload), "AMBIGUOUS");
    let mut keys: Vec<String> = devices[..3].iter().map(|row| row["id"].to_string()).collect();
    keys.sort();
    assert_eq!(payload["matchingKeys"], json!(keys));
    let payload = sync(&world.graphql, json!({ "vendor": "THREATLOCKER", "hostname": "Twin | somebody" })).await;
    assert_eq!((refusal(&payload), payload["matchingKeys"].as_array().unwrap().len()), ("AMBIGUOUS", 2));
    assert_eq!(everything(&world).await, before);
    let one = sync(&world.graphql, json!({ "vendor": "NINJA", "vendorDeviceKey": keys[0] })).await;
    assert_eq!(one["userErrors"], json!([]), "the key names one");
}

#[rstest]
#[tokio::test]
async fn a_vendor_that_fails_is_unavailable_whatever_it_says(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = two_days(backend).await;
    let (id, computer) = world.simulator.view(|vendors| {
        (
            vendors.ninja_devices()[0]["id"].to_string(),
            text(&vendors.threatlocker_computers()[0], "computerId").to_owned(),
        )
    });
    let before = everything(&world).await;
    let effects = [
        Effect::Status(500),
        Effect::Status(401),
        Effect::Html,
        Effect::EmptyBody,
        Effect::ErrorObject,
        Effect::InvalidJson,
        Effect::Truncated,
    ];
    for effect in effects {
        for (vendor, of, key) in
            [("NINJA", simulator::Vendor::Ninja, &id), ("THREATLOCKER", simulator::Vendor::ThreatLocker, &computer)]
        {
            let paths = if vendor == "NINJA" { "/v2/" } else { "/Computer/" };
            if vendor == "THREATLOCKER" && matches!(effect, Effect::EmptyBody) {
                continue; // ThreatLocker's way to send an empty list
            }
            world.simulator.with_switches(|it| it.faults = vec![Fault::new(effect.clone()).of(of).on(paths)]);
            world.clock.advance(std::time::Duration::from_secs(1));
            let payload = sync(&world.graphql, json!({ "vendor": vendor, "vendorDeviceKey": key })).await;
            assert_eq!(refusal(&payload), "VENDOR_UNAVAILABLE", "{vendor} {effect:?}: {payload:#}");
            let reason = text(&payload["userErrors"][0], "message");
            let credentials = world.simulator.credentials();
            assert!(
                !reason.contains(&credentials.client_secret) && !reason.contains(&credentials.threatlocker_api_key)
            );
        }
    }
    assert_eq!(everything(&world).await, before);
}

#[rstest]
#[tokio::test]
async fn a_device_is_named_by_key_or_by_name_and_not_by_both(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = two_days(backend).await;
    world.simulator.forget_requests();
    for input in [
        json!({ "vendor": "NINJA" }),
        json!({ "vendor": "NINJA", "vendorDeviceKey": null, "hostname": null }),
        json!({ "vendor": "THREATLOCKER", "vendorDeviceKey": "1", "hostname": "pc" }),
    ] {
        assert_eq!(refusal(&sync(&world.graphql, input).await), "BAD_INPUT");
    }
    assert_eq!(world.simulator.requests(), [], "nobody was asked");
}

#[rstest]
#[tokio::test]
async fn a_day_without_a_collection_takes_no_single_device(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = two_days(backend).await;
    let id = world.simulator.view(|vendors| vendors.ninja_devices()[0]["id"].to_string());
    let before = everything(&world).await;
    world.move_to(2);
    world.collect(&[Vendor::ThreatLocker], false).await;
    let payload = sync(&world.graphql, json!({ "vendor": "NINJA", "vendorDeviceKey": id })).await;
    assert_eq!(refusal(&payload), "NO_STORED_DAY");
    assert_eq!(everything(&world).await[..2], before[..2]);
    let days = world.graphql.query("{ availableDates(vendor: NINJA, first: 1) { date } }").await;
    assert_eq!(days["availableDates"], json!([{ "date": "2026-03-03" }]));
}

#[tokio::test]
async fn a_vendor_without_credentials_is_not_configured() {
    let world = World::on(Backend::Sqlite).plan(FleetPlan::plain(3, 2)).start().await;
    let database = world.database.open().await.unwrap();
    let rules = world.inventory.rules().clone();
    let clock = std::sync::Arc::clone(&world.clock);
    let bare = Inventory::open(database, clock, BusinessZone::default(), rules).await.unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let graphql = GraphqlClient::new(format!("http://{}/graphql", listener.local_addr().unwrap()));
    let api = Api::new(bare.clone());
    let exports = std::sync::Arc::new(Exporter::new(api.clone(), bare));
    let serving = axum::serve(listener, http::router(api, exports, HttpOptions::default()));
    let asking = async {
        for vendor in ["NINJA", "THREATLOCKER"] {
            let payload = sync(&graphql, json!({ "vendor": vendor, "hostname": "pc" })).await;
            assert_eq!(refusal(&payload), "VENDOR_NOT_CONFIGURED");
        }
        for vendors in [json!(null), json!(["NINJA"])] {
            let query = "mutation($v: [VendorName!]) { startCollection(input: { vendors: $v }) { batch { id } userErrors { code } } }";
            let answer = graphql.ask(query, json!({ "v": vendors })).await;
            let refused = json!({ "batch": null, "userErrors": [{ "code": "VENDOR_NOT_CONFIGURED" }] });
            assert_eq!(answer.data()["startCollection"], refused);
        }
        let vendors = graphql.query("{ vendors { name configured latestStoredDay { date } latestRun { id } } }").await;
        let bare =
            |name: &str| json!({ "name": name, "configured": false, "latestStoredDay": null, "latestRun": null });
        assert_eq!(vendors["vendors"], json!([bare("NINJA"), bare("THREATLOCKER")]));
        assert_eq!(graphql.every("jobBatches", "", "id").await, Vec::<Value>::new());
    };
    tokio::select! {
        stopped = serving.into_future() => panic!("the hub stopped serving: {stopped:?}"),
        () = asking => {}
    }
}
