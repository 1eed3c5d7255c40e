//! Days that are written again tell usage again: a day collected twice, a held one applied later, a device synced today.

use domain::{usage::Scope, vendor::Vendor};
use harness::{Backend, World};
use rstest::rstest;
use serde_json::{Value, json};
use server::inventory::held::Decision;
use simulator::FleetPlan;

use crate::usage_oracle::{Asked, Oracle, Told};

async fn plain(backend: Backend, nights: u64) -> (World, Vec<i64>) {
    let world = World::on(backend).plan(FleetPlan { organizations: 4, ..FleetPlan::plain(30, 10) }).start().await;
    let billed = |row: &&Value| row["nodeClass"] == "WINDOWS_WORKSTATION" && row["approvalStatus"] == "APPROVED";
    let id = |row: &Value| row["id"].as_i64().unwrap();
    let ids = world.simulator.view(|vendors| vendors.ninja_devices().iter().filter(billed).map(id).collect());
    for night in 0..nights {
        world.night(night).await;
    }
    (world, ids)
}

/// Every window of the vendor agrees with its days; answers what the one of these days tells.
async fn told(world: &World, from: u64, to: u64) -> Told {
    let oracle = Oracle::read(world).await;
    let asked = |from, to| Asked { vendor: Some(Vendor::Ninja), from, to, scope: Scope::default() };
    for (from, to) in oracle.windows() {
        oracle.check(world, &asked(from, to)).await;
    }
    oracle.check(world, &asked(world.day(from), world.day(to))).await
}

#[rstest]
#[tokio::test]
async fn a_day_collected_again_is_told_as_it_was_collected_last(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, ids) = plain(backend, 2).await;
    assert_eq!(told(&world, 0, 1).await.transitions, Vec::<String>::new());
    world.simulator.edit(|vendors| {
        ids[..3].iter().for_each(|id| vendors.ninja_device(*id).remove());
        vendors.ninja_device(ids[4]).set("displayName", "spare");
    });
    world.collect(&[Vendor::Ninja], false).await;
    let again = told(&world, 0, 1).await;
    assert_eq!((again.changes.len(), again.unchanged), (4, 26));
    world.simulator.edit(simulator::World::forget_edits);
    world.collect(&[Vendor::Ninja], false).await;
    let back = told(&world, 0, 1).await;
    assert_eq!((back.transitions.len(), back.unchanged), (0, 30));
    world.simulator.edit(|vendors| vendors.ninja_device(ids[0]).remove());
    world.night(2).await;
    // The day in the middle again: both windows that it ends or begins are told anew.
    world.move_to(1);
    world.collect(&[Vendor::Ninja], false).await;
    assert_eq!(told(&world, 0, 1).await.changes.len(), 1);
    assert_eq!(told(&world, 1, 2).await.changes, Vec::<String>::new());
}

#[rstest]
#[tokio::test]
async fn a_held_day_is_told_once_it_is_applied(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (world, _) = plain(backend, 2).await;
    world.move_to(2);
    world.shrink(Vendor::Ninja, 10);
    assert_eq!(world.collect(&[Vendor::Ninja], false).await.batch.status, "held");
    let window = |to: u64| {
        let (from, to) = (world.day(1), world.day(to));
        format!(r#"{{ usageChanges(vendor: NINJA, from: "{from}", to: "{to}") {{ totals {{ removed end }} }} }}"#)
    };
    assert_eq!(world.graphql.ask(&window(2), json!({})).await.error_code(), "NO_DATA");
    // A day passes before a person decides; the held day is an older one by then.
    world.clock.set_night_of(world.day(3));
    let held = world.inventory.list_held().await.unwrap();
    assert!(matches!(
        world.inventory.apply_held(held[0].id, &harness::held_word()).await.unwrap(),
        Decision::Applied { .. }
    ));
    assert_eq!(world.graphql.query(&window(2)).await["usageChanges"]["totals"], json!({ "removed": 20, "end": 10 }));
    assert_eq!(told(&world, 1, 2).await.changes.len(), 20);
}

#[rstest]
#[tokio::test]
async fn one_device_synced_today_is_in_todays_window(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (world, ids) = plain(backend, 2).await;
    world.simulator.edit(|vendors| {
        vendors.ninja_device(ids[0]).set("displayName", "spare 0");
        vendors.ninja_device(ids[1]).set("displayName", "spare 1");
    });
    let sync = format!(
        "mutation {{ syncDevice(input: {{ vendor: NINJA, vendorDeviceKey: \"{}\" }}) {{ userErrors {{ message }} }} }}",
        ids[0]
    );
    assert_eq!(world.graphql.query(&sync).await["syncDevice"]["userErrors"], json!([]));
    let one = told(&world, 0, 1).await;
    assert_eq!((one.changes.len(), one.total[6]), (1, 1), "{one:?}");
}

#[rstest]
#[tokio::test]
async fn a_mapping_made_later_makes_and_unmakes_moves_of_past_windows(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, _) = plain(backend, 1).await;
    let (id, from, to) = world.simulator.view(|vendors| {
        let row = vendors.ninja_devices()[0].clone();
        let other = vendors.ninja_organizations().into_iter().rfind(|one| one["id"] != row["organizationId"]).unwrap();
        (row["id"].as_i64().unwrap(), row["organizationId"].as_i64().unwrap(), other["id"].as_i64().unwrap())
    });
    world.simulator.edit(|vendors| vendors.move_ninja_device(id, to));
    world.night(1).await;
    world.night(2).await;
    let moved = told(&world, 0, 2).await;
    assert_eq!((moved.changes.len(), moved.total[2], moved.total[4]), (1, 1, 1));
    let alias = |mutation: &str, key: i64, more: &str| {
        format!(
            "mutation {{ {mutation}(input: {{ vendor: NINJA, vendorSiteKey: \"{key}\" {more} }}) {{ changed
                userErrors {{ message }} }} }}"
        )
    };
    for key in [from, to] {
        let set: Value = world.graphql.query(&alias("setOrganizationAlias", key, ", name: \"Both\"")).await;
        assert_eq!(set["setOrganizationAlias"]["changed"], true);
    }
    let one = told(&world, 0, 2).await;
    assert_eq!((one.changes.len(), one.transitions.len(), one.unchanged), (0, 0, 30));
    world.graphql.query(&alias("removeOrganizationAlias", to, "")).await;
    assert_eq!(told(&world, 0, 2).await.changes.len(), 1);
}
