//! The counts of a date are what its snapshots add up to, in all and by every breakdown.

use std::collections::BTreeMap;

use harness::{Backend, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use server::inventory::Rules;
use simulator::FleetPlan;

const NUMBERS: &str =
    "totals { devices endpoints seats billable spare spareByReason { reason devices } unknown undecided }";
const INTERNAL: &str = "Example MSP Internal";
const SNAPSHOT: &str = "vendor billing deviceType spareReason organization { id name } location { name }";

/// Two nights of a fleet with all its troubles, one organization of which is internal.
async fn two_nights(backend: Backend) -> World {
    let plan = FleetPlan { organizations: 12, ninja_devices: 220, threatlocker_devices: 120, ..FleetPlan::default() };
    let internal = |rules: &mut Rules| rules.internal_organizations = vec![INTERNAL.to_uppercase()];
    let world = World::on(backend).plan(plan).page_size(500).rules(internal).start().await;
    world.simulator.edit(|vendors| {
        let is_plain = |row: &&Value| row["nodeClass"] == "WINDOWS_WORKSTATION" && row["approvalStatus"] == "APPROVED";
        let devices = vendors.ninja_devices();
        let ids: Vec<i64> = devices.iter().filter(is_plain).map(|row| row["id"].as_i64().unwrap()).collect();
        for id in ids.into_iter().rev().take(3) {
            // A location that Ninja does not list, whose name might say "spare".
            vendors.ninja_device(id).set("locationId", 987_654);
        }
    });
    for night in [0, 9] {
        assert_eq!(world.night(night).await.batch.status, "completed");
    }
    world
}

async fn snapshots(world: &World, day: u64) -> Vec<Value> {
    world.graphql.every("snapshots", &format!("date: \"{}\"", world.day(day)), SNAPSHOT).await
}

/// What these snapshots add up to, counted one by one.
fn counted<'a>(rows: impl IntoIterator<Item = &'a Value>, is_decided: bool) -> Value {
    let rows: Vec<&Value> = rows.into_iter().collect();
    let number = |holds: &dyn Fn(&Value) -> bool| rows.iter().filter(|row| holds(row)).count();
    let decided = |number: usize| if is_decided { json!(number) } else { Value::Null };
    let is_endpoint = |row: &Value| row["billing"] == "BILLABLE" && row["organization"]["name"] != INTERNAL;
    let reasons = ["VM_GUEST", "SPARE_NAME", "SPARE_LOCATION"]
        .map(|reason| (reason, number(&|row| row["spareReason"] == reason)));
    let reasons: Vec<Value> = reasons
        .iter()
        .filter(|(_, devices)| *devices > 0)
        .map(|(reason, devices)| json!({ "reason": reason, "devices": devices }))
        .collect();
    json!({
        "devices": rows.len(),
        "endpoints": decided(number(&is_endpoint)),
        "seats": decided(number(&|row| is_endpoint(row) && row["deviceType"] == "WORKSTATION")),
        "billable": decided(number(&|row| row["billing"] == "BILLABLE")),
        "spare": decided(number(&|row| row["billing"] == "SPARE")),
        "spareByReason": if is_decided { json!(reasons) } else { Value::Null },
        "unknown": decided(number(&|row| row["billing"] == "UNKNOWN")),
        "undecided": number(&|row| row["billing"].is_null()),
    })
}

async fn counts(world: &World, arguments: &str, shown: &str) -> Value {
    world.graphql.query(&format!("{{ counts({arguments}) {{ {shown} }} }}")).await["counts"].clone()
}

/// Every row of a breakdown, three per page.
async fn every(world: &World, arguments: &str, list: &str, key: &str) -> Vec<Value> {
    let query = format!(
        "query($after: String) {{ counts({arguments}) {{ {list}(first: 3, after: $after) {{ totalCount
            nodes {{ {key} {NUMBERS} }} pageInfo {{ hasNextPage endCursor }} }} }} }}"
    );
    let (mut rows, mut after) = (Vec::new(), Value::Null);
    loop {
        let answer = world.graphql.ask(&query, json!({ "after": after })).await;
        let page = &answer.data()["counts"][list];
        rows.extend(page["nodes"].as_array().unwrap().iter().cloned());
        if page["pageInfo"]["hasNextPage"] != true {
            assert_eq!(page["totalCount"], rows.len());
            return rows;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

fn grouped<'a>(rows: &[&'a Value], key: impl Fn(&Value) -> Value) -> BTreeMap<String, Vec<&'a Value>> {
    let mut groups: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for row in rows {
        groups.entry(key(row).to_string()).or_default().push(row);
    }
    groups
}

/// Every breakdown of these arguments is what the snapshots say, and adds up.
async fn assert_counted(world: &World, arguments: &str, rows: &[&Value], is_decided: bool) {
    let shown = format!(
        "date vendors {NUMBERS} byVendor {{ vendor countedDate {NUMBERS} }} byDeviceType {{ deviceType {NUMBERS} }}"
    );
    let told = counts(world, arguments, &shown).await;
    assert_eq!(told["totals"], counted(rows.iter().copied(), is_decided), "{arguments}");
    let of_breakdown = |told: &[Value], key: &dyn Fn(&Value) -> Value| -> BTreeMap<String, Value> {
        told.iter().map(|row| (key(row).to_string(), row["totals"].clone())).collect()
    };
    let expected = |key: &dyn Fn(&Value) -> Value| -> BTreeMap<String, Value> {
        let groups = grouped(rows, key).into_iter();
        groups.map(|(key, rows)| (key, counted(rows, is_decided))).collect()
    };
    let by_type = |row: &Value| row["deviceType"].clone();
    assert_eq!(of_breakdown(told["byDeviceType"].as_array().unwrap(), &by_type), expected(&by_type), "{arguments}");
    for row in told["byVendor"].as_array().unwrap() {
        let own = rows.iter().copied().filter(|snapshot| snapshot["vendor"] == row["vendor"]);
        assert_eq!(row["totals"], counted(own, row["vendor"] == "NINJA"), "{arguments}");
        assert_eq!(row["countedDate"], told["date"]);
    }
    let by_organization = |row: &Value| row["organization"]["id"].clone();
    let organizations = every(world, arguments, "byOrganization", "organization { id name }").await;
    assert_eq!(of_breakdown(&organizations, &by_organization), expected(&by_organization), "{arguments}");
    let names: Vec<String> =
        organizations.iter().filter_map(|row| row["organization"]["name"].as_str()).map(str::to_lowercase).collect();
    assert!(names.is_sorted(), "{names:?}");
    let by_location = |row: &Value| {
        let location = if row["location"].is_object() { &row["location"]["name"] } else { &row["location"] };
        json!([row["organization"]["id"], location])
    };
    let locations = every(world, arguments, "byLocation", "location organization { id }").await;
    assert_eq!(of_breakdown(&locations, &by_location), expected(&by_location), "{arguments}");
    for list in
        [&organizations, &locations, told["byDeviceType"].as_array().unwrap(), told["byVendor"].as_array().unwrap()]
    {
        for name in ["devices", "endpoints", "seats", "billable", "spare", "unknown", "undecided"] {
            let sum: i64 = list.iter().filter_map(|row| row["totals"][name].as_i64()).sum();
            assert_eq!(sum, told["totals"][name].as_i64().unwrap_or_default(), "{arguments}: {name}");
        }
    }
}

#[rstest]
#[tokio::test]
async fn every_number_and_breakdown_is_what_the_snapshots_of_the_day_say(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = two_nights(backend).await;
    for day in [0, 9] {
        let (all, date) = (snapshots(&world, day).await, format!("date: \"{}\"", world.day(day)));
        let rows = |wanted: &dyn Fn(&Value) -> bool| all.iter().filter(|row| wanted(row)).collect::<Vec<_>>();
        assert_counted(&world, &date, &rows(&|_| true), true).await;
        let without = rows(&|row| row["organization"]["name"] != INTERNAL);
        assert!(without.len() < all.len(), "nothing is internal");
        assert_counted(&world, &format!("{date}, includeInternal: false"), &without, true).await;
        let ninja = rows(&|row| row["vendor"] == "NINJA");
        assert_counted(&world, &format!("{date}, vendor: NINJA"), &ninja, true).await;
        let other = rows(&|row| row["vendor"] == "THREATLOCKER");
        assert_counted(&world, &format!("{date}, vendor: THREATLOCKER"), &other, false).await;
    }
    let ninja = counts(&world, "vendor: NINJA", NUMBERS).await["totals"].clone();
    let number = |name: &str| ninja[name].as_i64().unwrap();
    assert_eq!(number("billable") + number("spare") + number("unknown"), number("devices"));
    assert_eq!(number("undecided"), 0);
    assert!(number("seats") < number("endpoints") && number("endpoints") < number("billable"), "{ninja}");
    assert!(number("seats") > 0 && number("spare") > 0 && number("unknown") > 0, "{ninja}");
    let reasons = ninja["spareByReason"].as_array().unwrap();
    assert_eq!(reasons.iter().map(|row| row["devices"].as_i64().unwrap()).sum::<i64>(), number("spare"));
    let newest = counts(&world, "includeInternal: true", "date vendors").await;
    assert_eq!(newest, json!({ "date": "2026-03-11", "vendors": ["NINJA", "THREATLOCKER"] }));
}

#[rstest]
#[tokio::test]
async fn every_filter_counts_the_snapshots_it_finds(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = two_nights(backend).await;
    let (all, date) = (snapshots(&world, 9).await, format!("date: \"{}\"", world.day(9)));
    let rows = |wanted: &dyn Fn(&Value) -> bool| all.iter().filter(|row| wanted(row)).collect::<Vec<_>>();
    let mut ids: BTreeMap<&str, &str> = BTreeMap::new();
    for row in rows(&|row| row["organization"].is_object()) {
        ids.insert(text(&row["organization"], "name"), text(&row["organization"], "id"));
    }
    for (name, id) in ids.iter().take(3).chain(ids.iter().filter(|(name, _)| **name == INTERNAL)) {
        let filter = format!("filter: {{ organization: {{ eq: \"{id}\" }} }}");
        let own = rows(&|row| row["organization"]["id"] == *id);
        assert!(!own.is_empty());
        assert_counted(&world, &format!("{date}, {filter}"), &own, true).await;
        if *name == INTERNAL {
            assert_counted(&world, &format!("{date}, includeInternal: false, {filter}"), &[], true).await;
        }
        let servers = rows(&|row| row["organization"]["id"] == *id && row["deviceType"] == "SERVER");
        let filter = format!("filter: {{ organization: {{ in: [\"{id}\"] }}, deviceType: {{ eq: SERVER }} }}");
        assert_counted(&world, &format!("{date}, {filter}"), &servers, true).await;
    }
    let kinds = rows(&|row| row["deviceType"] == "SERVER" || row["deviceType"] == "VIRTUAL_GUEST");
    let filter = "filter: { deviceType: { in: [SERVER, VIRTUAL_GUEST] } }";
    assert_counted(&world, &format!("{date}, {filter}"), &kinds, true).await;
    assert_counted(&world, &format!("{date}, filter: {{ deviceType: {{ in: [] }} }}"), &[], true).await;
    let place = rows(&|row| row["location"].is_object())[0]["location"]["name"].clone();
    let there = rows(&|row| row["location"]["name"] == place);
    assert_counted(&world, &format!("{date}, filter: {{ location: {{ eq: {place} }} }}"), &there, true).await;
    let nowhere = rows(&|row| !row["location"]["name"].is_string());
    assert!(!nowhere.is_empty());
    assert_counted(&world, &format!("{date}, filter: {{ location: {{ isNull: true }} }}"), &nowhere, true).await;
    let (with, without) = (rows(&|row| row["organization"].is_object()), rows(&|row| row["organization"].is_null()));
    assert_counted(&world, &format!("{date}, filter: {{ organization: {{ isNull: false }} }}"), &with, true).await;
    assert_counted(&world, &format!("{date}, filter: {{ organization: {{ isNull: true }} }}"), &without, true).await;
    for filter in ["organization: { isNull: true }", "deviceType: { eq: WORKSTATION }", "deviceType: { eq: NETWORK }"] {
        let query = format!(
            "{{ snapshots({date}, filter: {{ {filter} }}) {{ totalCount }} counts({date}, filter: {{ {filter} }}) {{ totals {{ devices }} }} }}"
        );
        let answer = world.graphql.query(&query).await;
        assert_eq!(answer["snapshots"]["totalCount"], answer["counts"]["totals"]["devices"], "{filter}");
    }
}

/// A night on which some Ninja devices are in an organization whose name is none.
#[rstest]
#[tokio::test]
async fn devices_in_no_client_are_counted_and_found(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::on(backend).plan(FleetPlan { organizations: 4, ..FleetPlan::plain(30, 8) }).start().await;
    let key = world.simulator.view(|vendors| vendors.ninja_devices()[0]["organizationId"].as_i64().unwrap());
    world.simulator.edit(|vendors| {
        vendors.ninja_organization(key).set("name", " \u{3000} ");
    });
    world.night(0).await;
    let (all, date) = (snapshots(&world, 0).await, "date: \"2026-03-02\"");
    let (with, without): (Vec<_>, Vec<_>) = all.iter().partition(|row| row["organization"].is_object());
    assert!(!without.is_empty(), "{all:#?}");
    assert_counted(&world, date, &all.iter().collect::<Vec<_>>(), true).await;
    assert_counted(&world, &format!("{date}, filter: {{ organization: {{ isNull: true }} }}"), &without, true).await;
    assert_counted(&world, &format!("{date}, filter: {{ organization: {{ isNull: false }} }}"), &with, true).await;
    let last = every(&world, date, "byOrganization", "organization { id }").await.pop().unwrap();
    assert_eq!(last["organization"], Value::Null, "they come last");
}

#[rstest]
#[tokio::test]
async fn the_number_of_statements_does_not_grow_with_what_is_counted(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = two_nights(backend).await;
    let statements = async |shown: &str| {
        world.take_statements();
        counts(&world, "date: \"2026-03-11\"", shown).await;
        world.take_statements()
    };
    let plain =
        statements(&format!("{NUMBERS} byVendor {{ vendor {NUMBERS} }} byDeviceType {{ deviceType {NUMBERS} }}")).await;
    assert_eq!(plain.len(), 4, "days, internal organizations, their sites, counts: {plain:#?}");
    for first in [1, 50] {
        let shown = format!("byOrganization(first: {first}) {{ nodes {{ organization {{ id name }} {NUMBERS} }} }}");
        assert_eq!(statements(&shown).await.len(), 6, "and one for the breakdown, one for the names");
        let shown = format!("byLocation(first: {first}) {{ nodes {{ location {NUMBERS} }} }}");
        assert_eq!(statements(&shown).await.len(), 5);
    }
}

#[rstest]
#[tokio::test]
async fn a_date_that_has_no_counts_is_refused_with_a_reason(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    let ask = async |arguments: &str| {
        world.graphql.ask(&format!("{{ counts{arguments} {{ totals {{ devices }} }} }}"), json!({})).await
    };
    let empty = ask("").await;
    assert_eq!(empty.error_code(), "NO_DATA");
    assert_eq!(empty.body["errors"][0]["extensions"]["nearestDates"], json!([]));
    world.night(0).await;
    world.night(4).await;
    let hole = ask("(date: \"2026-03-04\")").await;
    assert_eq!(hole.error_code(), "NO_DATA");
    assert_eq!(hole.body["errors"][0]["extensions"]["nearestDates"], json!(["2026-03-02", "2026-03-06"]));
    for (arguments, code) in [
        ("(date: \"2026-03-07\")", "BAD_USER_INPUT"),
        ("(date: \"9999-12-31\")", "BAD_USER_INPUT"),
        ("(date: \"0001-01-01\")", "NO_DATA"),
        ("(date: \"0001-01-01\")", "NO_DATA"),
        ("(date: \"2026-03-31\")", "BAD_USER_INPUT"),
        // `Organization:98765` as this server writes ids.
        ("(filter: { organization: { eq: \"T3JnYW5pemF0aW9uOjk4NzY1\" } })", "NOT_FOUND"),
        ("(filter: { organization: { eq: \"nonsense\" } })", "BAD_USER_INPUT"),
        ("(filter: { deviceType: { eq: TOASTER } })", "GRAPHQL_VALIDATION_FAILED"),
    ] {
        assert_eq!(ask(arguments).await.error_code(), code, "{arguments}");
    }
    let nul = ask("(filter: { location: { eq: \"a\\u0000b\" } })").await;
    assert_eq!(nul.data()["counts"]["totals"]["devices"], 0, "no location has such a name");
}
