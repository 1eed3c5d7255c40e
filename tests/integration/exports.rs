//! Exports have the rows of GraphQL's lists, in their order and to the digit, as CSV and as XLSX.

use harness::{Backend, Download, Line, World, text};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

/// A heading, and the field behind it: names with dots between.
type Columns = &'static [(&'static str, &'static str)];

const EXCEPTIONS: Columns = &[
    ("Type", "type"),
    ("Severity", "severity"),
    ("Status", "status"),
    ("Host name", "hostname"),
    ("Organization", "organization.name"),
    ("Date found", "dateFound"),
    ("Age in days", "ageDays"),
    ("Last seen", "lastSeen"),
    ("Assigned to", "assignedTo"),
    ("Snoozed until", "snoozedUntil"),
    ("Resolution", "resolution"),
    ("Resolved on", "resolvedDate"),
    ("Resolved at (UTC)", "resolvedAt"),
    ("Resolved by", "resolvedBy"),
    ("Accepted until", "acceptedUntil"),
    ("Reopened at (UTC)", "reopenedAt"),
    ("Reopened by", "reopenedBy"),
    ("Notes", "notes"),
    ("Details", "details"),
    ("Device ids", "devices.id"),
    ("Exception id", "id"),
];

const DEVICES: Columns = &[
    ("Host name", "hostname"),
    ("Display name", "displayName"),
    ("Organization", "organization.name"),
    ("Device type", "deviceType"),
    ("Billing", "billing"),
    ("Spare reason", "spareReason"),
    ("Present", "present"),
    ("First seen", "firstSeen"),
    ("Last seen", "lastSeen"),
    ("Vendors", "sources.vendor"),
    ("Vendors' ids", "sources.vendorDeviceKey"),
    ("Open exceptions", "openExceptions.type"),
    ("Device id", "id"),
];

const CHANGES: Columns = &[
    ("Change", "kind"),
    ("Vendor", "vendor"),
    ("Date", "date"),
    ("Host name", "hostname"),
    ("Organization before", "fromOrganization.name"),
    ("Organization after", "toOrganization.name"),
    ("Billing before", "fromBilling"),
    ("Billing after", "toBilling"),
    ("Vendor's id", "vendorDeviceKey"),
    ("Device id", "device.id"),
];

const TOTALS: Columns = &[
    ("Organization", "organization.name"),
    ("Start", "totals.start"),
    ("Added", "totals.added"),
    ("Moved in", "totals.movedIn"),
    ("Removed", "totals.removed"),
    ("Moved out", "totals.movedOut"),
    ("End", "totals.end"),
    ("Billing changed", "totals.billingChanged"),
    ("Organization id", "organization.id"),
];

fn selection(columns: Columns) -> String {
    let select = |field: &str| {
        field.split('.').rev().fold(String::new(), |inner, name| {
            if inner.is_empty() { name.to_owned() } else { format!("{name} {{ {inner} }}") }
        })
    };
    columns.iter().map(|(_, field)| select(field)).collect::<Vec<_>>().join(" ")
}

/// What a line has to show of a row.
fn expected(row: &Value, columns: Columns) -> Line {
    let shown = |field: &str| {
        let value = field.split('.').fold(row.clone(), |value, name| match value {
            Value::Array(items) => items.iter().map(|item| item[name].clone()).collect(),
            value => value[name].clone(),
        });
        match value {
            Value::Null => String::new(),
            Value::String(text) => text,
            Value::Array(items) => items.iter().map(|item| item.as_str().unwrap()).collect::<Vec<_>>().join("; "),
            other => other.to_string(),
        }
    };
    columns.iter().map(|(heading, field)| ((*heading).to_owned(), shown(field))).collect()
}

/// Texts of details may have their keys in any order, and a spreadsheet knows no 32.0 beside 32.
fn comparable(lines: Vec<Line>) -> Vec<Line> {
    let sorted = |mut line: Line| {
        if let Some(memory) = line.get_mut("Memory GiB") {
            *memory = memory.trim_end_matches(".0").to_owned();
        }
        if let Some(details) = line.get_mut("Details") {
            let details_as_json: Value = serde_json::from_str(details).unwrap();
            *details = serde_json::to_string(&details_as_json).unwrap();
        }
        line
    };
    lines.into_iter().map(sorted).collect()
}

#[track_caller]
fn assert_agree(rows: &[Value], columns: Columns, csv: Vec<Line>, xlsx: Vec<Line>) {
    let wanted = comparable(rows.iter().map(|row| expected(row, columns)).collect());
    for (kind, lines) in [("CSV", comparable(csv)), ("XLSX", comparable(xlsx))] {
        assert_eq!(lines.len(), wanted.len(), "{kind}");
        for (line, wanted) in lines.iter().zip(&wanted) {
            assert_eq!(line, wanted, "{kind}");
        }
    }
}

fn only(sheets: Vec<(String, Vec<Line>)>, name: &str) -> Vec<Line> {
    let names: Vec<_> = sheets.iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(names, [name]);
    sheets.into_iter().next().unwrap().1
}

/// A fleet over three nights, with exceptions in every state.
async fn worked_on(backend: Backend) -> World {
    let world = World::on(backend).start().await;
    world.night(0).await;
    let open = world.graphql.every("exceptions", "filter: { status: { eq: OPEN } }", "id").await;
    assert!(open.len() >= 6, "{}", open.len());
    for (number, exception) in open.iter().enumerate() {
        let id = &exception["id"];
        match number % 6 {
            0 => world.done("resolveException", json!({ "id": id, "resolution": "FIXED", "note": "-done" })).await,
            1 => world.done("assignException", json!({ "id": id, "assignee": "ann" })).await,
            2 => world.done("snoozeException", json!({ "id": id, "until": world.day(9).to_string() })).await,
            3 => {
                let until = world.day(3).to_string();
                world
                    .done("resolveException", json!({ "id": id, "resolution": "ACCEPTED", "acceptedUntil": until }))
                    .await
            }
            4 => world.done("commentOnException", json!({ "id": id, "comment": "line 1\nline \"2\", 前台 😀" })).await,
            _ => Value::Null,
        };
    }
    world.night(1).await;
    world.night(2).await;
    world
}

#[rstest]
#[tokio::test]
async fn exceptions_are_the_same_in_every_form(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = worked_on(backend).await;
    for (filter, order, as_of) in [
        (json!(null), json!(null), String::new()),
        (json!({ "status": { "in": ["OPEN", "SNOOZED"] } }), json!({ "field": "HOSTNAME" }), String::new()),
        (
            json!({ "not": { "severity": { "eq": "LOW" } }, "vendor": { "eq": "NINJA" } }),
            json!({ "field": "STATUS", "direction": "DESC" }),
            String::new(),
        ),
        (json!({ "status": { "eq": "OPEN" } }), json!({ "field": "AGE" }), world.day(0).to_string()),
        (json!({ "hostname": { "eq": "nobody" } }), json!(null), String::new()),
    ] {
        let query = format!(
            "query($f: ExceptionFilter, $o: ExceptionOrder, $d: Date) {{
                exceptions(first: 500, filter: $f, orderBy: $o, asOf: $d) {{ nodes {{ {} }} }} }}",
            selection(EXCEPTIONS)
        );
        let day = if as_of.is_empty() { json!(null) } else { json!(as_of) };
        let answer = world.graphql.ask(&query, json!({ "f": filter, "o": order, "d": day })).await;
        let rows = answer.data()["exceptions"]["nodes"].as_array().unwrap().clone();
        let (filter, order) = (filter.to_string(), order.to_string());
        let parameters = [("filter", filter.as_str()), ("orderBy", &order), ("asOf", &as_of)];
        let csv = world.graphql.csv("exceptions", &parameters).await;
        let csv = csv.into_iter().map(|mut line| {
            // What could begin a formula has an apostrophe in CSV.
            let notes = line.get_mut("Notes").unwrap();
            *notes = notes.replace("'-done", "-done");
            line
        });
        let xlsx = only(world.graphql.xlsx("exceptions", &parameters).await, "Exceptions");
        assert_agree(&rows, EXCEPTIONS, csv.collect(), xlsx);
    }
}

#[rstest]
#[tokio::test]
async fn devices_are_the_same_in_every_form(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = worked_on(backend).await;
    for (filter, order) in [
        (json!(null), json!(null)),
        (json!({ "billing": { "eq": "BILLABLE" } }), json!({ "field": "LAST_SEEN", "direction": "DESC" })),
        (json!({ "presence": "ANY", "vendor": { "eq": "THREATLOCKER" } }), json!({ "field": "FIRST_SEEN" })),
    ] {
        let query = format!(
            "query($f: DeviceFilter, $o: DeviceOrder) {{ devices(first: 500, filter: $f, orderBy: $o) {{
                nodes {{ {} }} }} }}",
            selection(DEVICES)
        );
        let answer = world.graphql.ask(&query, json!({ "f": filter, "o": order })).await;
        let rows = answer.data()["devices"]["nodes"].as_array().unwrap().clone();
        assert!(rows.len() > 10);
        let (filter, order) = (filter.to_string(), order.to_string());
        let parameters = [("filter", filter.as_str()), ("orderBy", &order)];
        let csv = world.graphql.csv("devices", &parameters).await;
        let xlsx = only(world.graphql.xlsx("devices", &parameters).await, "Devices");
        assert_agree(&rows, DEVICES, csv, xlsx);
    }
}

#[rstest]
#[tokio::test]
async fn usage_changes_and_their_sums_are_the_same_in_every_form(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let plan = FleetPlan { organizations: 4, ..FleetPlan::plain(30, 8) };
    let world = World::on(backend).plan(plan).start().await;
    let ids: Vec<i64> = world
        .simulator
        .view(|vendors| vendors.ninja_devices().iter().filter_map(|row| row["id"].as_i64()).take(3).collect());
    world.night(0).await;
    world.simulator.edit(|vendors| {
        vendors.ninja_device(ids[0]).remove();
        vendors.move_ninja_device(ids[1], 14);
        vendors.ninja_device(ids[2]).set("displayName", "spare 2");
    });
    world.night(1).await;
    let (from, to) = (world.day(0).to_string(), world.day(1).to_string());
    let parameters = [("vendor", "NINJA"), ("from", from.as_str()), ("to", &to)];
    let query = format!(
        r#"{{ usageChanges(vendor: NINJA, from: "{from}", to: "{to}") {{ changes(first: 100) {{ nodes {{ {} }} }}
            byOrganization {{ nodes {{ {} }} }} totals {{ start added removed movedIn movedOut end }} }} }}"#,
        selection(CHANGES),
        selection(TOTALS)
    );
    let answer = world.graphql.query(&query).await["usageChanges"].clone();
    let changes = answer["changes"]["nodes"].as_array().unwrap();
    let totals = answer["byOrganization"]["nodes"].as_array().unwrap();
    assert!(changes.len() >= 3 && totals.len() >= 2);
    let sheets = world.graphql.xlsx("usage-changes", &parameters).await;
    let [(first, changed), (second, summed)] = sheets.try_into().unwrap();
    assert_eq!((first.as_str(), second.as_str()), ("Changes", "Organizations"));
    assert_agree(changes, CHANGES, world.graphql.csv("usage-changes", &parameters).await, changed);
    let of_table = [parameters.as_slice(), &[("table", "organizations"), ("includeInternal", "true")]].concat();
    let csv = world.graphql.csv("usage-changes", &of_table).await;
    let number = |line: &Line, heading: &str| line[heading].parse::<i64>().unwrap();
    for (heading, field) in [("Start", "start"), ("Added", "added"), ("Removed", "removed"), ("End", "end")] {
        let sum: i64 = csv.iter().map(|line| number(line, heading)).sum();
        assert_eq!(sum, answer["totals"][field].as_i64().unwrap(), "{heading}");
    }
    assert_agree(totals, TOTALS, csv, summed);
}

const READINESS: Columns = &[
    ("Host name", "hostname"),
    ("Display name", "displayName"),
    ("Organization", "organization.name"),
    ("Location", "location.name"),
    ("Billing", "billing"),
    ("Verdict", "windows11.verdict"),
    ("Not met or not known", "windows11.requirements.requirement"),
    ("Remedies", "windows11.requirements.remedy"),
    ("Operating system", "os.name"),
    ("Build", "os.build"),
    ("CPU", "hardware.cpuModel"),
    ("Memory GiB", "hardware.memoryGib"),
    ("Manufacturer", "hardware.manufacturer"),
    ("Model", "hardware.model"),
    ("Date", "date"),
    ("Vendor's id", "vendorDeviceKey"),
];

#[rstest]
#[tokio::test]
async fn windows_11_readiness_is_the_same_in_every_form(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).start().await;
    world.night(0).await;
    let unmet = "requirements(outcomes: [NOT_MET, NOT_ENOUGH_DATA])";
    let fields = selection(READINESS).replace("requirements", unmet);
    let answer = world.graphql.query(&format!("{{ windows11Devices(first: 500) {{ nodes {{ {fields} }} }} }}")).await;
    let rows = answer["windows11Devices"]["nodes"].as_array().unwrap().clone();
    assert!(rows.iter().any(|row| row["windows11"]["requirements"].as_array().unwrap().len() > 1));
    let sheets = world.graphql.xlsx("windows11", &[]).await;
    let [(first, devices), (second, organizations)] = sheets.try_into().unwrap();
    assert_eq!((first.as_str(), second.as_str()), ("Devices", "Organizations"));
    assert_agree(&rows, READINESS, world.graphql.csv("windows11", &[]).await, devices);
    let totals: usize = organizations.iter().map(|line| line["Total"].parse::<usize>().unwrap()).sum();
    assert_eq!(totals, rows.len());
    let capable = world.graphql.csv("windows11", &[("verdicts", r#"["CAPABLE"]"#)]).await;
    assert!(!capable.is_empty() && capable.iter().all(|line| line["Verdict"] == "CAPABLE"));
}

#[rstest]
#[tokio::test]
async fn files_say_what_they_are_and_head_answers_without_them(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    world.night(0).await;
    for (file, kind, name) in [
        ("devices.csv", "text/csv; charset=utf-8; header=present", "inventory-hub-devices-2026-03-02.csv"),
        (
            "exceptions.xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "inventory-hub-exceptions-2026-03-02.xlsx",
        ),
    ] {
        for method in [Method::GET, Method::HEAD] {
            let answer = world.graphql.send_for(method.clone(), file, &[]).await.unwrap();
            assert_eq!(answer.status, 200);
            assert_eq!(answer.header("content-type"), kind);
            assert_eq!(answer.header("content-disposition"), format!("attachment; filename=\"{name}\""));
            assert_eq!(answer.header("cache-control"), "no-store");
            assert_eq!(answer.bytes.is_empty(), method == Method::HEAD);
        }
    }
}

async fn refused(world: &World, file: &str, parameters: &[(&str, &str)]) -> Download {
    let answer = world.graphql.download(file, parameters).await.unwrap();
    assert!(text(&answer.error(), "message").len() > 10, "{}", answer.text());
    assert_eq!(answer.error().as_object().unwrap().len(), 2, "no place in a document that nobody sent");
    answer
}

#[rstest]
#[tokio::test]
async fn what_graphql_refuses_is_refused_with_its_code(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::small_on(backend).start().await;
    world.night(0).await;
    world.night(3).await;
    let usage = |from: &'static str, to: &'static str| vec![("vendor", "NINJA"), ("from", from), ("to", to)];
    let organization = [usage("2026-03-02", "2026-03-05").as_slice(), &[("organizationId", "nonsense")]].concat();
    for (file, parameters) in [
        ("exceptions", vec![("filter", r#"{"statos":{"eq":"OPEN"}}"#)]),
        ("exceptions", vec![("filter", r#"{"status":{"eq":"SHUT"}}"#)]),
        ("exceptions", vec![("filter", r#"{"dateFound":{"gte":"2026-03-05","lte":"2026-03-01"}}"#)]),
        ("exceptions", vec![("filter", r#"{"status":"#)]),
        ("exceptions", vec![("filter", "[1]")]),
        ("exceptions", vec![("orderBy", r#"{"field":"COLOUR"}"#)]),
        ("exceptions", vec![("asOf", "yesterday")]),
        ("exceptions", vec![("asOf", "2026-03-06")]),
        ("exceptions", vec![("first", "10")]),
        ("devices", vec![("asOf", "2026-03-02")]),
        ("devices", vec![("filter", r#"{"organization":{"eq":"nonsense"}}"#)]),
        ("devices", vec![("filter", "{}"), ("filter", "{}")]),
        ("usage-changes", vec![]),
        ("usage-changes", vec![("vendor", "ACME"), ("from", "2026-03-02"), ("to", "2026-03-05")]),
        ("usage-changes", usage("2026-03-05", "2026-03-02")),
        ("usage-changes", organization),
    ] {
        for ending in ["csv", "xlsx"] {
            let answer = refused(&world, &format!("{file}.{ending}"), &parameters).await;
            let code = answer.error()["extensions"]["code"].clone();
            assert_eq!((answer.status, code), (400, json!("BAD_USER_INPUT")), "{file} {parameters:?}");
        }
    }
    let answer = refused(&world, "usage-changes.csv", &usage("2026-03-02", "2026-03-04")).await;
    let nearest = json!({ "code": "NO_DATA", "nearestDates": ["2026-03-02", "2026-03-05"] });
    assert_eq!((answer.status, answer.error()["extensions"].clone()), (400, nearest));
    let answer = refused(&world, "nothing.csv", &[]).await;
    assert_eq!((answer.status, answer.error()["extensions"]["code"].clone()), (404, json!("NOT_FOUND")));
}
