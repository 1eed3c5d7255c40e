//! What changes a stored day changes its counts: a second collection, one device synced, an alias.

use domain::vendor::Vendor;
use harness::{Backend, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

const NUMBERS: &str = "totals { devices endpoints seats billable spare }";

async fn counts(world: &World, arguments: &str, shown: &str) -> Value {
    world.graphql.query(&format!("{{ counts({arguments}) {{ {shown} }} }}")).await["counts"].clone()
}

async fn plain(backend: Backend) -> World {
    let world = World::on(backend).plan(FleetPlan { organizations: 4, ..FleetPlan::plain(30, 8) }).start().await;
    world.night(0).await;
    world.night(1).await;
    world
}

/// A billed workstation of the fleet.
fn workstation(world: &World) -> Value {
    let is_plain = |row: &Value| row["nodeClass"] == "WINDOWS_WORKSTATION";
    world.simulator.view(|vendors| vendors.ninja_devices().into_iter().find(is_plain)).unwrap()
}

#[rstest]
#[tokio::test]
async fn a_day_collected_again_is_counted_again(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = plain(backend).await;
    let before = counts(&world, "date: \"2026-03-03\", vendor: NINJA", NUMBERS).await["totals"].clone();
    let id = workstation(&world)["id"].as_i64().unwrap();
    world.simulator.edit(|vendors| vendors.ninja_device(id).remove());
    world.collect(&[Vendor::Ninja], false).await;
    let after = counts(&world, "date: \"2026-03-03\", vendor: NINJA", NUMBERS).await["totals"].clone();
    for name in ["devices", "endpoints", "seats", "billable"] {
        assert_eq!(after[name].as_i64().unwrap(), before[name].as_i64().unwrap() - 1, "{name}");
    }
    assert_eq!(after["spare"], before["spare"]);
    let first = counts(&world, "date: \"2026-03-02\", vendor: NINJA", NUMBERS).await["totals"].clone();
    assert_eq!(first, before, "the day before is untouched");
}

#[rstest]
#[tokio::test]
async fn one_device_synced_is_counted_as_it_is_now(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = plain(backend).await;
    let shown = format!("{NUMBERS} byOrganization {{ nodes {{ organization {{ name }} {NUMBERS} }} }}");
    let before = counts(&world, "vendor: NINJA", &shown).await;
    let id = workstation(&world)["id"].as_i64().unwrap();
    world.simulator.edit(|vendors| {
        vendors.ninja_device(id).set("displayName", "spare");
    });
    let sync = format!(
        "mutation {{ syncDevice(input: {{ vendor: NINJA, vendorDeviceKey: \"{id}\" }}) {{ userErrors {{ message }} }} }}"
    );
    assert_eq!(world.graphql.query(&sync).await["syncDevice"]["userErrors"], json!([]));
    let after = counts(&world, "vendor: NINJA", &shown).await;
    let number = |counts: &Value, name: &str| counts["totals"][name].as_i64().unwrap();
    assert_eq!(number(&after, "devices"), number(&before, "devices"));
    assert_eq!(number(&after, "seats"), number(&before, "seats") - 1);
    assert_eq!(number(&after, "spare"), number(&before, "spare") + 1);
    let changed = |(was, is): (&&Value, &&Value)| was != is;
    let rows = |counts: &Value| counts["byOrganization"]["nodes"].as_array().unwrap().clone();
    let (was, is) = (rows(&before), rows(&after));
    assert_eq!(was.iter().zip(&is).filter(|pair| changed((&pair.0, &pair.1))).count(), 1, "one organization's row");
}

#[rstest]
#[tokio::test]
async fn an_alias_moves_the_counts_of_past_days_and_of_month_ends(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = plain(backend).await;
    world.night(33).await;
    world.drop_days_before(world.day(33)).await;
    let rows = async |date: &str| {
        let shown = format!("byOrganization(first: 100) {{ nodes {{ organization {{ id }} {NUMBERS} }} }}");
        let told = counts(&world, &format!("date: \"{date}\", vendor: NINJA"), &shown).await;
        let nodes = told["byOrganization"]["nodes"].as_array().unwrap().clone();
        let row = |node: &Value| {
            (
                node["organization"]["id"].as_str().unwrap_or_default().to_owned(),
                node["totals"]["seats"].as_i64().unwrap(),
            )
        };
        nodes.iter().map(row).collect::<std::collections::BTreeMap<_, _>>()
    };
    let sites = world
        .graphql
        .every(
            "vendorOrganizations",
            "filter: { vendor: { eq: NINJA } }",
            "vendorSiteKey name deviceCount organization { id }",
        )
        .await;
    let is_filled = |site: &&Value| site["organization"].is_object() && site["deviceCount"].as_i64().unwrap() > 0;
    let filled: Vec<&Value> = sites.iter().filter(is_filled).collect();
    let (one, other) = (filled[0], filled[1]);
    let dates = ["2026-03-03", "2026-04-04"];
    let before = [rows(dates[0]).await, rows(dates[1]).await];
    let alias = format!(
        "mutation {{ setOrganizationAlias(input: {{ vendor: NINJA, vendorSiteKey: {}, name: {} }}) {{ changed }} }}",
        one["vendorSiteKey"], other["name"]
    );
    assert_eq!(world.graphql.query(&alias).await["setOrganizationAlias"]["changed"], true);
    for (date, before) in dates.into_iter().zip(before) {
        let after = rows(date).await;
        let (gone, grown) = (text(&one["organization"], "id"), text(&other["organization"], "id"));
        assert_eq!(after.get(gone), None, "{date}");
        assert_eq!(after[grown], before[gone] + before[grown], "{date}");
        assert_eq!(after.values().sum::<i64>(), before.values().sum::<i64>(), "{date}");
    }
}

#[rstest]
#[tokio::test]
async fn an_organization_that_is_internal_has_no_endpoints_and_no_seats_on_any_day(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = plain(backend).await;
    let shown = format!("{NUMBERS} byOrganization(first: 100) {{ nodes {{ organization {{ name }} {NUMBERS} }} }}");
    let all = counts(&world, "date: \"2026-03-02\", vendor: NINJA", &shown).await;
    let rows = all["byOrganization"]["nodes"].as_array().unwrap();
    let own = rows.iter().max_by_key(|row| row["totals"]["seats"].as_i64()).unwrap();
    let name = text(&own["organization"], "name").to_owned();
    // The same fleet, seen by a hub that is told so.
    let plan = FleetPlan { organizations: 4, ..FleetPlan::plain(30, 8) };
    let told =
        World::on(backend).plan(plan).rules(|rules| rules.internal_organizations = vec![name.clone()]).start().await;
    told.night(0).await;
    let with = counts(&told, "date: \"2026-03-02\", vendor: NINJA", &shown).await;
    let number = |counts: &Value, name: &str| counts["totals"][name].as_i64().unwrap();
    for counted in ["devices", "billable", "spare"] {
        assert_eq!(number(&with, counted), number(&all, counted));
    }
    for counted in ["endpoints", "seats"] {
        assert_eq!(number(&with, counted), number(&all, counted) - number(own, counted));
    }
    let row = with["byOrganization"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["organization"]["name"] == name.as_str())
        .unwrap();
    assert_eq!(
        (number(row, "devices"), number(row, "endpoints"), number(row, "seats")),
        (number(own, "devices"), 0, 0)
    );
}

/// Host name, node class, display name, location and whether it is the MSP's own, as docs/billing.md lists them.
const EXAMPLE: [(&str, &str, &str, i64, bool); 8] = [
    ("DESK-01", "WINDOWS_WORKSTATION", "", 9, false),
    ("LAPTOP-07", "WINDOWS_WORKSTATION", "", 9, false),
    ("DC-01", "WINDOWS_SERVER", "", 9, false),
    ("ESX-01", "VMWARE_VM_HOST", "", 9, false),
    ("VM-WEB", "VMWARE_VM_GUEST", "", 9, false),
    ("DESK-99", "WINDOWS_WORKSTATION", "Spare for Kim", 9, false),
    ("DESK-50", "WINDOWS_WORKSTATION", "", 987_654, false),
    ("OFFICE-01", "WINDOWS_WORKSTATION", "", 9, true),
];

#[rstest]
#[tokio::test]
async fn the_example_of_the_documents_is_counted_as_they_say(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let own = |rules: &mut server::inventory::Rules| rules.internal_organizations = vec!["Example MSP".to_owned()];
    let world =
        World::on(backend).plan(FleetPlan { organizations: 4, ..FleetPlan::plain(8, 1) }).rules(own).start().await;
    let organizations = world.simulator.view(simulator::World::ninja_organizations);
    let other = organizations.iter().map(|row| row["id"].as_i64().unwrap()).find(|id| *id != 5).unwrap();
    world.simulator.edit(|vendors| {
        vendors.ninja_organization(other).set("name", "Example MSP");
        let ids: Vec<i64> = vendors.ninja_devices().iter().map(|row| row["id"].as_i64().unwrap()).collect();
        assert_eq!(ids.len(), EXAMPLE.len());
        for (id, (hostname, class, display_name, location, internal)) in ids.into_iter().zip(EXAMPLE) {
            vendors.rename_ninja_device(id, hostname);
            let mut device = vendors.ninja_device(id);
            device.set("nodeClass", class).set("deviceType", "AgentDevice").set("displayName", display_name);
            device.set("organizationId", if internal { other } else { 5 }).set("locationId", location);
        }
    });
    world.night(0).await;
    let numbers = "totals { devices billable endpoints seats spare unknown }";
    let shown = format!("{numbers} byOrganization {{ nodes {{ {numbers} }} }}");
    let all = counts(&world, "vendor: NINJA", &shown).await;
    let numbers = |[devices, billable, endpoints, seats, spare, unknown]: [i64; 6]| json!({ "devices": devices, "billable": billable, "endpoints": endpoints, "seats": seats, "spare": spare, "unknown": unknown });
    assert_eq!(all["totals"], numbers([8, 5, 4, 2, 2, 1]));
    let rows = all["byOrganization"]["nodes"].as_array().unwrap();
    assert!(rows.iter().any(|row| row["totals"] == numbers([7, 4, 4, 2, 2, 1])), "{rows:#?}");
    let without = counts(&world, "vendor: NINJA, includeInternal: false", &shown).await;
    assert_eq!(without["totals"], numbers([7, 4, 4, 2, 2, 1]));
}
