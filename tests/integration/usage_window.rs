//! The books of a month balance: for every organization and in total, for both vendors, whatever happened.

use std::collections::{BTreeMap, BTreeSet};

use harness::{Backend, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

const TOTALS: &str = "totals { start added movedIn removed movedOut end billingChanged }";
const INTERNAL: &str = "Example MSP Internal";

/// Ten nights of a living fleet, three days apart.
async fn ten_nights(backend: Backend) -> World {
    let plan = FleetPlan { organizations: 8, ninja_devices: 160, threatlocker_devices: 110, ..FleetPlan::default() };
    let internal = |rules: &mut server::inventory::Rules| {
        rules.internal_organizations = vec![format!(" {} ", INTERNAL.to_uppercase())];
    };
    let world = World::on(backend).plan(plan).page_size(500).rules(internal).start().await;
    for night in 0..10 {
        assert_eq!(world.night(night * 3).await.batch.status, "completed", "night {night}");
    }
    world
}

async fn usage(world: &World, vendor: &str, (from, to): (u64, u64), more: &str) -> Value {
    let query = format!(
        r#"{{ usageChanges(vendor: {vendor}, from: "{}", to: "{}" {more}) {{ unchanged {TOTALS}
            byOrganization(first: 500) {{ nodes {{ organization {{ id name }} {TOTALS} }} }}
            changes(first: 500) {{ nodes {{ kind vendorDeviceKey fromOrganization {{ id }} toOrganization {{ id }} }} }} }} }}"#,
        world.day(from * 3),
        world.day(to * 3)
    );
    world.graphql.query(&query).await["usageChanges"].clone()
}

fn column(totals: &Value, name: &str) -> i64 {
    totals[name].as_i64().unwrap_or_else(|| panic!("no {name}: {totals:#}"))
}

#[track_caller]
fn assert_balanced(usage: &Value) {
    let rows = usage["byOrganization"]["nodes"].as_array().unwrap();
    for totals in rows.iter().map(|row| &row["totals"]).chain([&usage["totals"]]) {
        let sum = column(totals, "start") + column(totals, "added") + column(totals, "movedIn")
            - column(totals, "removed")
            - column(totals, "movedOut");
        assert_eq!(sum, column(totals, "end"), "{totals:#}");
    }
    for name in ["start", "added", "movedIn", "removed", "movedOut", "end", "billingChanged"] {
        let sum: i64 = rows.iter().map(|row| column(&row["totals"], name)).sum();
        assert_eq!(sum, column(&usage["totals"], name), "{name}");
    }
}

/// Keys and organizations of a stored day, as `snapshots` tells them.
async fn listed(world: &World, vendor: &str, night: u64) -> BTreeMap<String, (Option<String>, Option<String>)> {
    let arguments = format!(r#"date: "{}", filter: {{ vendor: {{ eq: {vendor} }} }}"#, world.day(night * 3));
    let rows = world.graphql.every("snapshots", &arguments, "vendorDeviceKey billing organization { id }").await;
    let fact = |value: &Value| value.as_str().map(str::to_owned);
    rows.iter()
        .map(|row| (text(row, "vendorDeviceKey").to_owned(), (fact(&row["organization"]["id"]), fact(&row["billing"]))))
        .collect()
}

#[rstest]
#[tokio::test]
async fn every_window_balances_and_agrees_with_the_days_at_its_ends(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = ten_nights(backend).await;
    for vendor in ["NINJA", "THREATLOCKER"] {
        for window in [(0, 9), (0, 1), (3, 7), (8, 9)] {
            let told = usage(&world, vendor, window, "").await;
            assert_balanced(&told);
            let (before, after) = (listed(&world, vendor, window.0).await, listed(&world, vendor, window.1).await);
            let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            let mut expected = BTreeSet::new();
            for key in &keys {
                match (before.get(*key), after.get(*key)) {
                    (None, _) => drop(expected.insert((key.as_str(), "ADDED"))),
                    (_, None) => drop(expected.insert((key.as_str(), "REMOVED"))),
                    (Some(was), Some(is)) => {
                        expected.extend((was.0 != is.0).then_some((key.as_str(), "ORGANIZATION_CHANGED")));
                        expected.extend((was.1 != is.1).then_some((key.as_str(), "BILLING_CHANGED")));
                    }
                }
            }
            let rows = told["changes"]["nodes"].as_array().unwrap();
            let found: BTreeSet<_> = rows.iter().map(|row| (text(row, "vendorDeviceKey"), text(row, "kind"))).collect();
            assert_eq!((&found, rows.len()), (&expected, expected.len()), "{vendor} {window:?}");
            let touched: BTreeSet<_> = expected.iter().map(|(key, _)| *key).collect();
            assert_eq!(told["unchanged"], keys.len() - touched.len(), "{vendor} {window:?}");
            assert_eq!(column(&told["totals"], "start"), i64::try_from(before.len()).unwrap());
            assert_eq!(column(&told["totals"], "end"), i64::try_from(after.len()).unwrap());
        }
        let month = usage(&world, vendor, (0, 9), "").await;
        assert!(month["changes"]["nodes"].as_array().unwrap().len() > 5, "nothing happened in a month");
    }
}

#[rstest]
#[tokio::test]
async fn internal_organizations_can_be_left_out_of_rows_and_totals(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = ten_nights(backend).await;
    for vendor in ["NINJA", "THREATLOCKER"] {
        let (all, without) =
            (usage(&world, vendor, (0, 9), "").await, usage(&world, vendor, (0, 9), ", includeInternal: false").await);
        assert_balanced(&without);
        let rows = |usage: &Value| usage["byOrganization"]["nodes"].as_array().unwrap().clone();
        let is_internal = |row: &Value| row["organization"]["name"] == INTERNAL;
        let internal = rows(&all).into_iter().find(is_internal).unwrap_or_else(|| panic!("no internal row: {all:#}"));
        assert!(!rows(&without).iter().any(is_internal));
        let others: Vec<_> = rows(&all).into_iter().filter(|row| !is_internal(row)).collect();
        assert_eq!(rows(&without).len(), others.len());
        for name in ["start", "end"] {
            let left = column(&all["totals"], name) - column(&internal["totals"], name);
            assert_eq!(column(&without["totals"], name), left, "{vendor} {name}");
        }
        let id = &internal["organization"]["id"];
        for row in without["changes"]["nodes"].as_array().unwrap() {
            let sides = [&row["fromOrganization"]["id"], &row["toOrganization"]["id"]];
            assert!(sides.iter().any(|side| *side != id), "{row:#}");
        }
    }
}

#[rstest]
#[tokio::test]
async fn one_organization_has_its_own_row_and_its_own_changes(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = ten_nights(backend).await;
    let all = usage(&world, "NINJA", (0, 9), "").await;
    for row in all["byOrganization"]["nodes"].as_array().unwrap().iter().filter(|row| row["organization"].is_object()) {
        let id = text(&row["organization"], "id");
        let own = usage(&world, "NINJA", (0, 9), &format!(r#", organizationId: "{id}""#)).await;
        assert_eq!(own["byOrganization"]["nodes"], json!([row]));
        assert_eq!(own["totals"], row["totals"]);
        assert_balanced(&own);
        let is_own = |change: &&Value| change["fromOrganization"]["id"] == id || change["toOrganization"]["id"] == id;
        let expected: Vec<&Value> = all["changes"]["nodes"].as_array().unwrap().iter().filter(is_own).collect();
        assert_eq!(own["changes"]["nodes"].as_array().unwrap().iter().collect::<Vec<_>>(), expected);
    }
    let nobody = r#"{ usageChanges(vendor: NINJA, from: "2026-03-02", to: "2026-03-05", organizationId: "T3JnYW5pemF0aW9uOjk4NzY1") { unchanged } }"#;
    assert_eq!(world.graphql.ask(nobody, json!({})).await.error_code(), "NOT_FOUND");
}
