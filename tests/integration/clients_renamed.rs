//! A client that has another name, or becomes the MSP's own, is no reason to bill anybody anything again.

use std::sync::Arc;

use domain::{clock::BusinessZone, vendor::Vendor};
use harness::{Backend, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use server::inventory::{Inventory, billing::BillingAnswer};
use simulator::FleetPlan;

const MARCH_31: u64 = 29;

/// A plain fleet in few organizations, whose March is closed.
async fn closed_march(backend: Backend) -> World {
    let world = World::on(backend).plan(FleetPlan { organizations: 4, ..FleetPlan::plain(30, 20) }).start().await;
    world.night(0).await;
    world.night(MARCH_31).await;
    world.move_to(MARCH_31 + 1);
    assert_eq!(world.graphql.close_month(json!({ "month": "2026-03" })).await["closed"], true);
    world
}

/// Ninja's organization with the most billed devices, by id and name.
async fn billed_client(world: &World) -> (i64, String) {
    let report = world.graphql.bill("2026-03").await;
    let lines = report["lines"]["nodes"].as_array().unwrap();
    let most = lines.iter().max_by_key(|line| line["endpoints"].as_i64()).unwrap();
    let name = text(most, "name").to_owned();
    let organizations = world.simulator.view(simulator::World::ninja_organizations);
    let row = organizations.iter().find(|row| text(row, "name") == name).unwrap();
    (row["id"].as_i64().unwrap(), name)
}

fn rename(world: &World, id: i64, name: &str) {
    world.simulator.edit(|vendors| {
        vendors.ninja_organization(id).set("name", name);
    });
}

async fn names(world: &World) -> Vec<String> {
    let rows = world.graphql.every("organizations", "", "name").await;
    rows.iter().map(|row| text(row, "name").to_owned()).collect()
}

/// How many of Ninja's organizations are the client of this name.
async fn sites_of(world: &World, name: &str) -> usize {
    let filter = "filter: { vendor: { eq: NINJA } }";
    let sites = world.graphql.every("vendorOrganizations", filter, "organization { name }").await;
    sites.iter().filter(|row| row["organization"]["name"] == name).count()
}

#[rstest]
#[tokio::test]
async fn one_that_ninja_renames_is_the_same_client_and_corrects_no_bill(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = closed_march(backend).await;
    let (id, name) = billed_client(&world).await;
    let open = "exceptions(filter: { status: { eq: OPEN } }) { totalCount }";
    let before = world.graphql.query(&format!("{{ {open} }}")).await;
    let known = names(&world).await;
    rename(&world, id, "Entirely Other Words, Inc.");
    world.night(MARCH_31 + 1).await;
    let april = world.graphql.bill("2026-04").await;
    assert_eq!(april["adjustments"]["nodes"], json!([]));
    let renamed: Vec<String> = known
        .iter()
        .map(|known| if *known == name { "Entirely Other Words, Inc.".into() } else { known.clone() })
        .collect();
    let (mut now, mut expected) = (names(&world).await, renamed);
    now.sort();
    expected.sort();
    assert_eq!(now, expected, "no client came or went");
    // ThreatLocker still has the old name, and nothing disagrees.
    assert_eq!(world.graphql.query(&format!("{{ {open} }}")).await, before);
    let changes =
        r#"{ usageChanges(from: "2026-03-31", to: "2026-04-01") { totals { movedIn movedOut added removed } } }"#;
    let none = json!({ "movedIn": 0, "movedOut": 0, "added": 0, "removed": 0 });
    assert_eq!(world.graphql.query(changes).await["usageChanges"]["totals"], none);
    // The next nights change nothing more, and what was billed keeps the name it was billed under.
    world.night(MARCH_31 + 2).await;
    assert_eq!(names(&world).await.len(), known.len());
    let march = world.graphql.bill("2026-03").await;
    assert!(march["lines"]["nodes"].as_array().unwrap().iter().any(|line| text(line, "name") == name));
    assert_eq!(march["differences"]["nodes"], json!([]));
}

#[rstest]
#[tokio::test]
async fn the_exceptions_of_a_renamed_client_are_sorted_by_its_new_name(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let plan = FleetPlan { organizations: 4, ninja_devices: 60, threatlocker_devices: 40, ..FleetPlan::default() };
    let world = World::on(backend).plan(plan).start().await;
    world.night(0).await;
    let order = "orderBy: { field: ORGANIZATION }";
    let first = world.graphql.every("exceptions", order, "organization { name }").await;
    let organizations = world.simulator.view(simulator::World::ninja_organizations);
    let known = |row: &Value| organizations.iter().find(|known| known["name"] == row["organization"]["name"]).cloned();
    let id = first.iter().find_map(known).unwrap()["id"].as_i64().unwrap();
    rename(&world, id, "zzz Last");
    world.night(1).await;
    let sorted = world.graphql.every("exceptions", order, "organization { name }").await;
    let canonical = |row: &Value| row["organization"]["name"].as_str().map(str::to_lowercase);
    let named: Vec<String> = sorted.iter().filter_map(canonical).collect();
    assert!(named.is_sorted() && named.last().is_some_and(|last| last == "zzz last"), "{named:?}");
}

#[rstest]
#[tokio::test]
async fn a_name_that_another_client_has_is_no_renaming(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = closed_march(backend).await;
    let (id, name) = billed_client(&world).await;
    let other = names(&world).await.into_iter().find(|other| *other != name).unwrap();
    let before = sites_of(&world, &other).await;
    rename(&world, id, &other);
    world.night(MARCH_31 + 1).await;
    assert_eq!(sites_of(&world, &other).await, before + 1, "both are the client of that name");
    assert!(names(&world).await.contains(&name), "the old client is still there");
}

/// The report of a month as a hub answers it to whom these organizations are internal.
async fn reported(world: &World, internal: Vec<String>) -> server::inventory::billing::Billed {
    let rules = World::on(Backend::Sqlite).rules(|rules| rules.internal_organizations = internal).into_rules();
    let clock = Arc::clone(&world.clock) as Arc<dyn domain::clock::Clock>;
    let database = world.inventory.database().clone();
    let hub = Inventory::open(database, clock, BusinessZone::default(), rules).await.unwrap();
    let BillingAnswer::Reported(billed) = hub.billing_report("2026-04".parse().unwrap(), None).await.unwrap() else {
        panic!("April has no report");
    };
    Arc::unwrap_or_clone(billed)
}

#[rstest]
#[tokio::test]
async fn one_that_becomes_internal_is_not_credited_for_the_months_that_it_paid(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = closed_march(backend).await;
    let (_, name) = billed_client(&world).await;
    world.collect(&[Vendor::Ninja], false).await;
    let billed = reported(&world, vec![name.clone()]).await;
    let left_out: Vec<String> = billed.report.left_out.into_iter().map(|own| own.name).collect();
    assert_eq!((left_out, billed.report.adjustments), (vec![name], vec![]));
    assert_eq!(reported(&world, Vec::new()).await.report.adjustments, vec![]);
}
