//! Filters of `exceptions` give the rows that they name, no more and no fewer.

use std::collections::BTreeSet;

use harness::{Backend, History, World, text, write_history};
use rstest::rstest;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

const SHOWN: &str = "id type status hostname dateFound lastSeen resolvedDate assignedTo ageDays
    organization { id } device { id } devices { id sources { vendor } } details";

type Rule = Box<dyn Fn(&Value) -> bool>;

/// A world with 400 exceptions of every kind.
async fn with_history(backend: Backend) -> World {
    let world = World::on(backend).start().await;
    let history = History { exceptions: 400, organizations: 9, today: world.day(0) };
    write_history(world.inventory.database().writer(), history).await.unwrap();
    world
}

fn day(row: &Value, field: &str) -> String {
    row[field].as_str().unwrap_or_default().to_owned()
}

fn cases(some: &Value) -> Vec<(String, Rule)> {
    let (organization, device) = (text(&some["organization"], "id").to_owned(), text(&some["device"], "id").to_owned());
    let case = |filter: &str, rule: Rule| (filter.to_owned(), rule);
    let is = |field: &'static str, value: &'static str| -> Rule { Box::new(move |it| it[field] == value) };
    let assigned = |name: &'static str| -> Rule { Box::new(move |it| it["assignedTo"] == name) };
    let of_organization = organization.clone();
    let about = device.clone();
    vec![
        case("type: { eq: DUPLICATE_TL }", is("type", "DUPLICATE_TL")),
        case("type: { in: [DUPLICATE_TL, SITE_MISMATCH], eq: SITE_MISMATCH }", is("type", "SITE_MISMATCH")),
        case("status: { eq: OPEN }", is("status", "OPEN")),
        case("status: { eq: SNOOZED }", is("status", "SNOOZED")),
        case("status: { eq: RESOLVED }", is("status", "RESOLVED")),
        case("status: { in: [OPEN, SNOOZED] }", Box::new(|it| it["status"] != "RESOLVED")),
        case("status: { in: [] }", Box::new(|_| false)),
        case("not: { status: { eq: SNOOZED } }", Box::new(|it| it["status"] != "SNOOZED")),
        case("not: { status: { in: [OPEN, RESOLVED] } }", is("status", "SNOOZED")),
        case("severity: { eq: HIGH }", Box::new(|it| it["type"] == "MISSING_NINJA" || it["type"] == "SITE_MISMATCH")),
        case("severity: { in: [LOW, MEDIUM], eq: LOW }", is("type", "DUPLICATE_TL")),
        case(r#"assignee: { eq: "technician 3" }"#, assigned("technician 3")),
        case(r#"assignee: { eq: "TECHNICIAN 3" }"#, Box::new(|_| false)),
        case("assignee: { isNull: true }", Box::new(|it| it["assignedTo"].is_null())),
        case(
            r#"not: { assignee: { in: ["technician 3", "nobody"] } }"#,
            Box::new(|it| it["assignedTo"] != "technician 3"),
        ),
        case(r#"hostname: { startsWith: "SERVER-1" }"#, Box::new(|it| text(it, "hostname").starts_with("server-1"))),
        case(r#"hostname: { contains: "k-12" }"#, Box::new(|it| text(it, "hostname").contains("k-12"))),
        case(
            &format!(r#"organization: {{ eq: "{organization}" }}"#),
            Box::new(move |it| it["organization"]["id"] == of_organization.as_str()),
        ),
        case("organization: { isNull: true }", Box::new(|it| it["organization"].is_null())),
        case(&format!(r#"device: {{ eq: "{device}" }}"#), Box::new(move |it| it["device"]["id"] == about.as_str())),
        case("device: { isNull: true }", Box::new(|it| it["device"].is_null())),
        case("vendor: { eq: THREATLOCKER }", Box::new(|_| true)),
        case("vendor: { eq: NINJA }", Box::new(|it| it["type"] == "SITE_MISMATCH" || it["type"] == "SPARE_MISMATCH")),
        case(
            "not: { vendor: { in: [NINJA] } }",
            Box::new(|it| it["type"] != "SITE_MISMATCH" && it["type"] != "SPARE_MISMATCH"),
        ),
        case("ageDays: { gte: 100 }", Box::new(|it| it["ageDays"].as_i64() >= Some(100))),
        case("ageDays: { lte: 7 }", Box::new(|it| it["ageDays"].as_i64() <= Some(7))),
        case("ageDays: { gte: 10, lte: 30 }", Box::new(|it| (10..=30).contains(&it["ageDays"].as_i64().unwrap()))),
        case("ageDays: { eq: 0 }", Box::new(|it| it["ageDays"] == 0)),
        case("ageDays: { gte: -5 }", Box::new(|_| true)),
        case("ageDays: { gte: 2000000000 }", Box::new(|_| false)),
        case("not: { ageDays: { gte: 100 } }", Box::new(|it| it["ageDays"].as_i64() < Some(100))),
        case(
            "ageDays: { gte: 100 }, status: { eq: OPEN }",
            Box::new(|it| it["ageDays"].as_i64() >= Some(100) && it["status"] == "OPEN"),
        ),
        case(
            r#"dateFound: { gte: "2025-06-01", lte: "2025-08-31" }"#,
            Box::new(|it| ("2025-06-01".to_owned().."2025-09-01".to_owned()).contains(&day(it, "dateFound"))),
        ),
        case(r#"lastSeen: { lte: "2025-01-31" }"#, Box::new(|it| day(it, "lastSeen").as_str() <= "2025-01-31")),
        case("resolvedDate: { isNull: true }", Box::new(|it| it["resolvedDate"].is_null())),
        case(
            r#"not: { resolvedDate: { gte: "2025-06-01" } }"#,
            Box::new(|it| day(it, "resolvedDate").as_str() < "2025-06-01"),
        ),
        case(r#"text: { contains: "SWITCH 12 " }"#, Box::new(|it| text(&it["details"], "note").contains("switch 12 "))),
        case(
            r#"text: { contains: "client 7" }, status: { eq: RESOLVED }"#,
            Box::new(|it| text(&it["details"], "organization").contains("Client 7") && it["status"] == "RESOLVED"),
        ),
        case(
            r#"or: [{ text: { contains: "agent 4.3" } }, { type: { eq: DUPLICATE_TL } }]"#,
            Box::new(|it| text(&it["details"], "note").contains("agent 4.3") || it["type"] == "DUPLICATE_TL"),
        ),
        case("text: {}", Box::new(|_| true)),
        case(r#"text: { contains: "" }"#, Box::new(|_| false)),
        case("or: []", Box::new(|_| false)),
        case("not: {}", Box::new(|_| false)),
    ]
}

#[rstest]
#[tokio::test]
async fn every_filter_finds_exactly_the_rows_it_names(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = with_history(backend).await;
    let all = world.graphql.every("exceptions", "", SHOWN).await;
    assert_eq!(all.len(), 400);
    let mut found_some = 0;
    for (filter, rule) in cases(&all[0]) {
        let expected: BTreeSet<&str> = all.iter().filter(|it| rule(it)).map(|it| text(it, "id")).collect();
        let rows = world.graphql.every("exceptions", &format!("filter: {{ {filter} }}"), "id").await;
        let found: BTreeSet<&str> = rows.iter().map(|it| text(it, "id")).collect();
        assert_eq!(found, expected, "{filter}");
        assert_eq!(rows.len(), found.len(), "{filter} repeats rows");
        found_some += usize::from(!found.is_empty() && found.len() < all.len());
    }
    assert!(found_some >= 28, "only {found_some} filters divide the rows: the history shows too little");
}

const HOSTS: &str = "query($f: ExceptionFilter) { exceptions(filter: $f, first: 100) { nodes { hostname } } }";

async fn found(world: &World, filter: Value) -> Vec<String> {
    let answer = world.graphql.ask(HOSTS, json!({ "f": filter })).await;
    let rows = answer.data()["exceptions"]["nodes"].as_array().unwrap();
    rows.iter().map(|row| text(row, "hostname").to_owned()).collect()
}

const STRANGE: [&str; 9] =
    ["100%-pc", "a_b", "it's", "back\\slash", "say \"hi\"", "bang!pc", "💥-pc", "ünïted", "前台-1"];

#[rstest]
#[tokio::test]
async fn a_strange_text_in_the_details_finds_itself_and_nothing_else(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let plan = simulator::FleetPlan::plain(12, 12);
    let world = World::on(backend).plan(plan).start().await;
    let rows = world.simulator.view(simulator::World::threatlocker_computers);
    world.simulator.edit(|vendors| {
        for (row, name) in rows.iter().zip(STRANGE) {
            vendors.threatlocker_computer(text(row, "computerId")).set("hostname", name).drop_key("serialNumber");
        }
    });
    world.night(0).await;
    let hosts = world.graphql.every("exceptions", "filter: { type: { eq: MISSING_NINJA } }", "hostname").await;
    assert!(hosts.len() + 1 >= STRANGE.len(), "one may be linked by another trait: {hosts:?}");
    for host in hosts.iter().map(|row| text(row, "hostname")) {
        let shorter: String = host.chars().take(host.chars().count() - 1).collect();
        for wanted in [host.to_owned(), host.to_uppercase(), shorter] {
            if wanted.chars().count() < 3 {
                continue;
            }
            assert_eq!(
                found(&world, json!({ "type": { "eq": "MISSING_NINJA" }, "text": { "contains": wanted } })).await,
                [host],
                "{wanted}"
            );
        }
    }
}

#[rstest]
#[tokio::test]
async fn no_text_breaks_a_filter_and_one_without_end_is_refused(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = with_history(backend).await;
    let hostile = [
        "%",
        "_",
        "%%",
        "'",
        "''; DROP TABLE exceptions; --",
        "\\",
        "\"",
        "!",
        "\u{0}",
        "a\u{0}b",
        "\u{feff}",
        "İ",
        "$1",
    ];
    for wanted in hostile {
        let filter = json!({ "type": { "eq": "MISSING_NINJA" }, "text": { "contains": wanted } });
        let answer = world.graphql.ask(HOSTS, json!({ "f": filter })).await;
        if domain::search::needle(wanted).is_some_and(|needle| needle.chars().count() < 3) {
            assert_eq!(answer.error_code(), "BAD_USER_INPUT", "{wanted:?}");
        } else {
            assert_eq!(answer.data()["exceptions"]["nodes"], json!([]), "{wanted:?}");
        }
        assert_eq!(found(&world, json!({ "assignee": { "eq": wanted } })).await, [] as [&str; 0], "{wanted:?}");
        assert_eq!(found(&world, json!({ "assignee": { "in": [wanted] } })).await, [] as [&str; 0], "{wanted:?}");
    }
    assert_eq!(found(&world, json!({ "text": { "contains": "x".repeat(1000) } })).await, [] as [&str; 0]);
    let query = "query($f: ExceptionFilter) { exceptions(filter: $f) { nodes { id } } }";
    for filter in [
        json!({ "text": { "contains": "x".repeat(1001) } }),
        json!({ "text": { "contains": "💥".repeat(20_000) } }),
        json!({ "text": { "contains": "zq" } }),
        json!({ "hostname": { "contains": "-4" } }),
        json!({ "ageDays": { "gte": 5, "lte": 4 } }),
        json!({ "assignee": { "in": vec!["a"; 1001] } }),
    ] {
        let answer = world.graphql.ask(query, json!({ "f": filter })).await;
        assert_eq!(answer.error_code(), "BAD_USER_INPUT");
    }
}

#[rstest]
#[tokio::test]
async fn device_is_the_first_of_the_devices_and_costs_one_statement(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = with_history(backend).await;
    world.take_statements();
    let rows = world.graphql.query("{ exceptions(first: 100) { nodes { device { id } devices { id } } } }").await;
    assert_eq!(world.take_statements().len(), 2);
    for row in rows["exceptions"]["nodes"].as_array().unwrap() {
        assert_eq!(row["device"], row["devices"][0]);
        assert!(row["device"]["id"].is_string());
    }
}

#[rstest]
#[tokio::test]
async fn exceptions_about_no_linked_device_are_those_whose_device_is_null(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = with_history(backend).await;
    let unlink = "UPDATE device_identity SET device_id = NULL WHERE id % 3 = 0";
    world.inventory.database().writer().execute_unprepared(unlink).await.unwrap();
    let all = world.graphql.every("exceptions", "", "id device { id }").await;
    let mut numbers = Vec::new();
    for is_null in [true, false] {
        let expected: BTreeSet<&str> =
            all.iter().filter(|it| it["device"].is_null() == is_null).map(|it| text(it, "id")).collect();
        for filter in
            [format!("device: {{ isNull: {is_null} }}"), format!("not: {{ device: {{ isNull: {} }} }}", !is_null)]
        {
            let rows = world.graphql.every("exceptions", &format!("filter: {{ {filter} }}"), "id").await;
            let found: BTreeSet<&str> = rows.iter().map(|it| text(it, "id")).collect();
            assert_eq!((found, rows.len()), (expected.clone(), expected.len()), "{filter}");
        }
        numbers.push(expected.len());
    }
    assert!(numbers.iter().all(|number| *number > 20), "{numbers:?}");
}
