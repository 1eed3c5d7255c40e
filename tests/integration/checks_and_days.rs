//! What checks make of a day that a vendor has not, has in part, or has held back: nothing of what they can't see changes,
//! and what one vendor alone can tell is still told.

use domain::vendor::Vendor;
use harness::{Backend, World, at_every_call, at_the_list, text};
use rstest::rstest;
use serde_json::Value;
use simulator::{Effect, FleetPlan, When};

const SHOWN: &str = "id type status version lastSeen details hostname history { nodes { kind } }";

async fn all(world: &World) -> Vec<Value> {
    world.graphql.every("exceptions", "", SHOWN).await
}

/// Whether a check of this vendor's devices alone found the exception.
fn is_of_one(exception: &Value, vendor: Vendor) -> bool {
    let own = match vendor {
        Vendor::Ninja => "DUPLICATE_NINJA",
        Vendor::ThreatLocker => "DUPLICATE_TL",
    };
    exception["type"] == own || (exception["type"] == "STALE_DEVICE" && exception["details"]["vendor"] == vendor.name())
}

/// How a vendor's night goes wrong.
#[derive(Clone, Copy, Debug)]
enum Night {
    Missing,
    Partial,
    Held,
}

#[rstest]
#[tokio::test]
async fn a_missing_partial_or_held_day_changes_nothing_but_what_the_other_vendor_tells_alone(
    #[values(Night::Missing, Night::Partial, Night::Held)] night: Night,
    #[values(Vendor::Ninja, Vendor::ThreatLocker)] vendor: Vendor,
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let plan = FleetPlan { organizations: 9, ninja_devices: 260, threatlocker_devices: 200, ..FleetPlan::default() };
    let world = World::on(backend).plan(plan).page_size(100).start().await;
    world.night(0).await;
    let before = all(&world).await;
    world.move_to(9);
    match night {
        Night::Missing => world.strike(at_every_call(vendor, &Effect::Status(403))),
        Night::Partial => world.strike(at_the_list(vendor, &Effect::Status(500)).when(When::From(2))),
        Night::Held => world.shrink(vendor, 90),
    }
    world.collect(&Vendor::ALL, true).await;
    let runs = r#"filter: { businessDate: { eq: "2026-03-11" } }"#;
    let runs = world.graphql.every("jobRuns", runs, "name status vendor message").await;
    let status = |name: &str| runs.iter().find(|run| run["name"] == name).map(|run| text(run, "status")).unwrap();
    let expected = match night {
        Night::Missing => "FAILED",
        Night::Partial => "PARTIAL",
        Night::Held => "HELD",
    };
    assert_eq!(status(&format!("{}-collector", vendor.slug())), expected, "{runs:#?}");
    assert_eq!(status("cross-vendor-checks"), "PARTIAL");
    let checks = runs.iter().find(|run| run["name"] == "cross-vendor-checks").unwrap();
    let skipped = format!("STALE_DEVICE skipped: {vendor} has no complete snapshot of 2026-03-11");
    assert!(text(checks, "message").contains(&skipped), "{checks:#}");
    let other = if vendor == Vendor::Ninja { Vendor::ThreatLocker } else { Vendor::Ninja };
    let kept = |rows: &[Value]| rows.iter().filter(|it| !is_of_one(it, other)).cloned().collect::<Vec<_>>();
    let after = all(&world).await;
    assert_eq!(kept(&after), kept(&before), "what can't be seen stays as it was, nothing new is said of it");
    let judged: Vec<&Value> =
        after.iter().filter(|it| is_of_one(it, other) && it["lastSeen"] == "2026-03-11").collect();
    assert!(judged.iter().any(|it| it["type"] == "STALE_DEVICE"), "{other} is judged alone: {after:#?}");
}

#[rstest]
#[tokio::test]
async fn silence_at_one_vendor_begins_and_ends_on_a_night_without_the_other(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).plan(FleetPlan { organizations: 1, ..FleetPlan::plain(10, 6) }).start().await;
    let (device, computers) = world.simulator.view(|vendors| {
        let computers = vendors.threatlocker_computers();
        let keys = [&computers[1], &computers[2]].map(|row| text(row, "computerId").to_owned());
        (vendors.ninja_devices()[0]["id"].as_i64().unwrap(), keys)
    });
    let checked_in = |key: &str, at: &str| {
        world.simulator.edit(|vendors| _ = vendors.threatlocker_computer(key).set("lastCheckin", at));
    };
    checked_in(&computers[0], "2026-01-01T00:00:00Z");
    // 1 January, too.
    world.simulator.edit(|vendors| _ = vendors.ninja_device(device).set("lastContact", 1_767_225_600));
    world.night(0).await;
    let first = all(&world).await;
    assert_eq!(first.len(), 2, "{first:#?}");
    checked_in(&computers[0], "2026-03-03T07:00:00Z");
    checked_in(&computers[1], "2026-01-02T00:00:00Z");
    world.move_to(1);
    world.strike(at_every_call(Vendor::Ninja, &Effect::Status(403)));
    world.collect(&Vendor::ALL, true).await;
    let after = all(&world).await;
    let of = |rows: &[Value], key: &str| -> Value {
        rows.iter().find(|it| it["details"]["vendor_device_key"] == key).cloned().unwrap_or_default()
    };
    assert_eq!(of(&after, &device.to_string()), of(&first, &device.to_string()), "Ninja was not asked");
    assert_eq!(text(&of(&after, &computers[0]), "status"), "RESOLVED");
    assert_eq!(text(&of(&after, &computers[1]), "status"), "OPEN");
    world.simulator.set_switches(simulator::Switches::default());
    world.simulator.edit(simulator::World::forget_edits);
    world.night(2).await;
    let last = all(&world).await;
    assert!(last.iter().all(|it| it["status"] == "RESOLVED"), "{last:#?}");
}
