//! What a month is billed as: numbers that counting by hand gives too, and that outlive the days they are of.

use std::collections::{BTreeMap, BTreeSet};

use harness::{Backend, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

const MARCH_31: u64 = 29;
const APRIL_30: u64 = 59;

fn nodes<'a>(object: &'a Value, list: &str) -> &'a Vec<Value> {
    object[list]["nodes"].as_array().unwrap()
}

/// Endpoints and seats by organization, counted device by device.
type Tally = BTreeMap<Option<String>, (i64, i64)>;

async fn tally(world: &World, day: u64) -> Tally {
    let arguments = format!("date: \"{}\", filter: {{ vendor: {{ eq: NINJA }} }}", world.day(day));
    let rows = world.graphql.every("snapshots", &arguments, "organization { name } deviceType billing").await;
    let mut tally = Tally::new();
    for row in rows.iter().filter(|row| row["billing"] == "BILLABLE") {
        let organization = row["organization"]["name"].as_str().map(str::to_owned);
        let (endpoints, seats) = tally.entry(organization).or_default();
        *endpoints += 1;
        *seats += i64::from(row["deviceType"] == "WORKSTATION");
    }
    tally
}

fn pair(units: &Value) -> (i64, i64) {
    (units["endpoints"].as_i64().unwrap(), units["seats"].as_i64().unwrap())
}

fn line<'a>(bill: &'a Value, name: Option<&str>) -> &'a Value {
    let found = nodes(bill, "lines").iter().find(|line| line["name"].as_str() == name);
    found.unwrap_or_else(|| panic!("no line of {name:?}: {bill:#}"))
}

/// The value of every calendar day of the month for one organization, days without collection carrying the last on.
fn carried(
    tallies: &BTreeMap<u64, Tally>,
    days: std::ops::RangeInclusive<u64>,
    name: Option<&String>,
) -> Vec<(i64, i64)> {
    let on = |day: u64| tallies.range(..=day).next_back().and_then(|(_, tally)| tally.get(&name.cloned()).copied());
    days.map(|day| on(day).unwrap_or_default()).collect()
}

/// Asserts that each line tells what counting by hand gives.
fn assert_counted(bill: &Value, tallies: &BTreeMap<u64, Tally>, days: std::ops::RangeInclusive<u64>) {
    let names: BTreeSet<Option<String>> =
        nodes(bill, "lines").iter().map(|line| line["name"].as_str().map(str::to_owned)).collect();
    let counted: BTreeSet<Option<String>> = tallies.values().flat_map(|tally| tally.keys().cloned()).collect();
    assert!(counted.is_subset(&names), "{counted:?} {names:?}");
    for name in &names {
        let values = carried(tallies, days.clone(), name.as_ref());
        let line = line(bill, name.as_deref());
        assert_eq!(pair(line), *values.last().unwrap(), "{name:?}");
        let highest = values.iter().fold((0, 0), |(one, two), value| (value.0.max(one), value.1.max(two)));
        assert_eq!(pair(&line["highest"]), highest, "{name:?}");
        let of = |number: fn(&(i64, i64)) -> i64| values.iter().map(number).sum::<i64>();
        let days = i64::try_from(values.len()).unwrap();
        for (told, sum) in [("endpoints", of(|value| value.0)), ("seats", of(|value| value.1))] {
            let hundredths = (sum * 200 + days).div_euclid(days * 2);
            let told = line["average"][told].as_f64().unwrap();
            assert_eq!(format!("{:.0}", told * 100.0), hundredths.to_string(), "{name:?}");
        }
        let (start, end) = (pair(&line["start"]), pair(line));
        let (added, removed) = (pair(&line["added"]), pair(&line["removed"]));
        assert_eq!((start.0 + added.0 - removed.0, start.1 + added.1 - removed.1), end, "{name:?}");
    }
}

/// The totals are the sums of the lines, and the changes are what was added and removed.
fn assert_adds_up(bill: &Value) {
    for column in ["", "start", "highest", "added", "removed"] {
        let of = |row: &Value| pair(if column.is_empty() { row } else { &row[column] });
        let sum = nodes(bill, "lines").iter().map(of).fold((0, 0), |one, two| (one.0 + two.0, one.1 + two.1));
        assert_eq!(of(&bill["totals"]), sum, "{column}");
    }
    for column in ["threatlockerDevices", "difference", "explained", "unexplained", "otherEndpoints"] {
        let sum: i64 = nodes(bill, "lines").iter().filter_map(|line| line[column].as_i64()).sum();
        assert_eq!(bill["totals"][column].as_i64().unwrap_or_default(), sum, "{column}");
    }
    assert_eq!(bill["changes"]["totalCount"], nodes(bill, "changes").len());
    for line in nodes(bill, "lines") {
        let own = nodes(bill, "changes").iter().filter(|change| change["organization"]["name"] == line["name"]);
        let (mut added, mut removed) = ((0, 0), (0, 0));
        for (endpoints, seats) in own.map(pair) {
            added = (added.0 + endpoints.max(0), added.1 + seats.max(0));
            removed = (removed.0 - endpoints.min(0), removed.1 - seats.min(0));
        }
        assert_eq!((added, removed), (pair(&line["added"]), pair(&line["removed"])), "{line:#}");
    }
}

fn newcomer(id: i64, name: &str) -> Value {
    json!({
        "id": id, "organizationId": 5, "locationId": 9, "nodeClass": "WINDOWS_WORKSTATION", "nodeRoleId": 201,
        "approvalStatus": "APPROVED", "offline": false, "systemName": name, "deviceType": "AgentDevice",
    })
}

/// A fleet in which one thing happens at a time, collected on few nights of March.
async fn eventful_march(backend: Backend) -> (World, Vec<i64>) {
    let world = World::on(backend).plan(FleetPlan { organizations: 4, ..FleetPlan::plain(30, 8) }).start().await;
    let plain = |row: &&Value| row["nodeClass"] == "WINDOWS_WORKSTATION" && row["approvalStatus"] == "APPROVED";
    let ids: Vec<i64> = world.simulator.view(|vendors| {
        let rows = vendors.ninja_devices();
        let elsewhere = rows.iter().filter(plain).filter(|row| row["organizationId"] != 14);
        elsewhere.map(|row| row["id"].as_i64().unwrap()).take(4).collect()
    });
    world.night(0).await;
    world.simulator.edit(|vendors| {
        vendors.ninja_device(ids[0]).remove();
        vendors.add_ninja_device(newcomer(900_002, "CAME-AND-WENT"));
    });
    world.night(9).await;
    world.simulator.edit(|vendors| {
        vendors.move_ninja_device(ids[1], 14);
        vendors.ninja_device(ids[2]).set("displayName", "spare 2");
        vendors.ninja_device(900_002).remove();
        vendors.rename_ninja_device(ids[3], "ANOTHER-NAME");
    });
    world.night(19).await;
    world.simulator.edit(|vendors| vendors.add_ninja_device(newcomer(900_001, "ADDED")));
    world.night(MARCH_31).await;
    (world, ids)
}

#[rstest]
#[tokio::test]
async fn each_line_tells_what_counting_every_day_by_hand_gives(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, ids) = eventful_march(backend).await;
    let mut tallies = BTreeMap::new();
    for night in [0, 9, 19, MARCH_31] {
        tallies.insert(night, tally(&world, night).await);
    }
    world.clock.set_night_of(world.day(30));
    let bill = world.graphql.bill("2026-03").await;
    assert_eq!((text(&bill, "status"), text(&bill, "date")), ("OPEN", "2026-03-31"));
    assert_eq!((text(&bill, "countedFrom"), text(&bill, "countedTo")), ("2026-03-02", "2026-03-31"));
    assert_eq!((&bill["countedDays"], bill["missingDays"].as_array().unwrap().len()), (&json!(30), 26));
    assert_counted(&bill, &tallies, 0..=MARCH_31);
    assert_adds_up(&bill);
    let told = |id: i64| -> Vec<(&str, &str, (i64, i64))> {
        let of = |row: &&Value| row["vendorDeviceKey"] == id.to_string().as_str();
        let rows = nodes(&bill, "changes").iter().filter(of);
        rows.map(|row| (text(row, "date"), text(row, "kind"), pair(row))).collect()
    };
    assert_eq!(told(ids[0]), [("2026-03-11", "LEFT", (-1, -1))]);
    let moved = [("2026-03-21", "MOVED_OUT", (-1, -1)), ("2026-03-21", "MOVED_IN", (1, 1))];
    assert_eq!(told(ids[1]), moved);
    assert_eq!(told(ids[2]), [("2026-03-21", "BECAME_UNBILLED", (-1, -1))]);
    assert_eq!(told(ids[3]), [], "a new name changes no bill");
    assert_eq!(told(900_001), [("2026-03-31", "CAME", (1, 1))]);
    assert_eq!(told(900_002), [("2026-03-11", "CAME", (1, 1)), ("2026-03-21", "LEFT", (-1, -1))]);
    let names: Vec<&str> = nodes(&bill, "lines").iter().filter_map(|line| line["name"].as_str()).collect();
    assert!(names.is_sorted(), "{names:?}");
}

#[rstest]
#[tokio::test]
async fn one_organizations_report_is_its_line_and_pages_tell_what_the_whole_tells(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, _) = eventful_march(backend).await;
    let bill = world.graphql.bill("2026-03").await;
    let query = "query($id: ID!) { billingReport(month: \"2026-03\", organizationId: $id) {
        totals { endpoints seats } lines { nodes { name changes { nodes { date hostname } } } }
        changes { nodes { date hostname } } } }";
    let clients = nodes(&bill, "lines").iter().filter(|line| !line["organization"].is_null());
    for line in clients {
        let id = &line["organization"]["id"];
        let one = world.graphql.ask(query, json!({ "id": id })).await.data()["billingReport"].clone();
        assert_eq!(pair(&one["totals"]), pair(line));
        assert_eq!((nodes(&one, "lines").len(), &nodes(&one, "lines")[0]["name"]), (1, &line["name"]));
        let own = nodes(&bill, "changes").iter().filter(|change| change["organization"]["name"] == line["name"]);
        let own: Vec<Value> = own.map(|row| json!({ "date": row["date"], "hostname": row["hostname"] })).collect();
        assert_eq!(nodes(&one, "changes"), &own);
        assert_eq!(nodes(&nodes(&one, "lines")[0], "changes"), &own);
    }
    let mut paged = (Vec::new(), Vec::new());
    let mut after = (Value::Null, Value::Null);
    let query = "query($l: String, $c: String) { billingReport(month: \"2026-03\") {
        lines(first: 1, after: $l) { nodes { name } pageInfo { endCursor } }
        changes(first: 2, after: $c) { nodes { date kind hostname } pageInfo { endCursor } } } }";
    for _ in 0..10 {
        let page =
            world.graphql.ask(query, json!({ "l": after.0, "c": after.1 })).await.data()["billingReport"].clone();
        paged.0.extend(nodes(&page, "lines").iter().map(|line| line["name"].clone()));
        paged.1.extend(nodes(&page, "changes").iter().map(|change| (change["date"].clone(), change["kind"].clone())));
        let next = |list: &str, so_far: &Value| match &page[list]["pageInfo"]["endCursor"] {
            Value::Null => so_far.clone(),
            cursor => cursor.clone(),
        };
        after = (next("lines", &after.0), next("changes", &after.1));
    }
    let names: Vec<Value> = nodes(&bill, "lines").iter().map(|line| line["name"].clone()).collect();
    let changes = nodes(&bill, "changes").iter().map(|change| (change["date"].clone(), change["kind"].clone()));
    assert_eq!(paged, (names, changes.collect()));
}

#[rstest]
#[tokio::test]
async fn the_end_of_a_month_is_the_start_of_the_next_and_dropped_days_change_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let plan = FleetPlan { organizations: 6, ninja_devices: 80, threatlocker_devices: 50, ..FleetPlan::default() };
    let world = World::on(backend).plan(plan).start().await;
    let mut tallies = BTreeMap::new();
    for night in [0, 12, MARCH_31, 33, 47, APRIL_30, 61] {
        world.night(night).await;
        tallies.insert(night, tally(&world, night).await);
    }
    let (march, april) = (world.graphql.bill("2026-03").await, world.graphql.bill("2026-04").await);
    assert_counted(&march, &tallies, 0..=MARCH_31);
    assert_counted(&april, &tallies, MARCH_31 + 1..=APRIL_30);
    assert!(nodes(&april, "changes").len() > 2, "a fleet that lives changes");
    assert_eq!((text(&april, "countedFrom"), &april["countedDays"]), ("2026-04-01", &json!(30)));
    for bill in [&march, &april] {
        assert_adds_up(bill);
    }
    let ends: BTreeMap<Option<&str>, (i64, i64)> =
        nodes(&march, "lines").iter().map(|line| (line["name"].as_str(), pair(line))).collect();
    for line in nodes(&april, "lines") {
        let end = ends.get(&line["name"].as_str()).copied().unwrap_or_default();
        assert_eq!(pair(&line["start"]), end, "{}", line["name"]);
    }
    assert_eq!(pair(&april["totals"]["start"]), pair(&march["totals"]));
    world.drop_days(&[world.day(MARCH_31), world.day(APRIL_30)]).await;
    assert_eq!(world.graphql.bill("2026-03").await, march, "the days are gone, the report is not");
    assert_eq!(world.graphql.bill("2026-04").await, april);
}

#[rstest]
#[tokio::test]
async fn a_month_is_provisional_until_it_is_over_and_refused_before_it_begins_or_without_a_day(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    world.night(3).await;
    world.night(5).await;
    let bill = world.graphql.bill("2026-03").await;
    assert_eq!((text(&bill, "status"), text(&bill, "date")), ("PROVISIONAL", "2026-03-07"));
    assert_eq!((text(&bill, "countedFrom"), text(&bill, "countedTo")), ("2026-03-05", "2026-03-07"));
    assert_eq!(bill["missingDays"], json!(["2026-03-06"]));
    assert!(nodes(&bill, "lines").len() > 2 && bill["closing"].is_null() && bill["live"].is_null());
    world.clock.set_night_of(world.day(MARCH_31));
    assert_eq!(text(&world.graphql.bill("2026-03").await, "status"), "PROVISIONAL", "its last day is not over");
    world.move_to(80);
    let ask = |month: &'static str| {
        let query = "query($month: Month!) { billingReport(month: $month) { date } }";
        world.graphql.ask(query, json!({ "month": month }))
    };
    for month in ["2026-02", "2026-04", "0001-01"] {
        let answer = ask(month).await;
        assert_eq!(answer.error_code(), "NO_DATA", "{month}");
        let error = &answer.body["errors"][0];
        let nearest = if month == "2026-04" { "2026-03-07" } else { "2026-03-05" };
        assert_eq!(error["extensions"]["nearestDates"], json!([nearest]));
        assert_eq!(
            text(error, "message"),
            format!("no day of {month} is stored that could be counted; nearest: {nearest}")
        );
    }
    for month in ["2026-06", "9999-12"] {
        let answer = ask(month).await;
        assert_eq!(answer.error_code(), "BAD_USER_INPUT", "{month}");
        assert_eq!(text(&answer.body["errors"][0], "message"), format!("{month} has not begun"));
    }
    for month in ["2026-13", "2026-1", "2026-03-01", "March", "", "0000-01"] {
        assert_eq!(ask(month).await.error_code(), "GRAPHQL_VALIDATION_FAILED", "{month}");
    }
    // `Organization:987654` as this server writes ids, and an id of another type.
    for (id, code) in [("T3JnYW5pemF0aW9uOjk4NzY1NA", "NOT_FOUND"), ("RGV2aWNlOjE", "BAD_USER_INPUT")] {
        let query = "query($id: ID!) { billingReport(month: \"2026-03\", organizationId: $id) { date } }";
        assert_eq!(world.graphql.ask(query, json!({ "id": id })).await.error_code(), code);
    }
}

#[rstest]
#[tokio::test]
async fn the_open_exceptions_explain_why_threatlocker_counts_otherwise(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).plan(FleetPlan { organizations: 4, ..FleetPlan::plain(40, 30) }).start().await;
    world.estrange(3);
    world.night(0).await;
    world.night(MARCH_31).await;
    world.move_to(30);
    let bill = world.graphql.bill("2026-03").await;
    assert_adds_up(&bill);
    let totals = &bill["totals"];
    assert_eq!((text(&bill, "threatlockerDate"), &totals["threatlockerDevices"]), ("2026-03-31", &json!(30)));
    for line in nodes(&bill, "lines") {
        let number = |field: &str| line[field].as_i64().unwrap();
        assert_eq!(number("difference"), number("threatlockerDevices") - number("endpoints"));
        let effects: i64 = line["exceptions"].as_array().unwrap().iter().map(|of| of["effect"].as_i64().unwrap()).sum();
        assert_eq!(number("explained"), effects);
        assert_eq!(line["unexplained"], 0, "in a plain fleet every difference is somebody's exception: {line:#}");
        for of_type in line["exceptions"].as_array().unwrap() {
            let filter = format!(
                "asOf: \"2026-03-31\", filter: {{ status: {{ eq: OPEN }}, type: {{ eq: {} }}, organization: {{ eq: {} }} }}",
                text(of_type, "type"),
                line["organization"]["id"]
            );
            let listed = world.graphql.every("exceptions", &filter, "id").await.len();
            assert_eq!(of_type["count"], listed, "{of_type:#}");
        }
    }
    let strangers = totals["exceptions"].as_array().unwrap().iter().find(|of| of["type"] == "MISSING_NINJA").unwrap();
    assert_eq!((&strangers["count"], &strangers["effect"]), (&json!(3), &json!(3)));
    // Who was found later does not explain the month that is over.
    world.estrange(6);
    world.night(31).await;
    assert_eq!(world.graphql.bill("2026-03").await["totals"], *totals);
}

#[rstest]
#[tokio::test]
async fn internal_organizations_are_left_out_and_named(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let all = World::on(backend).plan(FleetPlan { organizations: 4, ..FleetPlan::plain(30, 8) }).start().await;
    all.night(0).await;
    let whole = all.graphql.bill("2026-03").await;
    let own = nodes(&whole, "lines")[0]["name"].clone();
    let builder = World::on(backend).plan(FleetPlan { organizations: 4, ..FleetPlan::plain(30, 8) });
    let own_name = format!("  {} ", own.as_str().unwrap().to_uppercase());
    let world = builder.rules(|rules| rules.internal_organizations = vec![own_name]).start().await;
    world.night(0).await;
    let bill = world.graphql.bill("2026-03").await;
    assert_eq!(bill["leftOut"], json!([own]));
    let names = |bill: &Value| nodes(bill, "lines").iter().map(|line| line["name"].clone()).collect::<Vec<_>>();
    assert_eq!(names(&bill), names(&whole)[1..]);
    assert_adds_up(&bill);
    let left_out = pair(line(&whole, own.as_str()));
    assert_eq!(pair(&bill["totals"]), (pair(&whole["totals"]).0 - left_out.0, pair(&whole["totals"]).1 - left_out.1));
}

#[rstest]
#[tokio::test]
async fn a_report_takes_as_many_statements_for_forty_organizations_as_for_four(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut taken = Vec::new();
    for organizations in [4, 40] {
        let plan = FleetPlan { organizations, ninja_devices: 120, threatlocker_devices: 60, ..FleetPlan::default() };
        let world = World::on(backend).plan(plan).start().await;
        world.night(0).await;
        world.night(10).await;
        world.take_statements();
        let bill = world.graphql.bill("2026-03").await;
        let statements = world.take_statements();
        assert!(nodes(&bill, "lines").len() >= organizations / 2);
        taken.push(statements.len());
        assert!(statements.len() <= 14, "{statements:#?}");
    }
    assert_eq!(taken[0], taken[1]);
}
