//! Each of the younger checks, from the change at a vendor to the exception and its end.

use std::time::Duration;

use domain::vendor::Vendor;
use harness::{Backend, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

use crate::exception_checks::canonical;

const SHOWN: &str =
    "id type severity status resolution hostname dateFound lastSeen details devices { id } organization { name }";

/// A workstation that both vendors know.
struct Pair {
    device: i64,
    computer: String,
    host: String,
}

/// A fleet in which nothing is wrong, and its workstations.
async fn calm(backend: Backend) -> (World, Vec<Pair>) {
    let world = World::on(backend).plan(FleetPlan { organizations: 1, ..FleetPlan::plain(20, 12) }).start().await;
    let pairs = world.simulator.view(|vendors| {
        let devices = vendors.ninja_devices();
        let pair = |computer: &Value| {
            let named = |device: &&Value| canonical(&device["systemName"]) == canonical(&computer["hostname"]);
            let device = devices.iter().find(|it| it["nodeClass"] == "WINDOWS_WORKSTATION" && named(it))?;
            let host = canonical(&computer["hostname"]);
            Some(Pair { device: device["id"].as_i64()?, computer: text(computer, "computerId").to_owned(), host })
        };
        vendors.threatlocker_computers().iter().filter_map(pair).collect::<Vec<_>>()
    });
    assert!(pairs.len() > 3, "not enough workstations");
    (world, pairs)
}

async fn all(world: &World) -> Vec<Value> {
    world.graphql.every("exceptions", "", SHOWN).await
}

#[track_caller]
fn only<'a>(exceptions: &'a [Value], wanted: &str) -> &'a Value {
    let found: Vec<&Value> = exceptions.iter().filter(|it| it["type"] == wanted).collect();
    assert_eq!(found.len(), 1, "{wanted}: {exceptions:#?}");
    found[0]
}

/// Later the same day, both vendors are collected and checked again.
async fn look_again(world: &World) -> Vec<Value> {
    world.clock.advance(Duration::from_hours(1));
    world.collect(&Vendor::ALL, true).await;
    all(world).await
}

#[rstest]
#[tokio::test]
async fn names_that_people_gave_differently_are_found_until_they_agree(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, pairs) = calm(backend).await;
    let pair = &pairs[0];
    let name = |ninja: &str, threatlocker: &str| {
        world.simulator.edit(|vendors| {
            vendors.ninja_device(pair.device).set("displayName", ninja);
            vendors.threatlocker_computer(&pair.computer).set("computerName", threatlocker);
        });
    };
    name("Zoë's computer", "100% \"Front\" Desk 💥");
    world.night(0).await;
    let found = all(&world).await;
    let exception = only(&found, "DISPLAY_NAME_MISMATCH");
    assert_eq!((found.len(), text(exception, "severity"), text(exception, "hostname")), (1, "LOW", pair.host.as_str()));
    let details = &exception["details"];
    assert_eq!(
        (text(details, "ninja_display_name"), text(details, "tl_display_name")),
        ("Zoë's computer", "100% \"Front\" Desk 💥")
    );
    assert_eq!(exception["devices"].as_array().map(Vec::len), Some(1), "both records are one machine");
    for (ninja, threatlocker) in [
        ("Zoë's computer", " ZOE\u{308}'S  COMPUTER"),
        ("Zoë's computer", &*format!("{}.corp.example", pair.host)),
        (&*pair.host.to_uppercase(), "Front Desk"),
    ] {
        name(ninja, threatlocker);
        let after = look_again(&world).await;
        let exception = only(&after, "DISPLAY_NAME_MISMATCH");
        assert_eq!(
            (text(exception, "status"), text(exception, "resolution")),
            ("RESOLVED", "VERIFIED"),
            "{threatlocker}"
        );
        name("Zoë's computer", "Front Desk");
        assert_eq!(text(only(&look_again(&world).await, "DISPLAY_NAME_MISMATCH"), "status"), "OPEN");
    }
}

#[rstest]
#[tokio::test]
async fn a_billable_machine_that_loses_its_agent_is_found_and_a_spare_one_is_not(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, pairs) = calm(backend).await;
    world.night(0).await;
    assert_eq!(all(&world).await, Vec::<Value>::new());
    world.simulator.edit(|vendors| vendors.threatlocker_computer(&pairs[0].computer).remove());
    world.night(1).await;
    let found = all(&world).await;
    let missing = only(&found, "MISSING_TL");
    assert_eq!(
        (found.len(), text(missing, "severity"), text(missing, "hostname")),
        (1, "HIGH", pairs[0].host.as_str())
    );
    assert_eq!((text(missing, "dateFound"), text(missing, "status")), ("2026-03-03", "OPEN"));
    assert_eq!(text(&missing["details"], "ninja_vendor_device_key"), pairs[0].device.to_string());
    assert_eq!(text(&missing["details"], "device_type"), "workstation");
    world.simulator.edit(|vendors| {
        vendors.ninja_device(pairs[0].device).set("displayName", "spare laptop");
    });
    let parked = look_again(&world).await;
    assert_eq!(text(only(&parked, "MISSING_TL"), "resolution"), "VERIFIED");
    world.simulator.edit(simulator::World::forget_edits);
    let calm = look_again(&world).await;
    assert!(calm.iter().all(|it| it["status"] == "RESOLVED"), "{calm:#?}");
}

#[rstest]
#[tokio::test]
async fn ninja_devices_with_one_serial_number_are_found_and_the_one_in_contact_is_kept(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, pairs) = calm(backend).await;
    let night = domain::clock::Clock::now(&*world.clock).timestamp();
    let (kept, surplus) = (&pairs[1], &pairs[2]);
    world.simulator.edit(|vendors| {
        for (pair, serial, contact) in [(kept, "XYZ-77 00", night - 60), (surplus, "xyz7700", night - 90_000)] {
            let mut device = vendors.ninja_device(pair.device);
            device
                .set("system.serialNumber", serial)
                .set("system.biosSerialNumber", serial)
                .set("lastContact", contact);
            vendors.threatlocker_computer(&pair.computer).drop_key("serialNumber");
        }
    });
    world.night(0).await;
    let found = all(&world).await;
    let duplicate = only(&found, "DUPLICATE_NINJA");
    assert_eq!(
        (found.len(), text(duplicate, "severity"), text(duplicate, "hostname")),
        (1, "MEDIUM", surplus.host.as_str())
    );
    let details = &duplicate["details"];
    assert_eq!(
        (text(details, "keep"), text(details, "surplus")),
        (&*kept.device.to_string(), &*surplus.device.to_string())
    );
    assert_eq!(
        (&details["shared"][0]["what"], &details["shared"][0]["value"]),
        (&json!("serial_number"), &json!("xyz7700"))
    );
    // The other one is in contact now: it is the first one that is surplus.
    world.simulator.edit(|vendors| {
        vendors.ninja_device(surplus.device).set("lastContact", night + 3000);
    });
    let turned = look_again(&world).await;
    assert_eq!(turned.len(), 2);
    for (host, status) in [(&surplus.host, "RESOLVED"), (&kept.host, "OPEN")] {
        assert!(turned.iter().any(|it| it["hostname"] == **host && it["status"] == status), "{turned:#?}");
    }
}

#[rstest]
#[tokio::test]
async fn what_could_not_be_decided_is_found_with_every_candidate_until_it_can(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, pairs) = calm(backend).await;
    let (one, other) = (&pairs[1], &pairs[2]);
    world.simulator.edit(|vendors| {
        for pair in [one, other] {
            vendors.rename_ninja_device(pair.device, "XRAY");
        }
        vendors.rename_computer(&one.computer, "XRAY");
        vendors.threatlocker_computer(&one.computer).drop_key("serialNumber");
        vendors.threatlocker_computer(&other.computer).remove();
    });
    world.night(0).await;
    let found = all(&world).await;
    let ambiguous = only(&found, "AMBIGUOUS_MATCH");
    assert_eq!((text(ambiguous, "severity"), text(ambiguous, "hostname")), ("MEDIUM", "xray"));
    assert_eq!(text(&ambiguous["details"], "rule"), "hostname_in_organization");
    let mut keys: Vec<&str> =
        ambiguous["details"]["candidates"].as_array().unwrap().iter().map(|it| text(it, "vendor_device_key")).collect();
    keys.sort_unstable();
    let mut expected = [one.device.to_string(), other.device.to_string()];
    expected.sort();
    assert_eq!(keys, expected);
    let missing = only(&found, "MISSING_NINJA");
    assert_eq!(missing["details"]["ambiguity"]["candidates"], ambiguous["details"]["candidates"]);
    let unprotected: Vec<&Value> = found.iter().filter(|it| it["type"] == "MISSING_TL").collect();
    assert_eq!(unprotected.len(), 2);
    for exception in unprotected {
        assert_eq!(text(&exception["details"]["ambiguity"]["devices"][0], "vendor_device_key"), one.computer);
    }
    world.simulator.edit(|vendors| vendors.rename_ninja_device(other.device, "XRAY-OLD"));
    let decided = look_again(&world).await;
    let open: Vec<&str> = decided.iter().filter(|it| it["status"] == "OPEN").map(|it| text(it, "type")).collect();
    assert_eq!(open, ["MISSING_TL"], "the other machine has no agent");
    assert_eq!(text(only(&decided, "AMBIGUOUS_MATCH"), "resolution"), "VERIFIED");
}

#[rstest]
#[tokio::test]
async fn silence_is_found_from_the_day_the_setting_says_and_ends_with_a_contact(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, pairs) = calm(backend).await;
    // 30 and 31 days before 2 March, at noon in Chicago; the nights are at 02:10.
    world.simulator.edit(|vendors| {
        vendors.threatlocker_computer(&pairs[0].computer).set("lastCheckin", "2026-01-31T18:00:00Z");
        vendors.threatlocker_computer(&pairs[1].computer).set("lastCheckin", "2026-01-30T18:00:00Z");
        // Never in contact: one is new, the other was added on 1 January.
        vendors.ninja_device(pairs[2].device).set("lastContact", 0).set("created", 1_772_000_000);
        vendors.ninja_device(pairs[3].device).set("lastContact", 0).set("created", 1_767_290_400);
    });
    world.night(0).await;
    let found = all(&world).await;
    let never = found.iter().find(|it| it["details"]["silent_since"] == "added_at").unwrap();
    assert_eq!((text(never, "hostname"), &never["details"]["days_silent"]), (pairs[3].host.as_str(), &json!(60)));
    let stale = found.iter().find(|it| it["id"] != never["id"]).unwrap();
    assert_eq!((found.len(), text(stale, "severity"), text(stale, "hostname")), (2, "LOW", pairs[1].host.as_str()));
    let details = &stale["details"];
    assert_eq!((text(details, "vendor"), &details["days_silent"]), ("ThreatLocker", &json!(31)));
    assert_eq!(text(details, "vendor_device_key"), pairs[1].computer);
    world.night(1).await;
    let next = all(&world).await;
    let hosts: Vec<&str> = next.iter().filter(|it| it["status"] == "OPEN").map(|it| text(it, "hostname")).collect();
    assert_eq!((next.len(), hosts.len()), (3, 3), "a day later the other is silent for 31 days too");
    world.simulator.edit(|vendors| {
        vendors.threatlocker_computer(&pairs[1].computer).set("lastCheckin", "2026-03-03T07:00:00Z");
    });
    let heard = look_again(&world).await;
    let ended = heard.iter().find(|it| it["hostname"] == *pairs[1].host).unwrap();
    assert_eq!((text(ended, "status"), text(ended, "resolution")), ("RESOLVED", "VERIFIED"));
}

#[rstest]
#[tokio::test]
async fn the_days_of_silence_are_a_setting(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let builder = World::on(backend).plan(FleetPlan { organizations: 1, ..FleetPlan::plain(10, 6) });
    let world = builder.rules(|rules| rules.checks.stale_after_days = 90).start().await;
    let computer = world.simulator.view(|vendors| text(&vendors.threatlocker_computers()[1], "computerId").to_owned());
    let heard = |at: &str| {
        world.simulator.edit(|vendors| _ = vendors.threatlocker_computer(&computer).set("lastCheckin", at));
    };
    heard("2025-12-03T18:00:00Z");
    world.night(0).await;
    assert_eq!(all(&world).await, Vec::<Value>::new(), "89 days");
    heard("2025-12-01T18:00:00Z");
    let found = look_again(&world).await;
    assert_eq!(only(&found, "STALE_DEVICE")["details"]["stale_after_days"], 90);
}
