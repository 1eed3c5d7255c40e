//! The life of an exception: found once, worked on by people, closed and reopened by newer data.

use std::time::Duration;

use domain::vendor::Vendor;
use harness::{Answer, Backend, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

const SHOWN: &str = "id type status hostname details dateFound ageDays lastSeen resolution resolvedAt resolvedDate
    resolvedBy notes acceptedUntil reopenedAt version history { nodes { at actor kind from note } }";

/// A world with one ThreatLocker computer that Ninja does not know, and its computer id. The claims are about that one
/// exception; the machine that it was is now without ThreatLocker, which is another type's business.
async fn stranger(backend: Backend) -> (World, String) {
    let world = World::on(backend).plan(FleetPlan::plain(10, 6)).start().await;
    let rows = world.simulator.view(simulator::World::threatlocker_computers);
    let key = text(&rows[0], "computerId").to_owned();
    world.simulator.edit(|vendors| {
        vendors.threatlocker_computer(&key).set("hostname", "STRANGER-1").drop_key("serialNumber");
    });
    world.night(0).await;
    (world, key)
}

async fn all(world: &World) -> Vec<Value> {
    world.graphql.every("exceptions", "filter: { type: { eq: MISSING_NINJA } }", SHOWN).await
}

#[track_caller]
fn only(exceptions: Vec<Value>) -> Value {
    let [only] = <[Value; 1]>::try_from(exceptions).unwrap_or_else(|all| panic!("not one exception: {all:#?}"));
    only
}

async fn the_one(world: &World) -> Value {
    only(all(world).await)
}

async fn resolve(world: &World, id: &Value, resolution: &str, more: Value) -> Answer {
    let query = format!(
        "mutation($input: ResolveExceptionInput!) {{ resolveException(input: $input) {{
            exception {{ {SHOWN} }} userErrors {{ code field message }} }} }}"
    );
    let mut input = json!({ "id": id, "resolution": resolution });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    world.graphql.ask(&query, json!({ "input": input })).await
}

fn kinds(exception: &Value) -> Vec<&str> {
    exception["history"]["nodes"].as_array().unwrap().iter().map(|event| text(event, "kind")).collect()
}

/// Later the same day, both vendors are collected and checked again.
async fn collect_again(world: &World) {
    world.clock.advance(Duration::from_hours(1));
    world.collect(&Vendor::ALL, true).await;
}

#[rstest]
#[tokio::test]
async fn found_again_is_the_same_exception_however_often_checks_run(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, _) = stranger(backend).await;
    let first = the_one(&world).await;
    assert_eq!((text(&first, "type"), text(&first, "hostname")), ("MISSING_NINJA", "stranger-1"));
    world.collect(&[], true).await;
    world.collect(&[], true).await;
    collect_again(&world).await;
    assert_eq!(the_one(&world).await, first, "the same day says the same");
    world.night(1).await;
    world.night(4).await;
    let later = the_one(&world).await;
    assert_eq!(
        (&later["id"], &later["dateFound"], &later["version"]),
        (&first["id"], &first["dateFound"], &first["version"])
    );
    assert_eq!(
        (text(&later, "lastSeen"), &later["ageDays"]),
        ("2026-03-06", &json!(4)),
        "age counts from the first day"
    );
    assert_eq!(kinds(&later), ["FOUND"]);
    let found = &later["history"]["nodes"][0];
    assert_eq!((text(found, "actor"), text(found, "at")), ("checks", "2026-03-02T09:10:00Z"));
}

#[rstest]
#[case::fixed("FIXED", json!({}))]
#[case::accepted("ACCEPTED", json!({}))]
#[case::accepted_until("ACCEPTED", json!({ "acceptedUntil": "2026-03-02" }))]
#[case::false_positive("FALSE_POSITIVE", json!({}))]
#[tokio::test]
async fn what_a_person_decided_survives_a_second_look_at_the_same_data(
    #[case] resolution: &str,
    #[case] more: Value,
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, _) = stranger(backend).await;
    world.clock.advance(Duration::from_mins(30));
    let open = the_one(&world).await;
    let answer = resolve(&world, &open["id"], resolution, more).await;
    let resolved = &answer.data()["resolveException"]["exception"];
    assert_eq!(answer.data()["resolveException"]["userErrors"], json!([]));
    assert_eq!((text(resolved, "status"), text(resolved, "resolution")), ("RESOLVED", resolution));
    assert_eq!((text(resolved, "resolvedBy"), text(resolved, "resolvedDate")), ("local operator", "2026-03-02"));
    assert_eq!((kinds(resolved), text(resolved, "resolvedAt")), (vec!["FOUND", "RESOLVED"], "2026-03-02T09:40:00Z"));
    assert_eq!(text(&resolved["history"]["nodes"][1], "actor"), "local operator");
    world.clock.advance(Duration::from_mins(30));
    world.collect(&[], true).await;
    assert_eq!(&the_one(&world).await, resolved, "checks run again on the data that was judged");
    if resolution != "FIXED" {
        collect_again(&world).await;
        let after = the_one(&world).await;
        assert_eq!((text(&after, "status"), kinds(&after)), ("RESOLVED", vec!["FOUND", "RESOLVED"]));
        assert_eq!(after["resolvedAt"], resolved["resolvedAt"]);
    }
}

#[rstest]
#[tokio::test]
async fn fixed_reopens_on_newer_data_that_still_has_it_and_says_so(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, _) = stranger(backend).await;
    world.clock.advance(Duration::from_mins(30));
    let open = the_one(&world).await;
    resolve(&world, &open["id"], "FIXED", json!({ "note": "agent installed" })).await.data();
    collect_again(&world).await;
    let back = the_one(&world).await;
    assert_eq!((text(&back, "status"), text(&back, "reopenedAt")), ("OPEN", "2026-03-02T10:40:00Z"));
    assert_eq!(kinds(&back), ["FOUND", "RESOLVED", "REOPENED"]);
    assert_eq!(
        (text(&back["history"]["nodes"][2], "actor"), text(&back["history"]["nodes"][2], "from")),
        ("checks", "FIXED")
    );
    for field in ["resolution", "resolvedAt", "resolvedDate", "resolvedBy"] {
        assert_eq!(back[field], Value::Null, "{field} of an open exception");
    }
    assert_eq!((&back["dateFound"], &back["id"]), (&open["dateFound"], &open["id"]));
    assert!(back["version"].as_i64() > open["version"].as_i64());
}

#[rstest]
#[tokio::test]
async fn accepted_until_a_day_reopens_on_the_day_after(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (world, _) = stranger(backend).await;
    let open = the_one(&world).await;
    resolve(&world, &open["id"], "ACCEPTED", json!({ "acceptedUntil": "2026-03-04" })).await.data();
    for night in [1, 2] {
        world.night(night).await;
        let kept = the_one(&world).await;
        assert_eq!((text(&kept, "status"), text(&kept, "acceptedUntil")), ("RESOLVED", "2026-03-04"), "night {night}");
    }
    world.night(3).await;
    let back = the_one(&world).await;
    assert_eq!((text(&back, "status"), &back["acceptedUntil"]), ("OPEN", &Value::Null));
    assert_eq!((kinds(&back), &back["ageDays"]), (vec!["FOUND", "RESOLVED", "REOPENED"], &json!(3)));
    resolve(&world, &open["id"], "ACCEPTED", json!({})).await.data();
    world.night(40).await;
    assert_eq!(text(&the_one(&world).await, "status"), "RESOLVED", "without a day it lasts for ever");
}

#[rstest]
#[tokio::test]
async fn what_is_gone_closes_as_verified_and_what_comes_back_reopens(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, key) = stranger(backend).await;
    let open = the_one(&world).await;
    world.simulator.edit(simulator::World::forget_edits);
    world.night(2).await;
    let closed = the_one(&world).await;
    assert_eq!((text(&closed, "status"), text(&closed, "resolution")), ("RESOLVED", "VERIFIED"));
    assert_eq!((text(&closed, "resolvedBy"), text(&closed, "resolvedDate")), ("checks", "2026-03-04"));
    assert_eq!((kinds(&closed), &closed["ageDays"]), (vec!["FOUND", "VERIFIED"], &json!(2)));
    world.simulator.edit(|vendors| {
        vendors.threatlocker_computer(&key).set("hostname", "STRANGER-2").drop_key("serialNumber");
    });
    world.night(5).await;
    let back = the_one(&world).await;
    assert_eq!((&back["id"], text(&back, "status")), (&open["id"], "OPEN"), "one finding, one exception, for ever");
    assert_eq!((kinds(&back), text(&back, "hostname")), (vec!["FOUND", "VERIFIED", "REOPENED"], "stranger-2"));
    assert_eq!((&back["dateFound"], &back["ageDays"]), (&open["dateFound"], &json!(5)));
    let at: Vec<&str> = back["history"]["nodes"].as_array().unwrap().iter().map(|event| text(event, "at")).collect();
    assert!(at.is_sorted(), "{at:?}");
}

#[rstest]
#[tokio::test]
async fn a_resolved_exception_that_is_gone_keeps_what_the_person_said(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, _) = stranger(backend).await;
    let open = the_one(&world).await;
    resolve(&world, &open["id"], "FALSE_POSITIVE", json!({ "note": "a kiosk" })).await.data();
    world.simulator.edit(simulator::World::forget_edits);
    world.night(1).await;
    let kept = the_one(&world).await;
    assert_eq!((text(&kept, "resolution"), text(&kept, "notes")), ("FALSE_POSITIVE", "a kiosk"));
    assert_eq!(kinds(&kept), ["FOUND", "RESOLVED"]);
}
