//! Orders of `exceptions`: each sorts by what it says, what is missing comes last, and pages cover each row once.

use chrono::NaiveDate;
use harness::{Backend, History, World, text, write_history};
use rstest::rstest;
use serde_json::{Value, json};

const SHOWN: &str =
    "id type status hostname dateFound lastSeen resolvedDate assignedTo ageDays organization { id name }";

async fn with_history(backend: Backend) -> World {
    let world = World::on(backend).start().await;
    let history = History { exceptions: 300, organizations: 12, today: world.day(0) };
    write_history(world.inventory.database().writer(), history).await.unwrap();
    world
}

/// What a row is sorted by; `None` is missing.
type Key = fn(&Value) -> Option<String>;

fn word(row: &Value, field: &str) -> Option<String> {
    row[field].as_str().map(str::to_owned)
}

fn rank(words: &[&str], row: &Value, field: &str) -> Option<String> {
    words.iter().position(|word| row[field] == *word).map(|place| place.to_string())
}

const ORDERS: [(&str, Key); 10] = [
    ("DATE_FOUND", |it| word(it, "dateFound")),
    ("HOSTNAME", |it| word(it, "hostname")),
    ("LAST_SEEN", |it| word(it, "lastSeen")),
    ("RESOLVED_DATE", |it| word(it, "resolvedDate")),
    ("TYPE", |it| word(it, "type")),
    ("SEVERITY", |it| match text(it, "type") {
        "DUPLICATE_TL" => Some("1".into()),
        "SPARE_MISMATCH" => Some("2".into()),
        _ => Some("3".into()),
    }),
    ("ORGANIZATION", |it| word(&it["organization"], "name")),
    ("ASSIGNEE", |it| word(it, "assignedTo")),
    ("STATUS", |it| rank(&["OPEN", "SNOOZED", "RESOLVED"], it, "status")),
    ("AGE", |it| {
        let found: NaiveDate = text(it, "dateFound").parse().unwrap();
        Some(format!("{:05}", (NaiveDate::MAX - found).num_days()))
    }),
];

/// The whole list in pages of this size.
async fn walk(world: &World, arguments: &str, size: usize, backward: bool) -> Vec<Value> {
    let (count, bound) = if backward { ("last", "before") } else { ("first", "after") };
    let (mut pages, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let query = format!(
            "query($at: String) {{ exceptions({count}: {size}, {bound}: $at, {arguments}) {{ nodes {{ {SHOWN} }}
                pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"
        );
        let answer = world.graphql.ask(&query, json!({ "at": cursor })).await;
        let page = answer.data()["exceptions"].clone();
        let (more, behind) =
            if backward { ("hasPreviousPage", "hasNextPage") } else { ("hasNextPage", "hasPreviousPage") };
        assert_eq!(page["pageInfo"][behind], !pages.is_empty(), "{arguments} {size} {backward}");
        pages.push(page["nodes"].as_array().unwrap().clone());
        if page["pageInfo"][more] == false {
            break;
        }
        cursor = page["pageInfo"][if backward { "startCursor" } else { "endCursor" }].clone();
    }
    if backward {
        pages.reverse();
    }
    pages.concat()
}

#[rstest]
#[tokio::test]
async fn every_order_sorts_by_what_it_says_with_what_is_missing_last(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = with_history(backend).await;
    for (field, key) in ORDERS {
        for direction in ["ASC", "DESC"] {
            let arguments = format!("orderBy: {{ field: {field}, direction: {direction} }}");
            let rows = walk(&world, &arguments, 500, false).await;
            assert_eq!(rows.len(), 300, "{arguments}");
            let keys: Vec<_> = rows.iter().map(key).collect();
            let there = keys.iter().take_while(|key| key.is_some()).count();
            assert!(keys[there..].iter().all(Option::is_none), "{arguments}: what is missing is not last");
            let keys = &keys[..there];
            if direction == "ASC" {
                assert!(keys.is_sorted(), "{arguments}: {keys:?}");
            } else {
                assert!(keys.is_sorted_by(|one, other| one >= other), "{arguments}: {keys:?}");
            }
        }
    }
}

#[rstest]
#[tokio::test]
async fn pages_of_every_order_cover_each_row_once_from_either_end(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = with_history(backend).await;
    for (field, _) in ORDERS {
        for direction in ["ASC", "DESC"] {
            let arguments = format!("orderBy: {{ field: {field}, direction: {direction} }}");
            let whole = walk(&world, &arguments, 500, false).await;
            for (size, backward) in [(37, false), (41, true)] {
                assert_eq!(walk(&world, &arguments, size, backward).await, whole, "{arguments} {size} {backward}");
            }
        }
    }
}

#[tokio::test]
async fn both_databases_give_every_order_alike() {
    let (sqlite, postgres) = tokio::join!(with_history(Backend::Sqlite), with_history(Backend::Postgres));
    for (field, _) in ORDERS {
        for direction in ["ASC", "DESC"] {
            let arguments = format!("orderBy: {{ field: {field}, direction: {direction} }}");
            let (one, other) =
                tokio::join!(walk(&sqlite, &arguments, 500, false), walk(&postgres, &arguments, 500, false));
            assert_eq!(one, other, "{arguments}");
        }
    }
}

#[rstest]
#[tokio::test]
async fn a_cursor_of_another_order_or_day_is_refused(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = with_history(backend).await;
    let query = "{ exceptions(first: 1, orderBy: { field: ASSIGNEE }) { pageInfo { endCursor } } }";
    let first = world.graphql.query(query).await;
    let cursor = text(&first["exceptions"]["pageInfo"], "endCursor").to_owned();
    for arguments in [
        "orderBy: { field: STATUS }",
        "orderBy: { field: ASSIGNEE, direction: DESC }",
        r#"orderBy: { field: ASSIGNEE }, asOf: "2026-03-01""#,
    ] {
        let query = format!(r#"{{ exceptions(after: "{cursor}", {arguments}) {{ nodes {{ id }} }} }}"#);
        assert_eq!(world.graphql.ask(&query, json!({})).await.error_code(), "BAD_CURSOR", "{arguments}");
    }
}

#[rstest]
#[tokio::test]
async fn a_cursor_by_age_is_good_on_the_next_day_too(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = with_history(backend).await;
    let by_age = "orderBy: { field: AGE, direction: DESC }";
    let whole = walk(&world, by_age, 500, false).await;
    let page = async |after: Value| {
        let query = format!(
            "query($at: String) {{ exceptions(first: 150, after: $at, {by_age}) {{ nodes {{ id }} pageInfo {{ endCursor }} }} }}"
        );
        world.graphql.ask(&query, json!({ "at": after })).await.data()["exceptions"].clone()
    };
    let first = page(Value::Null).await;
    world.move_to(1);
    let second = page(first["pageInfo"]["endCursor"].clone()).await;
    let ids = |rows: &[Value]| rows.iter().map(|row| row["id"].clone()).collect::<Vec<_>>();
    let seen = [&first, &second].map(|page| ids(page["nodes"].as_array().unwrap())).concat();
    assert_eq!(seen, ids(&whole), "midnight neither repeats nor hides a row");
}

#[rstest]
#[tokio::test]
async fn clients_are_sorted_by_the_name_they_have_now(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::on(backend).start().await;
    for night in [0, 9] {
        world.night(night).await;
        let rows = walk(&world, "orderBy: { field: ORGANIZATION }", 500, false).await;
        let name = |row: &Value| row["organization"]["name"].as_str().and_then(domain::organization::canonical);
        let names: Vec<String> = rows.iter().map_while(name).collect();
        assert!(names.is_sorted(), "{names:?}");
        assert!(names.first() != names.last(), "only one client has exceptions");
        assert!(rows[names.len()..].iter().all(|row| row["organization"].is_null()), "none comes last");
    }
}
