//! With 50,000 exceptions in history PostgreSQL reads a first page of the work list through indexes, whatever is asked.

use harness::{Backend, History, World, text, write_history};
use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};
use serde_json::Value;

const BIG: [&str; 5] = ["exceptions", "exception_identity", "exception_event", "exception_period", "device_identity"];

/// With the names of an organization and of a device in place of ORGANIZATION and DEVICE.
const FILTERS: [&str; 34] = [
    "",
    "status: { eq: OPEN }",
    "status: { eq: SNOOZED }",
    "status: { eq: RESOLVED }",
    "status: { in: [OPEN, SNOOZED] }",
    "type: { eq: SITE_MISMATCH }",
    "type: { in: [DUPLICATE_TL, MISSING_NINJA] }, status: { eq: OPEN }",
    "severity: { eq: HIGH }",
    "severity: { in: [LOW, MEDIUM] }",
    r#"organization: { eq: "ORGANIZATION" }"#,
    r#"organization: { eq: "ORGANIZATION" }, status: { eq: OPEN }"#,
    "organization: { isNull: true }",
    "vendor: { eq: THREATLOCKER }",
    "vendor: { eq: NINJA }",
    r#"device: { eq: "DEVICE" }"#,
    "device: { isNull: true }",
    "device: { isNull: false }",
    r#"assignee: { eq: "technician 3" }"#,
    "assignee: { isNull: true }",
    r#"assignee: { in: ["technician 3", "nobody"] }, status: { eq: OPEN }"#,
    r#"hostname: { eq: "desk-49999" }"#,
    r#"hostname: { startsWith: "desk-4999" }"#,
    r#"hostname: { contains: "-4999" }"#,
    "ageDays: { gte: 90 }, status: { eq: OPEN }",
    "ageDays: { gte: 600 }",
    "ageDays: { lte: 7 }",
    r#"dateFound: { gte: "2025-06-01", lte: "2025-06-30" }"#,
    r#"lastSeen: { lte: "2024-07-01" }"#,
    r#"resolvedDate: { eq: "2025-06-30" }"#,
    "resolvedDate: { isNull: true }",
    r#"text: { contains: "switch 12 port 40" }"#,
    r#"text: { contains: "sn7919" }, status: { eq: OPEN }"#,
    r#"text: { contains: "no such text at all" }"#,
    r#"or: [{ assignee: { eq: "technician 4" } }, { severity: { eq: HIGH } }], not: { status: { eq: RESOLVED } }"#,
];

const ORDERS: [&str; 10] = [
    "AGE",
    "DATE_FOUND",
    "HOSTNAME",
    "LAST_SEEN",
    "RESOLVED_DATE",
    "TYPE",
    "SEVERITY",
    "ORGANIZATION",
    "ASSIGNEE",
    "STATUS",
];

async fn with_history() -> World {
    let world = World::on(Backend::Postgres).start().await;
    let history = History { exceptions: 50_000, organizations: 300, today: world.day(0) };
    write_history(world.inventory.database().writer(), history).await.unwrap();
    world
}

/// Every table that a plan reads from end to end.
fn full_scans(plan: &Value, found: &mut Vec<String>) {
    if plan["Node Type"] == "Seq Scan" {
        found.push(text(plan, "Relation Name").to_owned());
    }
    for below in plan["Plans"].as_array().into_iter().flatten() {
        full_scans(below, found);
    }
}

async fn plan_of(world: &World, statement: &Statement) -> Value {
    let explain = format!("EXPLAIN (FORMAT JSON) {statement}");
    let row = world.rows().query_one_raw(Statement::from_string(DatabaseBackend::Postgres, explain)).await.unwrap();
    row.unwrap().try_get_by_index::<Value>(0).unwrap()[0]["Plan"].clone()
}

/// Reads a first page and refuses a plan of any of its statements that reads a big table from end to end.
async fn refuse_full_scans(world: &World, arguments: &str) {
    let query = format!(
        "{{ exceptions(first: 50, {arguments}) {{ pageInfo {{ hasNextPage }}
            nodes {{ id hostname ageDays organization {{ name }} device {{ hostname }} history {{ nodes {{ kind }} }} }} }} }}"
    );
    world.take_statements();
    world.graphql.query(&query).await;
    let statements = world.take_bound_statements();
    assert!(!statements.is_empty());
    for statement in statements {
        let plan = plan_of(world, &statement).await;
        let mut found = Vec::new();
        full_scans(&plan, &mut found);
        found.retain(|table| BIG.contains(&table.as_str()));
        assert!(found.is_empty(), "{arguments} reads {found:?} from end to end:\n{statement}\n{plan:#}");
    }
}

#[tokio::test]
async fn the_first_page_of_any_filter_and_order_reads_no_big_table_from_end_to_end() {
    let world = with_history().await;
    let some = world.graphql.query("{ exceptions(first: 1) { nodes { organization { id } device { id } } } }").await;
    let some = &some["exceptions"]["nodes"][0];
    for filter in FILTERS {
        let filter = filter.replace("ORGANIZATION", text(&some["organization"], "id"));
        let filter = filter.replace("DEVICE", text(&some["device"], "id"));
        refuse_full_scans(&world, &format!("filter: {{ {filter} }}")).await;
    }
    for order in ORDERS {
        for direction in ["ASC", "DESC"] {
            refuse_full_scans(&world, &format!("orderBy: {{ field: {order}, direction: {direction} }}")).await;
            let open = "filter: { status: { eq: OPEN } }, ";
            refuse_full_scans(&world, &format!("{open}orderBy: {{ field: {order}, direction: {direction} }}")).await;
        }
    }
}

#[tokio::test]
async fn the_first_page_as_of_a_date_reads_no_big_table_from_end_to_end() {
    let world = with_history().await;
    for day in ["2026-03-01", "2025-09-15", "2024-06-01"] {
        for arguments in [
            "",
            "filter: { status: { eq: OPEN } }",
            "filter: { status: { eq: RESOLVED } }",
            "filter: { status: { eq: SNOOZED } }",
            "filter: { type: { eq: SITE_MISMATCH }, status: { eq: OPEN } }",
            r#"filter: { text: { contains: "switch 12 port 40" } }"#,
            "orderBy: { field: HOSTNAME }",
        ] {
            refuse_full_scans(&world, &format!(r#"asOf: "{day}", {arguments}"#)).await;
        }
    }
}

#[tokio::test]
async fn the_plan_of_a_full_scan_is_seen() {
    let world = with_history().await;
    let whole = Statement::from_string(DatabaseBackend::Postgres, "SELECT sum(version) FROM exceptions");
    let mut found = Vec::new();
    full_scans(&plan_of(&world, &whole).await, &mut found);
    assert_eq!(found, ["exceptions"], "the test would see it");
}
