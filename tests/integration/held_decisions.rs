//! Deciding on a held collection through GraphQL: what it lacks, who decided, and what that does to the exceptions.

use std::time::Duration;

use domain::vendor::Vendor;
use harness::{Backend, World, text, vendor_name};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

const HELD: &str = "id vendor date heldAt reason deviceCount collection { outcome deviceCount }
    comparison { storedDate storedDeviceCount missingCount newCount
        organizations(first: 50) { totalCount nodes { vendorSiteKey name organization { name }
            devicesBefore devicesNow missing } } }";

const DECIDED: &str = "collection { outcome decidedBy decidedAt decisionNote } openedExceptions closedExceptions
    userErrors { code field message }";

async fn held(world: &World) -> Vec<Value> {
    world.graphql.every("heldCollections", "", HELD).await
}

async fn decide(world: &World, mutation: &str, input: Value) -> Value {
    let mut name = mutation.to_owned();
    name[..1].make_ascii_uppercase();
    let query = format!("mutation($i: {name}Input!) {{ {mutation}(input: $i) {{ {DECIDED} }} }}");
    world.graphql.ask(&query, json!({ "i": input })).await.data()[mutation].clone()
}

/// A checked night of 50 devices at each vendor, and on the next the vendor lists 20.
async fn shrunk(backend: Backend, vendor: Vendor) -> World {
    let world = World::on(backend).plan(FleetPlan::plain(50, 50)).start().await;
    world.night(0).await;
    world.move_to(1);
    world.shrink(vendor, 20);
    world
}

async fn open_types(world: &World) -> Vec<String> {
    let open = world.graphql.every("exceptions", "filter: { status: { eq: OPEN } }", "type").await;
    let mut types: Vec<String> = open.iter().map(|it| text(it, "type").to_owned()).collect();
    types.sort();
    types
}

#[rstest]
#[tokio::test]
async fn what_is_missing_is_told_by_organization_and_device_by_device(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(Vendor::Ninja, Vendor::ThreatLocker)] vendor: Vendor,
) {
    let world = shrunk(backend, vendor).await;
    assert_eq!(held(&world).await, Vec::<Value>::new());
    world.collect(&[vendor], false).await;
    let waiting = held(&world).await;
    let [only] = waiting.as_slice() else { panic!("{waiting:#?}") };
    assert_eq!((text(only, "vendor"), text(only, "date")), (vendor_name(vendor), "2026-03-03"));
    assert_eq!((&only["deviceCount"], &only["collection"]["outcome"]), (&json!(20), &json!("HELD")));
    assert!(text(only, "reason").contains("20 devices against 50 on 2026-03-02"), "{only:#}");
    let comparison = &only["comparison"];
    assert_eq!((text(comparison, "storedDate"), &comparison["storedDeviceCount"]), ("2026-03-02", &json!(50)));
    assert_eq!((&comparison["missingCount"], &comparison["newCount"]), (&json!(30), &json!(0)));
    let organizations = comparison["organizations"]["nodes"].as_array().unwrap();
    let sum = |field: &str| organizations.iter().map(|it| it[field].as_i64().unwrap()).sum::<i64>();
    assert_eq!((sum("devicesBefore"), sum("devicesNow"), sum("missing")), (50, 20, 30));
    assert!(organizations.is_sorted_by_key(|it| -it["missing"].as_i64().unwrap()), "{organizations:#?}");
    assert!(organizations.iter().all(|it| it["organization"]["name"].is_string()), "{organizations:#?}");
    let arguments = format!("heldCollection: {}", only["id"]);
    let missing = world.graphql.every("missingDevices", &arguments, "vendorDeviceKey date hostname").await;
    let kept = world.present_keys(vendor);
    assert_eq!(missing.len(), 30);
    assert!(missing.iter().all(|it| !kept.iter().any(|key| it["vendorDeviceKey"] == key.as_str())), "{missing:#?}");
    let node = world.graphql.ask("query($i: ID!) { node(id: $i) { id } }", json!({ "i": only["id"] })).await;
    assert_eq!(node.data()["node"]["id"], only["id"]);
}

#[rstest]
#[tokio::test]
async fn applied_before_the_checks_it_leaves_them_to_the_night_and_after_them_they_run_again(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(false, true)] checked: bool,
) {
    let world = shrunk(backend, Vendor::Ninja).await;
    let before = open_types(&world).await;
    world.collect(&Vendor::ALL, checked).await;
    assert_eq!(open_types(&world).await, before, "nothing is known of the held day");
    let id = held(&world).await.remove(0)["id"].clone();
    world.clock.advance(Duration::from_mins(30));
    let payload = decide(&world, "applyHeldCollection", json!({ "id": id, "note": " 30 were sold " })).await;
    assert_eq!(payload["userErrors"], json!([]));
    let collection = &payload["collection"];
    assert_eq!((text(collection, "outcome"), text(collection, "decidedBy")), ("APPLIED", "local operator"));
    assert_eq!(text(collection, "decisionNote"), "30 were sold");
    assert!(collection["decidedAt"].is_string());
    let opened = payload["openedExceptions"].as_i64().unwrap();
    if checked {
        assert!(opened > 0, "ThreatLocker devices have no Ninja device now: {payload:#}");
        assert!(open_types(&world).await.iter().any(|it| it == "MISSING_NINJA"));
    } else {
        assert_eq!((opened, open_types(&world).await), (0, before));
    }
    assert_eq!(held(&world).await, Vec::<Value>::new());
    let applied = open_types(&world).await;
    world.collect(&[], true).await;
    if checked {
        assert_eq!(open_types(&world).await, applied, "the night finds nothing more");
    } else {
        assert!(open_types(&world).await.len() > applied.len(), "the night finds it");
    }
}

#[rstest]
#[tokio::test]
async fn discarded_it_leaves_what_is_stored_and_says_who_decided(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = shrunk(backend, Vendor::ThreatLocker).await;
    world.collect(&[Vendor::ThreatLocker], false).await;
    let id = held(&world).await.remove(0)["id"].clone();
    let payload = decide(&world, "discardHeldCollection", json!({ "id": id })).await;
    assert_eq!(payload["userErrors"], json!([]));
    let collection = &payload["collection"];
    assert_eq!((text(collection, "outcome"), &collection["decisionNote"]), ("DISCARDED", &Value::Null));
    assert_eq!(text(collection, "decidedBy"), "local operator");
    assert_eq!(held(&world).await, Vec::<Value>::new());
    let arguments = format!("heldCollection: {id}");
    assert_eq!(world.graphql.every("missingDevices", &arguments, "id").await, Vec::<Value>::new());
    for mutation in ["applyHeldCollection", "discardHeldCollection"] {
        let again = decide(&world, mutation, json!({ "id": id })).await;
        assert_eq!(again["userErrors"][0]["code"], "NOT_FOUND", "{mutation}");
        assert_eq!(again["userErrors"][0]["field"], json!(["input", "id"]));
        assert_eq!(text(&again["collection"], "outcome"), "DISCARDED", "it shows what somebody decided");
    }
    let node = world.graphql.ask("query($i: ID!) { node(id: $i) { id } }", json!({ "i": id })).await;
    assert_eq!(node.data()["node"], Value::Null);
}

#[rstest]
#[tokio::test]
async fn a_note_without_end_and_an_id_of_something_else_are_refused(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = shrunk(backend, Vendor::Ninja).await;
    world.collect(&[Vendor::Ninja], false).await;
    let id = held(&world).await.remove(0)["id"].clone();
    for note in ["x".repeat(2001), "a\u{0}b".to_owned()] {
        for mutation in ["applyHeldCollection", "discardHeldCollection"] {
            let payload = decide(&world, mutation, json!({ "id": id, "note": note })).await;
            assert_eq!(
                (&payload["userErrors"][0]["code"], &payload["collection"]),
                (&json!("BAD_INPUT"), &Value::Null)
            );
        }
    }
    let exception =
        world.graphql.query("{ exceptions(first: 1) { nodes { id } } devices(first: 1) { nodes { id } } }").await;
    let query = "mutation($i: ID!) { discardHeldCollection(input: { id: $i }) { userErrors { code } } }";
    let answer = world.graphql.ask(query, json!({ "i": exception["devices"]["nodes"][0]["id"] })).await;
    assert_eq!(answer.error_code(), "BAD_USER_INPUT");
    assert_eq!(held(&world).await.len(), 1);
}
