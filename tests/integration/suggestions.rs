//! `suggestedLinks`: who may be the same machine, ranked, with the reasons in words; and never a link by itself.

use harness::{Backend, World, text};
use rstest::rstest;
use serde_json::{Value, json};

use crate::deciding::{decided, ninja, plain, threatlocker};

const SHOWN: &str = "source { vendor vendorDeviceKey hostname organization { id } } device { id }
    candidates { score reasons source { vendor vendorDeviceKey hostname } device { id } }";

async fn suggested(world: &World, arguments: Value) -> Vec<Value> {
    let query = format!(
        "query($identity: IdentityInput, $exceptionId: ID, $organizationId: ID, $first: Int! = 20) {{
            suggestedLinks(identity: $identity, exceptionId: $exceptionId, organizationId: $organizationId,
                first: $first) {{ {SHOWN} }} }}"
    );
    world.graphql.ask(&query, arguments).await.data()["suggestedLinks"].as_array().unwrap().clone()
}

/// A fleet in which one computer has another name and no serial number, so that no rule finds its Ninja device.
async fn mistyped(backend: Backend) -> (World, i64, String) {
    let (world, pairs) = plain(backend).await;
    let (id, computer) = pairs[0].clone();
    world.simulator.edit(|vendors| {
        let row =
            vendors.threatlocker_computers().into_iter().find(|it| it["computerId"] == computer.as_str()).unwrap();
        let name = text(&row, "hostname").split('.').next().unwrap();
        vendors.rename_computer(&computer, &format!("{}Q", &name[..name.len() - 1]));
        vendors.threatlocker_computer(&computer).drop_key("serialNumber");
    });
    world.night(2).await;
    (world, id, computer)
}

#[rstest]
#[tokio::test]
async fn the_machine_of_nearly_the_same_name_comes_first_with_its_reasons(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, id, computer) = mistyped(backend).await;
    let found = suggested(&world, json!({ "identity": threatlocker(&computer) })).await;
    assert_eq!(found.len(), 1);
    assert_eq!(text(&found[0]["source"], "vendorDeviceKey"), computer);
    let candidates = found[0]["candidates"].as_array().unwrap();
    let best = &candidates[0];
    assert_eq!(
        (text(&best["source"], "vendor"), text(&best["source"], "vendorDeviceKey")),
        ("NINJA", &*id.to_string())
    );
    let reasons: Vec<&str> = best["reasons"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    assert!(
        reasons.iter().any(|it| it.starts_with("host names ") || it.starts_with("one of the host names ")),
        "{reasons:?}"
    );
    assert!(reasons.contains(&"same organization"), "{reasons:?}");
    let scores: Vec<f64> = candidates.iter().map(|it| it["score"].as_f64().unwrap()).collect();
    assert!(scores.is_sorted_by(|one, other| one >= other) && scores.iter().all(|it| (0.0..=1.0).contains(it)));
    assert!(candidates.len() <= 5);
    let back = suggested(&world, json!({ "identity": ninja(id) })).await;
    assert_eq!(text(&back[0]["candidates"][0]["source"], "vendorDeviceKey"), computer, "and the other way round");
}

#[rstest]
#[tokio::test]
async fn an_exception_suggests_its_link_and_nothing_once_it_is_made(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, id, computer) = mistyped(backend).await;
    let query = format!("id type suggestedLinks {{ {SHOWN} }}");
    let of_exception = async |id: Option<&Value>| {
        let all = world.graphql.every("exceptions", "", &query).await;
        let wanted = |it: &&Value| {
            id.map_or(
                it["type"] == "MISSING_NINJA" && it["suggestedLinks"][0]["source"]["vendorDeviceKey"] == *computer,
                |id| it["id"] == *id,
            )
        };
        all.iter().find(wanted).cloned().unwrap_or_else(|| panic!("no such exception: {all:#?}"))
    };
    let missing = of_exception(None).await;
    let asked = suggested(&world, json!({ "exceptionId": missing["id"] })).await;
    assert_eq!(json!(asked), missing["suggestedLinks"]);
    assert_eq!(text(&asked[0]["candidates"][0]["source"], "vendorDeviceKey"), id.to_string());
    decided(&world, "linkIdentities", &ninja(id), &threatlocker(&computer)).await;
    assert_eq!(of_exception(Some(&missing["id"])).await["suggestedLinks"], json!([]));
    assert_eq!(suggested(&world, json!({ "identity": threatlocker(&computer) })).await, Vec::<Value>::new());
}

#[rstest]
#[tokio::test]
async fn who_was_separated_is_suggested_no_more(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (world, id, computer) = mistyped(backend).await;
    decided(&world, "separateIdentities", &ninja(id), &threatlocker(&computer)).await;
    let found = suggested(&world, json!({ "identity": threatlocker(&computer) })).await;
    let keys: Vec<&str> =
        found[0]["candidates"].as_array().unwrap().iter().map(|it| text(&it["source"], "vendorDeviceKey")).collect();
    assert!(!keys.contains(&&*id.to_string()), "{keys:?}");
}

#[rstest]
#[tokio::test]
async fn a_clients_unlinked_records_are_listed_with_a_fixed_number_of_statements(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, id, computer) = mistyped(backend).await;
    let own = suggested(&world, json!({ "identity": threatlocker(&computer) })).await.remove(0);
    let organization = own["source"]["organization"]["id"].clone();
    let mut counts = Vec::new();
    for first in [1, 100] {
        world.take_statements();
        let found = suggested(&world, json!({ "organizationId": organization, "first": first })).await;
        counts.push(world.take_statements().len());
        assert!(found.len() <= first && !found.is_empty());
        assert!(found.iter().all(|it| it["device"]["id"].is_string()));
        if first == 100 {
            assert!(found.contains(&own), "{found:#?}");
            let keys: Vec<&str> = found.iter().map(|it| text(&it["source"], "vendorDeviceKey")).collect();
            assert!(keys.contains(&&*id.to_string()), "Ninja's side of it is listed too: {keys:?}");
        }
    }
    assert!(counts.iter().all(|count| *count <= 20), "{counts:?}");
}

#[rstest]
#[tokio::test]
async fn each_mistake_has_its_own_code(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (world, _, computer) = mistyped(backend).await;
    let exceptions = world.graphql.every("exceptions", "", "id").await;
    let organizations = world.graphql.every("organizations", "", "id").await;
    let (exception, organization) = (&exceptions[0]["id"], &organizations[0]["id"]);
    let query = "query($identity: IdentityInput, $exceptionId: ID, $organizationId: ID, $first: Int! = 20) {
        suggestedLinks(identity: $identity, exceptionId: $exceptionId, organizationId: $organizationId, first: $first) {
            candidates { score } } }";
    for (arguments, code) in [
        (json!({}), "BAD_USER_INPUT"),
        (json!({ "identity": threatlocker(&computer), "exceptionId": exception }), "BAD_USER_INPUT"),
        (json!({ "identity": threatlocker("nobody") }), "NOT_FOUND"),
        (json!({ "identity": threatlocker("a\u{0}b") }), "NOT_FOUND"),
        (json!({ "exceptionId": organization }), "BAD_USER_INPUT"),
        (json!({ "organizationId": organization, "first": 0 }), "PAGE_SIZE"),
        (json!({ "organizationId": organization, "first": 101 }), "PAGE_SIZE"),
    ] {
        let answer = world.graphql.ask(query, arguments.clone()).await;
        assert_eq!(answer.error_code(), code, "{arguments}");
    }
}

/// The candidates of a lonely record of a client that Ninja knows nothing of, with their reasons.
async fn candidates_of(world: &World, identity: Value) -> Vec<(String, Value)> {
    let found = suggested(world, json!({ "identity": identity })).await;
    let candidates = found[0]["candidates"].as_array().unwrap();
    candidates.iter().map(|it| (text(&it["source"], "vendorDeviceKey").to_owned(), it["reasons"].clone())).collect()
}

#[rstest]
#[tokio::test]
async fn a_record_of_another_client_that_shares_only_a_serial_number_or_a_user_is_suggested(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, pairs) = plain(backend).await;
    let ((first, computer), (second, _), (third, thirds)) = (&pairs[0], &pairs[1], &pairs[2]);
    let lonely = |vendors: &mut simulator::World| {
        vendors.rename_computer(computer, "LONELY");
        vendors.move_computer(computer, "lonely", "Lonely Ltd");
        let mut row = vendors.threatlocker_computer(computer);
        row.set("lastCheckinIPAddress", "198.51.100.9").set("username", "AZUREAD\\Ann.Lee").drop_key("serialNumber");
    };
    world.simulator.edit(|vendors| {
        lonely(vendors);
        vendors.threatlocker_computer(computer).set("serialNumber", "GOLDEN 77-01");
        for id in [first, second] {
            let mut device = vendors.ninja_device(*id);
            device.set("system.serialNumber", "golden-7701").set("system.biosSerialNumber", "golden-7701");
        }
    });
    world.night(2).await;
    let found = candidates_of(&world, threatlocker(computer)).await;
    for id in [first, second] {
        let reasons = found.iter().find(|(key, _)| *key == id.to_string()).map(|(_, reasons)| reasons.clone());
        assert!(reasons.is_some_and(|it| it[0] == "same serial number golden7701"), "{id}: {found:#?}");
    }
    let back = candidates_of(&world, ninja(*first)).await;
    assert!(back.iter().any(|(key, _)| key == computer), "and the other way round: {back:#?}");
    world.simulator.edit(|vendors| {
        vendors.forget_edits();
        lonely(vendors);
        vendors.ninja_device(*third).set("lastLoggedInUser", "corp\\ann.lee");
        vendors.threatlocker_computer(thirds).remove();
    });
    world.night(3).await;
    let found = candidates_of(&world, threatlocker(computer)).await;
    let expected = (third.to_string(), json!(["same last user ann.lee"]));
    assert!(found.contains(&expected), "whatever the domain of the user: {found:#?}");
}
