//! A simulated year, night by night, with retention at work: what is billed, counted, changed and exported reconciles in
//! every month, before its days are dropped and after.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use domain::vendor::Vendor;
use harness::{Backend, Line, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use server::inventory::jobs::{JobStatus, Trigger};
use simulator::FleetPlan;

const NIGHTS: u64 = 366;

/// What a month said when it ended.
#[derive(Debug)]
struct MonthEnd {
    month: String,
    last: NaiveDate,
    counts: Value,
    report: Value,
}

#[rstest]
#[tokio::test]
async fn every_month_reconciles_before_its_days_are_dropped_and_after(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let plan = FleetPlan { organizations: 3, ninja_devices: 14, threatlocker_devices: 8, ..FleetPlan::default() };
    let world = World::on(backend).plan(plan).start().await;
    let mut ends: Vec<MonthEnd> = Vec::new();
    for night in 0..NIGHTS {
        let today = world.day(night);
        let ends_month = today.succ_opt().unwrap().month() != today.month();
        world.move_to(night);
        world.collect(&Vendor::ALL, ends_month).await;
        if today.weekday() == chrono::Weekday::Sun || ends_month {
            retain(&world).await;
        }
        if ends_month {
            ends.push(month_end(&world, today).await);
        }
        if today.day() == 3 && ends.len() >= 2 {
            close(&world, &ends[ends.len() - 2]).await;
        }
    }
    assert!(ends.len() >= 12, "{}", ends.len());
    let kept = world.graphql.query("{ availableDates(first: 400) { date } }").await;
    let kept = kept["availableDates"].as_array().unwrap().len();
    assert!((60..=70).contains(&kept), "{kept} days are kept");
    for (end, next) in ends.iter().zip(&ends[1..]) {
        continues(&world, end, next).await;
    }
    for end in &ends {
        assert_eq!(count(&world, end.last).await, end.counts, "the counts of {}", end.month);
        same_report(&world, end).await;
        same_in_every_form(&world, &end.month).await;
    }
    series(&world, &ends).await;
}

async fn retain(world: &World) {
    let report = world.inventory.retain(Trigger::Timer, "schedule").await.unwrap();
    assert_eq!(report.batch.status, JobStatus::Completed.code(), "{:?}", report.runs);
}

async fn count(world: &World, date: NaiveDate) -> Value {
    let numbers = "{ devices endpoints seats billable spare unknown }";
    let query = format!(
        r#"{{ counts(date: "{date}", vendor: NINJA) {{ totals {numbers}
            byOrganization(first: 100) {{ nodes {{ organization {{ name }} totals {numbers} }} }} }} }}"#
    );
    world.graphql.query(&query).await["counts"].clone()
}

/// What the day itself says, counted device by device.
async fn month_end(world: &World, last: NaiveDate) -> MonthEnd {
    let month = last.format("%Y-%m").to_string();
    let counts = count(world, last).await;
    let listed = world
        .graphql
        .every("snapshots", &format!(r#"date: "{last}", filter: {{ vendor: {{ eq: NINJA }} }}"#), "billing deviceType")
        .await;
    let billed = listed.iter().filter(|row| row["billing"] == "BILLABLE");
    let seats = billed.clone().filter(|row| row["deviceType"] == "WORKSTATION").count();
    let told = &counts["totals"];
    assert_eq!(
        [&told["devices"], &told["endpoints"], &told["seats"]],
        [&json!(listed.len()), &json!(billed.count()), &json!(seats)]
    );
    let report = world.graphql.bill(&month).await;
    for unit in ["endpoints", "seats"] {
        assert_eq!(report["totals"][unit], told[unit], "{unit} of {month}");
    }
    MonthEnd { month, last, counts, report }
}

/// Two months later all corrections are in: the report is closed as it was told on its last day.
async fn close(world: &World, end: &MonthEnd) {
    let payload = world.graphql.close_month(json!({ "month": end.month })).await;
    assert_eq!(payload["closed"], true, "{payload:#}");
    assert_eq!(payload["report"]["lines"], end.report["lines"], "{} as billed", end.month);
}

fn lines(report: &Value) -> BTreeMap<Option<&str>, &Value> {
    report["lines"]["nodes"].as_array().unwrap().iter().map(|line| (line["name"].as_str(), line)).collect()
}

/// A month begins as the one before ended, for every organization, and what came and went leads to its end.
async fn continues(world: &World, end: &MonthEnd, next: &MonthEnd) {
    let (before, after) = (lines(&end.report), lines(&next.report));
    for unit in ["endpoints", "seats"] {
        for (name, line) in &after {
            let ended = before.get(name).map_or(0, |line| line[unit].as_i64().unwrap());
            assert_eq!(line["start"][unit], ended, "{unit} of {name:?} at the start of {}", next.month);
            let number = |field: &str| line[field][unit].as_i64().unwrap();
            assert_eq!(number("start") + number("added") - number("removed"), line[unit].as_i64().unwrap());
        }
        for (name, line) in &before {
            assert!(after.contains_key(name) || line[unit] == 0, "{name:?} vanished after {}", end.month);
        }
    }
    let query = format!(
        r#"{{ usageChanges(vendor: NINJA, from: "{}", to: "{}") {{
            totals {{ start added movedIn removed movedOut end }} }} }}"#,
        end.last, next.last
    );
    let totals = world.graphql.query(&query).await["usageChanges"]["totals"].clone();
    assert_eq!(totals["start"], end.counts["totals"]["devices"], "usage from {}", end.last);
    assert_eq!(totals["end"], next.counts["totals"]["devices"], "usage to {}", next.last);
}

/// The report of a month whose days were dropped is what it was on its last day.
async fn same_report(world: &World, end: &MonthEnd) {
    let now = world.graphql.bill(&end.month).await;
    for field in ["date", "threatlockerDate", "totals", "lines", "missingDays", "countedDays"] {
        assert_eq!(now[field], end.report[field], "{field} of {}", end.month);
    }
    assert_eq!(now["adjustments"]["nodes"], json!([]), "nothing was billed wrong");
}

/// GraphQL, CSV and XLSX agree to the digit.
async fn same_in_every_form(world: &World, month: &str) {
    let report = world.graphql.bill(month).await;
    let csv = world.graphql.csv("billing", &[("month", month)]).await;
    let sheets = world.graphql.xlsx("billing", &[("month", month)]).await;
    let lines = report["lines"]["nodes"].as_array().unwrap();
    assert!(!lines.is_empty());
    for form in [&csv, &sheets[0].1] {
        assert_eq!(form.len(), lines.len(), "{month}");
        for (line, told) in form.iter().zip(lines) {
            agrees(line, told);
        }
    }
    let changes = world.graphql.csv("billing", &[("month", month), ("table", "changes")]).await;
    assert_eq!(changes, sheets[1].1, "the changes of {month}");
    let told = report["changes"]["nodes"].as_array().unwrap();
    assert_eq!((changes.len(), told.len() as u64), (told.len(), report["changes"]["totalCount"].as_u64().unwrap()));
    changes.iter().zip(told).for_each(|(line, told)| same_change(line, told));
}

fn agrees(line: &Line, told: &Value) {
    for (heading, value) in [
        ("Endpoints", &told["endpoints"]),
        ("Seats", &told["seats"]),
        ("Endpoints at start", &told["start"]["endpoints"]),
        ("Seats at start", &told["start"]["seats"]),
        ("Endpoints added", &told["added"]["endpoints"]),
        ("Seats added", &told["added"]["seats"]),
        ("Endpoints removed", &told["removed"]["endpoints"]),
        ("Seats removed", &told["removed"]["seats"]),
        ("Highest endpoints", &told["highest"]["endpoints"]),
        ("Highest seats", &told["highest"]["seats"]),
        ("Average endpoints", &told["average"]["endpoints"]),
        ("Average seats", &told["average"]["seats"]),
        ("ThreatLocker devices", &told["threatlockerDevices"]),
        ("Difference", &told["difference"]),
        ("Other endpoints", &told["otherEndpoints"]),
        ("Explained", &told["explained"]),
        ("Unexplained", &told["unexplained"]),
    ] {
        let shown = if line[heading].is_empty() { Value::Null } else { line[heading].parse::<f64>().unwrap().into() };
        assert_eq!(shown.as_f64(), value.as_f64(), "{heading}: {line:?}");
    }
    assert_eq!(line["Organization"], told["name"].as_str().unwrap_or_default());
    assert_eq!(line["Organization id"], told["organization"]["id"].as_str().unwrap_or_default());
}

fn same_change(line: &Line, told: &Value) {
    for (heading, value) in [
        ("Date", &told["date"]),
        ("Change", &told["kind"]),
        ("Organization", &told["organization"]["name"]),
        ("Host name", &told["hostname"]),
        ("Vendor's id", &told["vendorDeviceKey"]),
    ] {
        assert_eq!(line[heading], value.as_str().unwrap_or_default(), "{heading}: {line:?}");
    }
    for (heading, value) in [("Endpoints", &told["endpoints"]), ("Seats", &told["seats"])] {
        assert_eq!(line[heading].parse::<f64>().ok(), value.as_f64(), "{heading}: {line:?}");
    }
}

/// The year as a series by month tells what each month end told.
async fn series(world: &World, ends: &[MonthEnd]) {
    let (from, to) = (world.day(0), ends.last().unwrap().last);
    let query = format!(
        r#"{{ countSeries(from: "{from}", to: "{to}", interval: MONTH, vendor: NINJA) {{
            date totals {{ devices endpoints seats billable spare unknown }} }} }}"#
    );
    let points = world.graphql.query(&query).await["countSeries"].as_array().unwrap().clone();
    assert_eq!(points.len(), ends.len());
    for (point, end) in points.iter().zip(ends) {
        assert_eq!((text(point, "date"), &point["totals"]), (end.last.to_string().as_str(), &end.counts["totals"]));
    }
}
