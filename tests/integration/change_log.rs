//! The change log tells per stored day and vendor the totals and what changed them, as `usageChanges` does for two days.

use domain::vendor::Vendor;
use harness::{Backend, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

const SHOWN: &str = "date metric value previousValue previousDate delta devices { vendorDeviceKey hostname }";

async fn log(world: &World, vendor: &str) -> Vec<Value> {
    world.graphql.every("changeLog", &format!("vendor: {vendor}"), SHOWN).await
}

#[track_caller]
fn entry<'a>(log: &'a [Value], date: &str, metric: &str) -> &'a Value {
    let found: Vec<&Value> = log.iter().filter(|row| row["date"] == date && row["metric"] == metric).collect();
    let [one] = found[..] else { panic!("{} entries of {metric} on {date}", found.len()) };
    one
}

/// What `usageChanges` says of two days: totals of the window, and the changes by kind.
async fn compared(world: &World, vendor: &str, from: &str, to: &str) -> (Value, Vec<Value>) {
    let query = format!(
        r#"{{ usageChanges(vendor: {vendor}, from: "{from}", to: "{to}") {{ totals {{ start end }}
            changes(first: 500) {{ totalCount nodes {{ kind vendorDeviceKey }} }} }} }}"#
    );
    let answer = world.graphql.query(&query).await["usageChanges"].clone();
    let changes = answer["changes"]["nodes"].as_array().unwrap().clone();
    assert_eq!(answer["changes"]["totalCount"], changes.len());
    (answer["totals"].clone(), changes)
}

async fn assert_agreement(world: &World, vendor: &str) -> i64 {
    let log = log(world, vendor).await;
    let dates: Vec<&str> = log.iter().filter(|row| row["metric"] == "TOTAL").map(|row| text(row, "date")).collect();
    let mut told = 0;
    for days in dates.windows(2) {
        let (totals, changes) = compared(world, vendor, days[0], days[1]).await;
        let total = entry(&log, days[1], "TOTAL");
        assert_eq!(total["previousDate"], days[0]);
        assert_eq!((&total["previousValue"], &total["value"]), (&totals["start"], &totals["end"]), "{days:?}");
        let mut delta = 0;
        for kind in ["ADDED", "REMOVED", "ORGANIZATION_CHANGED", "BILLING_CHANGED"] {
            let of_kind: Vec<&Value> = changes.iter().filter(|change| change["kind"] == kind).collect();
            if vendor != "NINJA" && kind == "BILLING_CHANGED" {
                assert_eq!(of_kind.len(), 0);
                continue;
            }
            let row = entry(&log, days[1], kind);
            assert_eq!(row["value"], of_kind.len(), "{kind} {days:?}");
            delta += row["delta"].as_i64().unwrap();
            told += row["value"].as_i64().unwrap();
            let named: Vec<&str> =
                row["devices"].as_array().unwrap().iter().map(|device| text(device, "vendorDeviceKey")).collect();
            let expected: Vec<&str> = of_kind.iter().take(100).map(|change| text(change, "vendorDeviceKey")).collect();
            assert_eq!(named, expected, "{kind} {days:?}");
        }
        assert_eq!(total["delta"], delta, "what came and went is what the total changed by");
    }
    told
}

#[rstest]
#[tokio::test]
async fn every_night_the_log_says_what_the_comparison_of_its_days_says(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let plan = FleetPlan { organizations: 8, ninja_devices: 160, threatlocker_devices: 120, ..FleetPlan::default() };
    let world = World::on(backend).plan(plan).start().await;
    for night in [0, 1, 2, 9, 10, 27] {
        world.night(night).await;
    }
    assert!(assert_agreement(&world, "NINJA").await > 3, "a fleet that lives changes");
    assert!(assert_agreement(&world, "THREATLOCKER").await > 1);
}

#[rstest]
#[tokio::test]
async fn the_first_day_has_totals_and_nothing_to_compare_with(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    world.night(0).await;
    let ninja = log(&world, "NINJA").await;
    let metrics: Vec<&str> = ninja.iter().map(|row| text(row, "metric")).collect();
    assert_eq!(metrics, ["BILLABLE", "SPARE", "TOTAL", "UNKNOWN"]);
    assert!(ninja.iter().all(|row| row["previousValue"].is_null() && row["delta"].is_null()), "{ninja:#?}");
    let value = |metric| entry(&ninja, "2026-03-02", metric)["value"].as_i64().unwrap();
    assert_eq!(value("BILLABLE") + value("SPARE") + value("UNKNOWN"), value("TOTAL"));
    let threatlocker = log(&world, "THREATLOCKER").await;
    assert_eq!(threatlocker.iter().map(|row| text(row, "metric")).collect::<Vec<_>>(), ["TOTAL"]);
}

#[rstest]
#[tokio::test]
async fn a_day_collected_again_is_logged_again_and_the_day_after_it_too(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).plan(FleetPlan { organizations: 4, ..FleetPlan::plain(30, 8) }).start().await;
    world.night(0).await;
    world.night(1).await;
    let before = log(&world, "NINJA").await;
    assert_eq!(entry(&before, "2026-03-03", "REMOVED")["value"], 0);
    let id = world.simulator.view(|vendors| vendors.ninja_devices()[0]["id"].as_i64().unwrap());
    world.simulator.edit(|vendors| vendors.ninja_device(id).remove());
    world.collect(&[Vendor::Ninja], false).await;
    let after = log(&world, "NINJA").await;
    let removed = entry(&after, "2026-03-03", "REMOVED");
    assert_eq!((&removed["value"], &removed["delta"]), (&json!(1), &json!(-1)));
    assert_eq!(after.len(), before.len(), "rows are replaced");
    // The first day again, without the device: now it is the day after that is different.
    world.move_to(0);
    world.collect(&[Vendor::Ninja], false).await;
    let after = log(&world, "NINJA").await;
    assert_eq!(entry(&after, "2026-03-03", "REMOVED")["value"], 0);
    assert_eq!(entry(&after, "2026-03-03", "TOTAL")["previousValue"], 29);
    assert_agreement(&world, "NINJA").await;
}

#[rstest]
#[tokio::test]
async fn one_device_synced_today_is_in_todays_log(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::on(backend).plan(FleetPlan { organizations: 4, ..FleetPlan::plain(30, 8) }).start().await;
    world.night(0).await;
    world.night(1).await;
    let row = world.simulator.view(|vendors| vendors.ninja_devices()[0].clone());
    world.simulator.edit(|vendors| {
        vendors.ninja_device(row["id"].as_i64().unwrap()).set("displayName", "it's a \"spare\" 100% 🦀");
    });
    let sync = format!(
        "mutation {{ syncDevice(input: {{ vendor: NINJA, vendorDeviceKey: \"{}\" }}) {{ userErrors {{ message }} }} }}",
        row["id"]
    );
    assert_eq!(world.graphql.query(&sync).await["syncDevice"]["userErrors"], json!([]));
    let log = log(&world, "NINJA").await;
    let changed = entry(&log, "2026-03-03", "BILLING_CHANGED");
    assert_eq!(changed["value"], 1);
    assert_eq!(text(&changed["devices"][0], "vendorDeviceKey"), row["id"].to_string());
    assert_eq!(entry(&log, "2026-03-03", "SPARE")["delta"], 1);
    assert_agreement(&world, "NINJA").await;
}

#[rstest]
#[tokio::test]
async fn a_mapping_that_makes_two_organizations_one_unsays_the_moves_between_them(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).plan(FleetPlan { organizations: 4, ..FleetPlan::plain(30, 8) }).start().await;
    world.night(0).await;
    let (id, from, to) = world.simulator.view(|vendors| {
        let row = vendors.ninja_devices()[0].clone();
        let other = vendors.ninja_organizations().into_iter().rfind(|one| one["id"] != row["organizationId"]).unwrap();
        (row["id"].as_i64().unwrap(), row["organizationId"].as_i64().unwrap(), other["id"].as_i64().unwrap())
    });
    world.simulator.edit(|vendors| vendors.move_ninja_device(id, to));
    world.night(1).await;
    assert_eq!(entry(&log(&world, "NINJA").await, "2026-03-03", "ORGANIZATION_CHANGED")["value"], 1);
    for key in [from, to] {
        let query = format!(
            "mutation {{ setOrganizationAlias(input: {{ vendor: NINJA, vendorSiteKey: \"{key}\", name: \"Both\" }}) {{
                changed userErrors {{ message }} }} }}"
        );
        assert_eq!(world.graphql.query(&query).await["setOrganizationAlias"]["changed"], true);
    }
    assert_eq!(entry(&log(&world, "NINJA").await, "2026-03-03", "ORGANIZATION_CHANGED")["value"], 0);
    assert_agreement(&world, "NINJA").await;
}
