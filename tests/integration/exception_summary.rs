//! `exceptionSummary` says what the list returns, for every filter and every day.

use std::collections::BTreeMap;

use harness::{Backend, History, World, text, write_history};
use rstest::rstest;
use serde_json::{Value, json};

const COUNTS: &str = "counts { open snoozed resolved total oldestOpen oldestAgeDays }";

/// Every one is asked with every other one, both ways.
const FILTERS: [&str; 12] = [
    "{}",
    "{ status: { eq: OPEN } }",
    "{ status: { eq: SNOOZED } }",
    "{ not: { status: { eq: RESOLVED } } }",
    "{ severity: { in: [LOW, HIGH] } }",
    "{ type: { in: [SITE_MISMATCH, SPARE_MISMATCH] } }",
    "{ organization: { isNull: true } }",
    "{ vendor: { eq: NINJA } }",
    "{ ageDays: { gte: 60 } }",
    r#"{ text: { contains: "switch 1" } }"#,
    r#"{ hostname: { startsWith: "server" } }"#,
    r#"{ resolvedDate: { gte: "2025-06-01" } }"#,
];

async fn with_history(backend: Backend) -> World {
    let world = World::on(backend).start().await;
    let history = History { exceptions: 400, organizations: 7, today: world.day(0) };
    write_history(world.inventory.database().writer(), history).await.unwrap();
    world
}

/// Numbers of rows, as the summary would show them.
fn counted<'a>(rows: impl Iterator<Item = &'a Value>) -> Value {
    let rows: Vec<_> = rows.collect();
    let count = |status: &str| rows.iter().filter(|row| row["status"] == status).count();
    let open = || rows.iter().filter(|row| row["status"] == "OPEN");
    json!({
        "open": count("OPEN"),
        "snoozed": count("SNOOZED"),
        "resolved": count("RESOLVED"),
        "total": rows.len(),
        "oldestOpen": open().map(|row| text(row, "dateFound")).min(),
        "oldestAgeDays": open().map(|row| row["ageDays"].as_i64()).max().flatten(),
    })
}

fn grouped(rows: &[Value], key: impl Fn(&Value) -> String) -> BTreeMap<String, Value> {
    let mut groups: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for row in rows {
        groups.entry(key(row)).or_default().push(row);
    }
    groups.into_iter().map(|(key, rows)| (key, counted(rows.into_iter()))).collect()
}

fn shown(groups: &Value, key: impl Fn(&Value) -> String) -> BTreeMap<String, Value> {
    groups.as_array().unwrap().iter().map(|group| (key(group), group["counts"].clone())).collect()
}

fn organization(row: &Value) -> String {
    row["organization"]["id"].to_string()
}

fn severity(row: &Value) -> String {
    row["severity"].as_str().map_or_else(
        || match text(row, "type") {
            "DUPLICATE_TL" => "LOW".to_owned(),
            "SPARE_MISMATCH" => "MEDIUM".to_owned(),
            _ => "HIGH".to_owned(),
        },
        str::to_owned,
    )
}

async fn agree(world: &World, arguments: &str) {
    let rows = world.graphql.every("exceptions", arguments, "type status dateFound ageDays organization { id }").await;
    let query = format!(
        "{{ exceptionSummary({arguments}) {{ {COUNTS} byType {{ type {COUNTS} }} bySeverity {{ severity {COUNTS} }}
            byOrganization(first: 500) {{ totalCount nodes {{ organization {{ id }} type {COUNTS} }} }}
            byOrganizationAndType(first: 500) {{ nodes {{ organization {{ id }} type {COUNTS} }} }} }} }}"
    );
    let summary = world.graphql.query(&query).await["exceptionSummary"].clone();
    let of_type = |row: &Value| text(row, "type").to_owned();
    let of_both = |row: &Value| format!("{} {}", row["organization"]["id"], row["type"]);
    assert_eq!(summary["counts"], counted(rows.iter()), "{arguments}");
    assert_eq!(shown(&summary["byType"], of_type), grouped(&rows, of_type), "{arguments}");
    assert_eq!(shown(&summary["bySeverity"], severity), grouped(&rows, severity), "{arguments}");
    let by_organization = &summary["byOrganization"];
    assert_eq!(shown(&by_organization["nodes"], organization), grouped(&rows, organization), "{arguments}");
    assert_eq!(by_organization["totalCount"], grouped(&rows, organization).len(), "{arguments}");
    let both = &summary["byOrganizationAndType"]["nodes"];
    assert_eq!(shown(both, of_both), grouped(&rows, of_both), "{arguments}");
}

#[rstest]
#[tokio::test]
async fn the_summary_says_what_the_list_returns_for_any_filter(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = with_history(backend).await;
    for (number, one) in FILTERS.iter().enumerate() {
        agree(&world, &format!("filter: {one}")).await;
        for other in &FILTERS[number + 1..] {
            agree(&world, &format!("filter: {{ and: [{one}, {other}] }}")).await;
            agree(&world, &format!("filter: {{ or: [{one}, {other}] }}")).await;
        }
    }
}

#[rstest]
#[tokio::test]
async fn the_summary_as_of_a_date_says_what_the_list_as_of_it_returns(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = with_history(backend).await;
    for day in ["2026-03-02", "2026-02-27", "2025-07-04", "2024-04-02", "2020-01-01"] {
        for filter in FILTERS {
            agree(&world, &format!(r#"asOf: "{day}", filter: {filter}"#)).await;
        }
    }
}

#[rstest]
#[tokio::test]
async fn the_summary_is_one_statement_and_one_for_the_names(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = with_history(backend).await;
    world.take_statements();
    let query = format!(
        "{{ exceptionSummary {{ {COUNTS} byType {{ type {COUNTS} }} byOrganization {{ nodes {{
            organization {{ name }} {COUNTS} }} }} }} }}"
    );
    world.graphql.query(&query).await;
    assert_eq!(world.take_statements().len(), 2);
}

#[rstest]
#[tokio::test]
async fn a_world_without_exceptions_has_a_summary_of_noughts(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).start().await;
    let query =
        format!("{{ exceptionSummary {{ {COUNTS} byType {{ type }} byOrganization {{ nodes {{ type }} }} }} }}");
    let summary = world.graphql.query(&query).await["exceptionSummary"].clone();
    assert_eq!(summary["counts"], counted([].iter()));
    assert_eq!((&summary["byType"], &summary["byOrganization"]["nodes"]), (&json!([]), &json!([])));
}

#[rstest]
#[tokio::test]
async fn groups_come_in_pages_with_what_is_in_no_organization_last(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = with_history(backend).await;
    let (mut seen, mut after) = (Vec::new(), Value::Null);
    loop {
        let query = "query($after: String) { exceptionSummary { byOrganizationAndType(first: 5, after: $after) {
            nodes { organization { id } type } pageInfo { hasNextPage endCursor } } } }";
        let answer = world.graphql.ask(query, json!({ "after": after })).await;
        let page = answer.data()["exceptionSummary"]["byOrganizationAndType"].clone();
        seen.extend(page["nodes"].as_array().unwrap().clone());
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    let all: std::collections::BTreeSet<String> = seen.iter().map(Value::to_string).collect();
    assert_eq!((seen.len(), all.len()), (8 * 4, 8 * 4), "seven organizations and none, four types");
    assert!(seen[28..].iter().all(|group| group["organization"].is_null()));
}
