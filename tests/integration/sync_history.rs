//! The history of syncs: who asked for what, and what came of it.

use std::time::Duration;

use harness::{Backend, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

const SHOWN: &str = "vendor vendorDeviceKey hostname trigger requestedBy requestedAt startedAt endedAt
    durationMilliseconds outcome message openedExceptions closedExceptions device { id }";

async fn sync(world: &World, input: Value) -> Value {
    world.clock.advance(Duration::from_secs(1));
    let query = "mutation($i: SyncDeviceInput!) { syncDevice(input: $i) { device { id } userErrors { code } } }";
    world.graphql.ask(query, json!({ "i": input })).await.data()["syncDevice"].clone()
}

#[rstest]
#[tokio::test]
async fn every_sync_is_told_with_who_asked_and_what_came_of_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).plan(FleetPlan::plain(12, 10)).start().await;
    let key = world.simulator.view(|vendors| vendors.ninja_devices()[0]["id"].to_string());
    sync(&world, json!({ "vendor": "NINJA", "vendorDeviceKey": key })).await;
    world.night(0).await;
    world.clock.advance(Duration::from_mins(1));
    let (id, host) = world.simulator.view(|vendors| {
        let row = &vendors.ninja_devices()[0];
        (row["id"].as_i64().unwrap(), text(row, "systemName").to_owned())
    });
    world.simulator.edit(|vendors| {
        vendors.ninja_device(id).set("displayName", "spare");
    });
    let synced = sync(&world, json!({ "vendor": "NINJA", "hostname": host })).await;
    sync(&world, json!({ "vendor": "THREATLOCKER", "hostname": "nobody" })).await;
    let history = world.graphql.every("syncs", "", SHOWN).await;
    let outcomes: Vec<_> = history.iter().map(|it| text(it, "outcome")).collect();
    assert_eq!(outcomes, ["NOT_FOUND", "SYNCED", "NO_STORED_DAY"], "the newest first");
    let (nobody, done) = (&history[0], &history[1]);
    assert_eq!(
        (text(nobody, "hostname"), &nobody["vendorDeviceKey"], &nobody["device"]),
        ("nobody", &Value::Null, &Value::Null)
    );
    assert_eq!(text(nobody, "message"), "ThreatLocker lists no such device");
    assert_eq!((text(done, "hostname"), text(done, "vendorDeviceKey")), (&*host, &*key));
    assert_eq!((text(done, "trigger"), text(done, "requestedBy")), ("MUTATION", "local operator"));
    assert_eq!(done["device"]["id"], synced["device"]["id"]);
    assert!(done["endedAt"].is_string() && done["startedAt"].is_string() && done["durationMilliseconds"].is_i64());
    let of_device = "query($id: ID!) { device(id: $id) { syncs(first: 5) { totalCount nodes { outcome } } } }";
    let answer = world.graphql.ask(of_device, json!({ "id": synced["device"]["id"] })).await;
    assert_eq!(answer.data()["device"]["syncs"], json!({ "totalCount": 1, "nodes": [{ "outcome": "SYNCED" }] }));
    for (filter, expected) in [
        (r"vendor: { eq: NINJA }".to_owned(), vec!["SYNCED", "NO_STORED_DAY"]),
        (r"outcome: { in: [NOT_FOUND, SYNCED] }".to_owned(), vec!["NOT_FOUND", "SYNCED"]),
        (r"trigger: { eq: WEBHOOK }".to_owned(), vec![]),
        (format!(r#"device: {{ eq: "{}" }}"#, text(&synced["device"], "id")), vec!["SYNCED"]),
        (
            format!(r#"not: {{ device: {{ eq: "{}" }} }}"#, text(&synced["device"], "id")),
            vec!["NOT_FOUND", "NO_STORED_DAY"],
        ),
        (format!(r#"requestedAt: {{ gte: "{}" }}"#, text(done, "requestedAt")), vec!["NOT_FOUND", "SYNCED"]),
    ] {
        let found = world.graphql.every("syncs", &format!("filter: {{ {filter} }}"), "outcome").await;
        assert_eq!(found.iter().map(|it| text(it, "outcome")).collect::<Vec<_>>(), expected, "{filter}");
    }
}

#[rstest]
#[tokio::test]
async fn the_history_is_kept_as_long_as_snapshots_are(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::on(backend).plan(FleetPlan::plain(4, 3)).start().await;
    world.night(0).await;
    let key = world.simulator.view(|vendors| vendors.ninja_devices()[0]["id"].to_string());
    sync(&world, json!({ "vendor": "NINJA", "vendorDeviceKey": key })).await;
    for (day, left) in [(64, 1), (66, 0)] {
        world.move_to(day);
        world.inventory.retain(server::inventory::jobs::Trigger::CommandLine, "test").await.unwrap();
        assert_eq!(world.graphql.every("syncs", "", "outcome").await.len(), left, "after {day} days");
    }
}
