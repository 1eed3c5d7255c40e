//! Every coming and going inside a window, on its day; lists of changes by kind, client, vendor and day, in three orders.

use domain::vendor::Vendor;
use harness::{Backend, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

const SHOWN: &str =
    "kind vendor date hostname vendorDeviceKey fromOrganization { id } toOrganization { id } fromBilling
    toBilling snapshot { date hostname }";

/// Five nights of a plain fleet in which one device leaves, comes back elsewhere, and is a spare for one night.
async fn restless(backend: Backend) -> (World, i64) {
    let world = World::on(backend).plan(FleetPlan { organizations: 4, ..FleetPlan::plain(30, 20) }).start().await;
    let plain = |row: &&Value| row["nodeClass"] == "WINDOWS_WORKSTATION" && row["organizationId"] != 14;
    let rows = world.simulator.view(simulator::World::ninja_devices);
    let id = rows.iter().find(plain).unwrap()["id"].as_i64().unwrap();
    world.night(0).await;
    world.simulator.edit(|vendors| vendors.ninja_device(id).remove());
    world.night(1).await;
    world.simulator.edit(simulator::World::forget_edits);
    world.simulator.edit(|vendors| vendors.move_ninja_device(id, 14));
    world.night(2).await;
    world.simulator.edit(|vendors| {
        vendors.ninja_device(id).set("displayName", "spare");
    });
    world.night(3).await;
    world.simulator.edit(|vendors| {
        vendors.ninja_device(id).null("displayName");
    });
    world.simulator.edit(|vendors| vendors.rename_ninja_device(id, "RESTLESS"));
    world.night(4).await;
    (world, id)
}

async fn list(world: &World, arguments: &str) -> Vec<Value> {
    list_to(world, 4, arguments).await
}

async fn list_to(world: &World, night: u64, arguments: &str) -> Vec<Value> {
    let query = format!(
        r#"{{ usageChanges(from: "{}", to: "{}") {{ changes(first: 500, {arguments}) {{ totalCount nodes {{ {SHOWN} }} }} }} }}"#,
        world.day(0),
        world.day(night)
    );
    let answer = world.graphql.query(&query).await["usageChanges"]["changes"].clone();
    let rows = answer["nodes"].as_array().unwrap().clone();
    assert_eq!(answer["totalCount"], rows.len());
    rows
}

#[rstest]
#[tokio::test]
async fn a_device_that_left_and_came_back_tells_every_step(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, id) = restless(backend).await;
    let key = id.to_string();
    let own =
        |rows: Vec<Value>| rows.into_iter().filter(|row| row["vendorDeviceKey"] == key.as_str()).collect::<Vec<_>>();
    let net = own(list(&world, "transitions: false").await);
    let [moved] = &net[..] else { panic!("not one change: {net:#?}") };
    assert_eq!((text(moved, "kind"), text(moved, "date")), ("ORGANIZATION_CHANGED", "2026-03-04"));
    assert_eq!(
        moved["snapshot"],
        json!({ "date": "2026-03-06", "hostname": "RESTLESS" }),
        "as it is on the second day"
    );
    let steps = own(list(&world, "transitions: true").await);
    let told: Vec<_> =
        steps.iter().map(|row| (text(row, "date"), text(row, "kind"), text(&row["snapshot"], "date"))).collect();
    let expected = [
        ("2026-03-03", "REMOVED", "2026-03-02"),
        ("2026-03-04", "ADDED", "2026-03-04"),
        ("2026-03-04", "ORGANIZATION_CHANGED", "2026-03-04"),
        ("2026-03-05", "BILLING_CHANGED", "2026-03-05"),
        ("2026-03-06", "BILLING_CHANGED", "2026-03-06"),
    ];
    assert_eq!(told, expected, "one device's steps come by day");
    assert_eq!((&steps[1]["fromOrganization"], &steps[1]["fromBilling"]), (&Value::Null, &Value::Null));
    assert_eq!(steps[2]["fromOrganization"], steps[0]["fromOrganization"], "it was last known where it had left");
    assert_eq!((text(&steps[3], "fromBilling"), text(&steps[3], "toBilling")), ("BILLABLE", "SPARE"));
    assert_ne!(text(&steps[0], "hostname"), "RESTLESS", "a step tells the name of its day");
    assert_eq!(text(&steps[4], "hostname"), "RESTLESS");
}

/// What a filter asks, said of a row.
type Holds<'a> = Box<dyn Fn(&Value) -> bool + 'a>;

#[rstest]
#[tokio::test]
async fn filters_leave_the_changes_they_ask_for(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let plan = FleetPlan { organizations: 6, ninja_devices: 120, threatlocker_devices: 80, ..FleetPlan::default() };
    let world = World::on(backend).plan(plan).start().await;
    let billed = |row: &&Value| row["nodeClass"] == "WINDOWS_WORKSTATION" && row["organizationId"] != 14;
    let id = |row: &Value| row["id"].as_i64().unwrap();
    let ids: Vec<i64> = world.simulator.view(|vendors| vendors.ninja_devices().iter().filter(billed).map(id).collect());
    world.night(0).await;
    world.simulator.edit(|vendors| {
        vendors.ninja_device(ids[0]).remove();
        vendors.ninja_device(ids[1]).set("displayName", "spare");
    });
    world.night(2).await;
    world.simulator.edit(simulator::World::forget_edits);
    world.night(9).await;
    world.simulator.edit(|vendors| {
        ids[2..4].iter().for_each(|id| vendors.move_ninja_device(*id, 14));
        vendors.ninja_device(ids[4]).remove();
    });
    world.night(20).await;
    let all = list_to(&world, 20, "transitions: true").await;
    let moved = all.iter().find(|row| row["kind"] == "ORGANIZATION_CHANGED" && row["toOrganization"].is_object());
    let client = text(&moved.unwrap()["toOrganization"], "id").to_owned();
    let in_client =
        |row: &Value| ["fromOrganization", "toOrganization"].iter().any(|side| row[side]["id"] == client.as_str());
    let cases: [(String, Holds<'_>); 7] = [
        ("{ kind: { eq: ADDED } }".into(), Box::new(|row| row["kind"] == "ADDED")),
        (
            "{ kind: { in: [ADDED, REMOVED] } }".into(),
            Box::new(|row| row["kind"] == "ADDED" || row["kind"] == "REMOVED"),
        ),
        ("{ vendor: { eq: THREATLOCKER } }".into(), Box::new(|row| row["vendor"] == "THREATLOCKER")),
        (
            r#"{ date: { gte: "2026-03-04", lte: "2026-03-12" } }"#.into(),
            Box::new(|row| ["2026-03-04", "2026-03-11"].contains(&text(row, "date"))),
        ),
        (format!(r#"{{ organization: {{ eq: "{client}" }} }}"#), Box::new(in_client)),
        (format!(r#"{{ not: {{ organization: {{ eq: "{client}" }} }} }}"#), Box::new(move |row| !in_client(row))),
        (
            "{ or: [{ kind: { eq: REMOVED } }, { vendor: { eq: NINJA }, kind: { eq: ADDED } }] }".into(),
            Box::new(|row| row["kind"] == "REMOVED" || (row["vendor"] == "NINJA" && row["kind"] == "ADDED")),
        ),
    ];
    for (filter, holds) in cases {
        let found = list_to(&world, 20, &format!("transitions: true, filter: {filter}")).await;
        let expected: Vec<Value> = all.iter().filter(|row| holds(row)).cloned().collect();
        assert!(!expected.is_empty() && expected.len() < all.len(), "{filter} asks nothing of {} rows", all.len());
        assert_eq!(found, expected, "{filter}");
    }
    let nowhere = list_to(&world, 20, "transitions: true, filter: { organization: { isNull: true } }").await;
    assert!(
        nowhere.iter().all(|row| match text(row, "kind") {
            "ADDED" => row["toOrganization"].is_null(),
            "REMOVED" => row["fromOrganization"].is_null(),
            _ => row["fromOrganization"].is_null() || row["toOrganization"].is_null(),
        }),
        "{nowhere:#?}"
    );
    assert_eq!(list_to(&world, 20, "filter: { kind: { in: [] } }").await, Vec::<Value>::new());
}

#[rstest]
#[tokio::test]
async fn lists_go_by_day_by_name_or_by_device(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (world, _) = restless(backend).await;
    world.simulator.edit(|vendors| {
        let ids: Vec<i64> = vendors.ninja_devices().iter().map(|row| row["id"].as_i64().unwrap()).collect();
        ids[..4].iter().for_each(|id| vendors.ninja_device(*id).remove());
    });
    world.collect(&[Vendor::Ninja], false).await;
    for (field, key) in [("DATE", "date"), ("HOSTNAME", "hostname")] {
        for direction in ["ASC", "DESC"] {
            let rows =
                list(&world, &format!("transitions: true, orderBy: {{ field: {field}, direction: {direction} }}"))
                    .await;
            assert!(rows.len() > 6);
            let keys: Vec<&str> = rows.iter().map(|row| text(row, key)).collect();
            let mut sorted = keys.clone();
            sorted.sort_unstable();
            if direction == "DESC" {
                sorted.reverse();
            }
            assert_eq!(keys, sorted, "{field} {direction}");
        }
    }
    let by_device = list(&world, "transitions: true, orderBy: { field: DEVICE }").await;
    assert_eq!(by_device, list(&world, "transitions: true").await);
    let runs = by_device.chunk_by(|one, other| one["vendorDeviceKey"] == other["vendorDeviceKey"]).count();
    let devices: std::collections::HashSet<&str> = by_device.iter().map(|row| text(row, "vendorDeviceKey")).collect();
    assert_eq!(runs, devices.len(), "what one device did stays together");
}
