//! Usage changes between two stored days tell what changed, on which day, and nothing else.

use harness::{Backend, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

const SHOWN: &str =
    "kind date hostname vendorDeviceKey fromOrganization { name } toOrganization { name } fromBilling toBilling
    device { id } snapshot { date }";

fn newcomer(id: i64, name: &str) -> Value {
    json!({
        "id": id, "organizationId": 5, "locationId": 9, "nodeClass": "WINDOWS_WORKSTATION", "nodeRoleId": 201,
        "approvalStatus": "APPROVED", "offline": false, "systemName": name, "deviceType": "AgentDevice",
    })
}

/// Workstations of the fleet that are billed, with their organizations.
fn billed(world: &World) -> Vec<(i64, i64)> {
    let plain = |row: &&Value| row["nodeClass"] == "WINDOWS_WORKSTATION" && row["approvalStatus"] == "APPROVED";
    let id = |row: &Value| (row["id"].as_i64().unwrap(), row["organizationId"].as_i64().unwrap());
    world.simulator.view(|vendors| vendors.ninja_devices().iter().filter(plain).map(id).collect())
}

async fn changes(world: &World, from: u64, to: u64) -> (Value, Vec<Value>) {
    let query = format!(
        r#"{{ usageChanges(vendor: NINJA, from: "{}", to: "{}") {{ unchanged changes(first: 100) {{ totalCount nodes {{ {SHOWN} }} }}
            totals {{ start added movedIn removed movedOut end billingChanged }} }} }}"#,
        world.day(from),
        world.day(to)
    );
    let answer = world.graphql.query(&query).await["usageChanges"].clone();
    let rows = answer["changes"]["nodes"].as_array().unwrap().clone();
    assert_eq!(answer["changes"]["totalCount"], rows.len());
    (answer, rows)
}

fn of(rows: &[Value], id: i64) -> Vec<&Value> {
    let key = id.to_string();
    rows.iter().filter(|row| row["vendorDeviceKey"] == key.as_str()).collect()
}

/// A plain fleet over five nights in which one thing happens at a time: one device each is added, removed, moved, parked
/// as a spare, both moved and parked, renamed, and one comes and goes.
async fn five_nights(backend: Backend) -> (World, Vec<i64>) {
    let world = World::on(backend).plan(FleetPlan { organizations: 4, ..FleetPlan::plain(30, 8) }).start().await;
    let all = billed(&world);
    let ids: Vec<i64> = all.iter().filter(|(_, organization)| *organization != 14).map(|(id, _)| *id).take(5).collect();
    world.night(0).await;
    world.simulator.edit(|vendors| {
        vendors.ninja_device(ids[0]).remove();
        vendors.add_ninja_device(newcomer(900_002, "CAME-AND-WENT"));
    });
    world.night(1).await;
    world.simulator.edit(|vendors| {
        vendors.move_ninja_device(ids[1], 14);
        vendors.ninja_device(900_002).remove();
    });
    world.night(2).await;
    world.simulator.edit(|vendors| {
        vendors.ninja_device(ids[2]).set("displayName", "spare 2");
        vendors.move_ninja_device(ids[3], 14);
    });
    world.night(3).await;
    world.simulator.edit(|vendors| {
        vendors.ninja_device(ids[3]).set("displayName", "SPARE 3");
        vendors.rename_ninja_device(ids[4], "ANOTHER-NAME");
        vendors.add_ninja_device(newcomer(900_001, "ADDED"));
    });
    world.night(4).await;
    (world, ids)
}

#[rstest]
#[tokio::test]
async fn each_way_to_change_is_told_with_its_day(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (world, ids) = five_nights(backend).await;
    let (answer, rows) = changes(&world, 0, 4).await;
    let one = |id: i64| -> &Value {
        let [one] = of(&rows, id)[..] else { panic!("{id} has not one change: {rows:#?}") };
        one
    };
    let removed = one(ids[0]);
    assert_eq!((text(removed, "kind"), text(removed, "date")), ("REMOVED", "2026-03-03"));
    assert_eq!(
        (text(removed, "fromBilling"), &removed["toBilling"], text(&removed["snapshot"], "date")),
        ("BILLABLE", &Value::Null, "2026-03-02")
    );
    assert_eq!((removed["fromOrganization"].is_object(), &removed["toOrganization"]), (true, &Value::Null));
    let moved = one(ids[1]);
    assert_eq!((text(moved, "kind"), text(moved, "date")), ("ORGANIZATION_CHANGED", "2026-03-04"));
    assert_ne!(moved["fromOrganization"], moved["toOrganization"]);
    assert_eq!(text(&moved["toOrganization"], "name").to_lowercase(), "northwind");
    assert_eq!((text(moved, "fromBilling"), text(moved, "toBilling")), ("BILLABLE", "BILLABLE"));
    let parked = one(ids[2]);
    assert_eq!((text(parked, "kind"), text(parked, "date")), ("BILLING_CHANGED", "2026-03-05"));
    assert_eq!((text(parked, "fromBilling"), text(parked, "toBilling")), ("BILLABLE", "SPARE"));
    assert_eq!(parked["fromOrganization"], parked["toOrganization"]);
    let both: Vec<_> = of(&rows, ids[3]).into_iter().map(|row| (text(row, "kind"), text(row, "date"))).collect();
    assert_eq!(both, [("ORGANIZATION_CHANGED", "2026-03-05"), ("BILLING_CHANGED", "2026-03-06")]);
    assert_eq!(of(&rows, ids[4]), Vec::<&Value>::new(), "a new name is no change of usage");
    assert_eq!(of(&rows, 900_002), Vec::<&Value>::new(), "who came and went is on neither day");
    let added = one(900_001);
    assert_eq!((text(added, "kind"), text(added, "date"), text(added, "hostname")), ("ADDED", "2026-03-06", "ADDED"));
    assert_eq!(
        (&added["fromBilling"], &added["fromOrganization"], text(added, "toBilling")),
        (&Value::Null, &Value::Null, "BILLABLE")
    );
    assert_eq!((rows.len(), &answer["unchanged"]), (6, &json!(30 - 4)));
    let expected =
        json!({ "start": 30, "added": 1, "movedIn": 2, "removed": 1, "movedOut": 2, "end": 30, "billingChanged": 2 });
    assert_eq!(answer["totals"], expected);
}

#[rstest]
#[tokio::test]
async fn a_window_tells_only_its_own_changes(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (world, ids) = five_nights(backend).await;
    let (_, rows) = changes(&world, 1, 2).await;
    let mut told: Vec<_> =
        rows.iter().map(|row| (text(row, "vendorDeviceKey").to_owned(), text(row, "kind"))).collect();
    told.sort();
    let mut expected = [(ids[1].to_string(), "ORGANIZATION_CHANGED"), ("900002".to_owned(), "REMOVED")];
    expected.sort();
    assert_eq!(told, expected);
    assert!(rows.iter().all(|row| row["date"] == "2026-03-04"));
    let (_, rows) = changes(&world, 0, 1).await;
    assert_eq!(rows.len(), 2);
    world.simulator.edit(simulator::World::forget_edits);
    world.night(5).await;
    let (answer, rows) = changes(&world, 0, 5).await;
    assert_eq!(rows, Vec::<Value>::new(), "whatever happened between, the days are alike");
    assert_eq!(answer["unchanged"], 30);
    let (_, rows) = changes(&world, 4, 5).await;
    assert_eq!(of(&rows, ids[0])[0]["kind"], "ADDED", "it is back");
}

#[rstest]
#[tokio::test]
async fn the_day_of_a_change_is_the_first_stored_one_that_shows_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).plan(FleetPlan { organizations: 4, ..FleetPlan::plain(20, 6) }).start().await;
    let id = billed(&world)[0].0;
    world.night(0).await;
    world.simulator.edit(|vendors| {
        vendors.ninja_device(id).set("displayName", "spare");
    });
    // The nights between were lost.
    world.night(5).await;
    world.simulator.edit(|vendors| {
        vendors.ninja_device(id).null("displayName");
    });
    world.night(6).await;
    world.simulator.edit(|vendors| {
        vendors.ninja_device(id).set("displayName", "spare");
    });
    world.night(9).await;
    let (_, rows) = changes(&world, 0, 5).await;
    assert_eq!(text(of(&rows, id)[0], "date"), "2026-03-07");
    let (_, rows) = changes(&world, 0, 9).await;
    assert_eq!(text(of(&rows, id)[0], "date"), "2026-03-11", "the last time it became so");
}
