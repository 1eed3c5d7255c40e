//! What the checks find agrees with the truth about the fleet, and they refuse to judge what they can't see.

use std::collections::{BTreeMap, BTreeSet};

use domain::vendor::Vendor;
use entity::site_alias;
use harness::{Backend, World, text};
use rstest::rstest;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    EntityTrait,
};
use serde_json::{Value, json};
use simulator::{Effect, Fault, FleetPlan};

const SHOWN: &str = "id type status hostname details devices { id } organization { name }";

pub(super) async fn open(world: &World) -> Vec<Value> {
    world.graphql.every("exceptions", "filter: { status: { eq: OPEN } }", SHOWN).await
}

pub(super) fn of_type<'a>(exceptions: &'a [Value], wanted: &'a str) -> impl Iterator<Item = &'a Value> {
    exceptions.iter().filter(move |exception| exception["type"] == wanted)
}

pub(super) fn canonical(name: &Value) -> String {
    name.as_str().unwrap_or_default().split(['|', '.']).next().unwrap_or_default().trim().to_lowercase()
}

/// What a filter means.
type Rule<'a> = &'a dyn Fn(&Value) -> bool;

/// Maps the vendors' organizations by their ids, as a person would: two clients have one name, and one has two.
pub(super) async fn map_clients(world: &World) {
    let (ninja, threatlocker) =
        world.simulator.view(|vendors| (vendors.ninja_organizations(), vendors.threatlocker_organizations()));
    // Both vendors list the clients in one order.
    let pairs = ninja.iter().zip(&threatlocker).enumerate();
    let rows = pairs.flat_map(|(number, (ninja, threatlocker))| {
        let keys = [
            (Vendor::Ninja, ninja["id"].to_string()),
            (Vendor::ThreatLocker, text(threatlocker, "organizationId").into()),
        ];
        keys.map(|(vendor, key)| site_alias::ActiveModel {
            id: NotSet,
            canonical_name: Set(format!("Client {number}")),
            vendor_id: Set(world.inventory.reference().vendor_id(vendor)),
            vendor_site_key: Set(key),
        })
    });
    site_alias::Entity::insert_many(rows).exec(world.inventory.database().writer()).await.unwrap();
}

/// ThreatLocker rows whose name several Ninja devices of the same client have, and whose serial number does not tell
/// one of these: nobody knows which of them they are, and nothing is guessed.
pub(super) fn undecidable(world: &World) -> usize {
    world.simulator.view(|vendors| {
        let (ninja, threatlocker) = (vendors.ninja_organizations(), vendors.threatlocker_organizations());
        let place = |all: &[Value], key: &str, id: &Value| all.iter().position(|row| row[key] == *id);
        let mut named: BTreeMap<(Option<usize>, String), Vec<Value>> = BTreeMap::new();
        for row in vendors.ninja_devices().iter().filter(|row| row["approvalStatus"] == "APPROVED") {
            let client = place(&ninja, "id", &row["organizationId"]);
            named
                .entry((client, canonical(&row["systemName"])))
                .or_default()
                .push(row["system"]["serialNumber"].clone());
        }
        let blind = |row: &&Value| {
            let client = place(&threatlocker, "organizationId", &row["organizationId"]);
            let serials = named.get(&(client, canonical(&row["hostname"]))).map_or(&[][..], Vec::as_slice);
            let same = serials.iter().filter(|serial| serial.is_string() && **serial == row["serialNumber"]);
            row["isDeleted"] == false && serials.len() > 1 && same.count() != 1
        };
        vendors.threatlocker_computers().iter().filter(blind).count()
    })
}

#[rstest]
#[tokio::test]
async fn each_type_has_as_many_exceptions_as_the_fleet_has_troubles(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let plan = FleetPlan { organizations: 9, ninja_devices: 260, threatlocker_devices: 200, ..FleetPlan::default() };
    let world = World::on(backend).plan(plan).start().await;
    map_clients(&world).await;
    for night in [0, 6, 7, 15] {
        world.night(night).await;
        let (census, found) = (world.simulator.census(), open(&world).await);
        let count = |wanted| of_type(&found, wanted).count();
        assert_eq!(count("DUPLICATE_TL"), census.duplicate_threatlocker, "night {night}");
        assert_eq!(count("SPARE_MISMATCH"), census.spare_mismatch, "night {night}");
        assert_eq!(count("MISSING_NINJA"), census.missing_ninja + undecidable(&world), "night {night}: {census:?}");
        assert_eq!(count("SITE_MISMATCH"), census.site_mismatch, "night {night}: {census:?}");
    }
}

#[rstest]
#[tokio::test]
async fn exceptions_are_joined_by_identity_and_never_by_name(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).start().await;
    world.night(0).await;
    let raw = world.simulator.view(simulator::World::threatlocker_computers);
    let row = |key: &str| raw.iter().find(|row| row["computerId"] == key).unwrap();
    let ninja = world.simulator.view(simulator::World::ninja_devices);
    let found = open(&world).await;
    for exception in of_type(&found, "SPARE_MISMATCH").chain(of_type(&found, "SITE_MISMATCH")) {
        let details = &exception["details"];
        let computer = row(text(details, "tl_vendor_device_key"));
        let device =
            ninja.iter().find(|it| it["id"].as_i64() == text(details, "ninja_vendor_device_key").parse().ok()).unwrap();
        assert_eq!(canonical(&computer["hostname"]), text(exception, "hostname"));
        let serial = computer["serialNumber"].as_str();
        let agrees = serial.is_some_and(|serial| device["system"]["serialNumber"] == serial);
        assert!(agrees || canonical(&device["systemName"]) == canonical(&computer["hostname"]), "{exception:#}");
        assert_eq!(exception["devices"].as_array().unwrap().len(), 1, "both records are one machine");
    }
    let duplicate = of_type(&found, "DUPLICATE_TL").next().unwrap();
    let (keep, surplus) = (row(text(&duplicate["details"], "keep")), row(text(&duplicate["details"], "surplus")));
    assert_eq!(canonical(&keep["hostname"]), canonical(&surplus["hostname"]));
    assert_eq!(keep["organizationId"], surplus["organizationId"]);
    assert!(text(keep, "dateAdded") > text(surplus, "dateAdded"), "the newest is kept: {duplicate:#}");
}

#[rstest]
#[tokio::test]
async fn checks_are_skipped_with_the_reason_when_a_vendor_has_no_complete_day(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).start().await;
    world.night(0).await;
    let before = open(&world).await;
    world.move_to(1);
    world.simulator.with_switches(|it| it.faults.push(Fault::new(Effect::Status(500)).of(simulator::Vendor::Ninja)));
    world.collect(&Vendor::ALL, true).await;
    let runs = world
        .graphql
        .every("jobRuns", r#"filter: { businessDate: { eq: "2026-03-03" } }"#, "name status message")
        .await;
    let run =
        |name: &str| runs.iter().find(|run| run["name"] == name).unwrap_or_else(|| panic!("no {name}: {runs:#?}"));
    assert_eq!(text(run("ninja-collector"), "status"), "FAILED");
    let checks = run("cross-vendor-checks");
    assert_eq!(text(checks, "status"), "PARTIAL", "the checks of ThreatLocker alone could run");
    for skipped in [
        "MISSING_NINJA",
        "SITE_MISMATCH",
        "SPARE_MISMATCH",
        "DISPLAY_NAME_MISMATCH",
        "MISSING_TL",
        "DUPLICATE_NINJA",
        "AMBIGUOUS_MATCH",
        "STALE_DEVICE",
    ] {
        let reason = format!("{skipped} skipped: Ninja has no complete snapshot of 2026-03-03");
        assert!(text(checks, "message").contains(&reason), "{checks:#}");
    }
    assert!(!text(checks, "message").contains("DUPLICATE_TL skipped"), "{checks:#}");
    let ids = |exceptions: &[Value]| exceptions.iter().map(|it| text(it, "id").to_owned()).collect::<BTreeSet<_>>();
    let after = open(&world).await;
    let compared = |all: &[Value]| {
        ids(&all
            .iter()
            .filter(|it| {
                !(it["type"] == "DUPLICATE_TL"
                    || it["details"]["vendor"] == "ThreatLocker" && it["type"] == "STALE_DEVICE")
            })
            .cloned()
            .collect::<Vec<_>>())
    };
    assert_eq!(compared(&before), compared(&after), "what could not be checked stays as it was");
}

#[rstest]
#[tokio::test]
async fn checks_of_an_older_day_change_nothing(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::on(backend).start().await;
    let computer = world.simulator.view(|vendors| text(&vendors.threatlocker_computers()[3], "computerId").to_owned());
    world.simulator.edit(|vendors| {
        vendors.threatlocker_computer(&computer).set("hostname", "STRANGER").drop_key("serialNumber");
    });
    world.night(0).await;
    world.simulator.edit(simulator::World::forget_edits);
    world.night(12).await;
    let shown = "id status lastSeen version resolvedAt history { nodes { kind } }";
    let before = world.graphql.every("exceptions", "", shown).await;
    assert!(before.iter().any(|exception| exception["status"] == "RESOLVED"), "something changed in twelve days");
    let order = server::inventory::batches::Order {
        vendors: Vec::new(),
        run_checks: true,
        check_date: Some(world.day(0)),
        trigger: server::inventory::jobs::Trigger::CommandLine,
        requested_by: "test".to_owned(),
    };
    world.inventory.run_batch(order).await.unwrap();
    assert_eq!(world.graphql.every("exceptions", "", shown).await, before);
    let skipped = r#"filter: { businessDate: { eq: "2026-03-02" }, status: { eq: SKIPPED } }"#;
    let runs = world.graphql.every("jobRuns", skipped, "name message").await;
    assert_eq!((runs.len(), text(&runs[0], "name")), (1, "cross-vendor-checks"));
    assert!(text(&runs[0], "message").contains("an older day"), "{runs:#?}");
}

#[rstest]
#[tokio::test]
async fn an_exception_is_found_by_type_vendor_device_client_and_day(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).start().await;
    world.night(0).await;
    world.night(8).await;
    let shown = "id type status hostname details dateFound lastSeen resolvedDate devices { id } organization { id }";
    let all = world.graphql.every("exceptions", "", shown).await;
    let some =
        all.iter().find(|it| it["organization"]["id"].is_string() && it["devices"][0]["id"].is_string()).unwrap();
    let (client, device) = (text(&some["organization"], "id"), text(&some["devices"][0], "id"));
    let cases: [(String, Rule<'_>); 9] = [
        ("type: { in: [MISSING_NINJA, DUPLICATE_TL] }".into(), &|it| {
            it["type"] == "MISSING_NINJA" || it["type"] == "DUPLICATE_TL"
        }),
        ("status: { eq: RESOLVED }".into(), &|it| it["status"] == "RESOLVED"),
        (format!(r#"hostname: {{ eq: "{}" }}"#, text(some, "hostname").to_uppercase()), &|it| {
            it["hostname"] == some["hostname"]
        }),
        (format!(r#"organization: {{ eq: "{client}" }}"#), &|it| it["organization"]["id"] == client),
        (format!(r#"device: {{ eq: "{device}" }}"#), &|it| {
            it["devices"].as_array().unwrap().iter().any(|it| it["id"] == device)
        }),
        ("vendor: { eq: NINJA }".into(), &|it| match text(it, "type") {
            "MISSING_NINJA" | "DUPLICATE_TL" | "AMBIGUOUS_MATCH" => false,
            "STALE_DEVICE" => it["details"]["vendor"] == "Ninja",
            _ => true,
        }),
        (r#"dateFound: { gte: "2026-03-03" }"#.into(), &|it| text(it, "dateFound") > "2026-03-02"),
        ("resolvedDate: { isNull: true }".into(), &|it| it["status"] == "OPEN"),
        (r#"not: { resolvedDate: { eq: "2026-03-10" } }"#.into(), &|it| it["resolvedDate"] != json!("2026-03-10")),
    ];
    for (filter, rule) in cases {
        let found = world.graphql.every("exceptions", &format!("filter: {{ {filter} }}"), shown).await;
        let expected: Vec<&Value> = all.iter().filter(|it| rule(it)).collect();
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{filter}");
    }
}
