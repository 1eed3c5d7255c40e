//! Input that makes no sense gets a clear error with a code; nothing is guessed, and nothing breaks.

use harness::{Answer, Backend, World};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

/// Two stored days with a hole between them.
async fn world(backend: Backend) -> World {
    let world = World::on(backend).plan(FleetPlan::plain(12, 6)).start().await;
    world.night(0).await;
    world.night(4).await;
    world
}

/// One error with this code and a sentence, and a status that says whose fault it is.
#[track_caller]
fn assert_refused(answer: &Answer, code: &str, asked: &str) {
    assert_eq!(answer.error_code(), code, "{asked}: {:#}", answer.body);
    assert!(matches!(answer.status, 200 | 400), "{asked}: HTTP {}", answer.status);
    let message = answer.body["errors"][0]["message"].as_str().unwrap_or_default();
    assert!(message.len() > 15 && message.len() < 500, "{asked}: `{message}`");
}

async fn refused(world: &World, code: &str, queries: &[&str]) {
    for query in queries {
        assert_refused(&world.graphql.ask(query, json!({})).await, code, query);
    }
}

#[rstest]
#[tokio::test]
async fn wrong_types_and_unknown_names_do_not_fit_the_schema(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = world(backend).await;
    let queries = [
        "{ gadgets { id } }",
        "{ devices(first: \"ten\") { nodes { id } } }",
        "{ devices(first: 1.5) { nodes { id } } }",
        "{ devices(first: 99999999999) { nodes { id } } }",
        "{ devices(first: [1]) { nodes { id } } }",
        "{ devices(filter: { colour: { eq: RED } }) { nodes { id } } }",
        "{ devices(filter: { billing: { eq: FREE } }) { nodes { id } } }",
        "{ devices(orderBy: { direction: ASC }) { nodes { id } } }",
        "{ devices(orderBy: { field: HOSTNAME, direction: SIDEWAYS }) { nodes { id } } }",
        "{ devices(filter: { hostname: { contains: true } }) { nodes { id } } }",
        "{ snapshots { nodes { id } } }",
        "{ device { id } }",
        "{ usageChanges(vendor: INTUNE, from: \"2026-03-02\", to: \"2026-03-06\") { unchanged } }",
        "{ devices { nodes } }",
        "{ devices { nodes { id { value } } } }",
        "mutation { resolveException(input: { id: \"x\" }) { userErrors { code } } }",
        "mutation { resolveException(input: { id: \"x\", resolution: VERIFIED }) { userErrors { code } } }",
    ];
    refused(&world, "GRAPHQL_VALIDATION_FAILED", &queries).await;
    refused(&world, "BAD_USER_INPUT", &["{ devices(filter: 5) { nodes { id } } }"]).await;
    refused(
        &world,
        "GRAPHQL_PARSE_FAILED",
        &["", "{", "{ devices(first: ) { nodes { id } } }", "hello", "{ a }}", "\u{0}"],
    )
    .await;
    refused(&world, "OPERATION_RESOLUTION_FAILURE", &["query A { vendors { name } } query B { vendors { name } }"])
        .await;
}

#[rstest]
#[tokio::test]
async fn dates_that_are_none_are_refused(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = world(backend).await;
    let query = "query($date: Date!) { snapshots(date: $date) { nodes { id } } }";
    let bad = [
        "",
        "today",
        "2026-13-01",
        "2026-02-30",
        "02.03.2026",
        "2026-3-2",
        "2026-03-02T00:00:00Z",
        "20260302",
        "-0001-01-01",
        "-001-01-01",
        "0000-01-01",
    ];
    for date in
        bad.map(Value::from).into_iter().chain([json!(20_260_302), json!(true), json!([]), json!({}), Value::Null])
    {
        let answer = world.graphql.ask(query, json!({ "date": date })).await;
        assert_refused(&answer, "GRAPHQL_VALIDATION_FAILED", &date.to_string());
        let literal = format!("{{ snapshots(date: {date}) {{ nodes {{ id }} }} }}").replace("{}", "{ a: 1 }");
        assert_refused(&world.graphql.ask(&literal, json!({})).await, "GRAPHQL_VALIDATION_FAILED", &literal);
    }
    let query = "query($at: DateTime!) { jobRuns(filter: { createdAt: { gte: $at } }) { nodes { id } } }";
    for at in ["2026-03-02", "2026-03-02T08:10:00", "2026-03-02T25:00:00Z", "yesterday", ""] {
        assert_refused(&world.graphql.ask(query, json!({ "at": at })).await, "GRAPHQL_VALIDATION_FAILED", at);
    }
}

#[rstest]
#[tokio::test]
async fn a_date_without_data_names_the_nearest_that_have_some(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = world(backend).await;
    let cases = [
        ("2026-03-04", json!(["2026-03-02", "2026-03-06"])),
        ("2026-03-01", json!(["2026-03-02"])),
        ("2026-03-07", json!(["2026-03-06"])),
        ("0001-01-01", json!(["2026-03-02"])),
        ("9999-12-31", json!(["2026-03-06"])),
    ];
    for (date, nearest) in cases {
        let mut queries = vec![
            format!(r#"{{ snapshots(date: "{date}") {{ nodes {{ id }} }} }}"#),
            format!(r#"{{ snapshots(date: "{date}", filter: {{ vendor: {{ eq: NINJA }} }}) {{ nodes {{ id }} }} }}"#),
        ];
        if date < "2026-03-06" {
            queries.push(format!(
                r#"{{ usageChanges(vendor: NINJA, from: "{date}", to: "2026-03-06") {{ unchanged }} }}"#
            ));
        } else {
            queries.push(format!(
                r#"{{ usageChanges(vendor: NINJA, from: "2026-03-02", to: "{date}") {{ unchanged }} }}"#
            ));
        }
        for query in queries {
            let answer = world.graphql.ask(&query, json!({})).await;
            assert_refused(&answer, "NO_DATA", &query);
            assert_eq!(answer.body["errors"][0]["extensions"]["nearestDates"], nearest, "{query}");
        }
    }
    let empty = World::on(backend).start().await;
    let answer = empty.graphql.ask(r#"{ snapshots(date: "2026-03-02") { nodes { id } } }"#, json!({})).await;
    assert_refused(&answer, "NO_DATA", "an empty hub");
    assert_eq!(answer.body["errors"][0]["extensions"]["nearestDates"], json!([]));
}

#[rstest]
#[tokio::test]
async fn reversed_and_empty_ranges_are_refused(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = world(backend).await;
    let queries = [
        r#"{ usageChanges(vendor: NINJA, from: "2026-03-06", to: "2026-03-02") { unchanged } }"#,
        r#"{ usageChanges(vendor: NINJA, from: "2026-03-02", to: "2026-03-02") { unchanged } }"#,
        r#"{ availableDates(from: "2026-03-06", to: "2026-03-02") { date } }"#,
        r#"{ devices(filter: { firstSeen: { gte: "2026-03-06", lte: "2026-03-02" } }) { nodes { id } } }"#,
        r#"{ exceptions(filter: { dateFound: { gte: "2026-03-06", lte: "2026-03-02" } }) { nodes { id } } }"#,
        r#"{ jobRuns(filter: { createdAt: { gte: "2026-03-06T00:00:00Z", lte: "2026-03-02T00:00:00Z" } }) { nodes { id } } }"#,
        r#"{ snapshots(date: "2026-03-02", filter: { lastOnline: { gte: "2026-03-06T00:00:00Z", lte: "2026-03-02T00:00:00Z" } }) { nodes { id } } }"#,
    ];
    refused(&world, "BAD_USER_INPUT", &queries).await;
    // A range of one day is a range.
    let one = world.graphql.query(r#"{ availableDates(from: "2026-03-06", to: "2026-03-06") { date } }"#).await;
    assert_eq!(one["availableDates"], json!([{ "date": "2026-03-06" }]));
    let one = r#"filter: { firstSeen: { gte: "2026-03-02", lte: "2026-03-02" } }"#;
    assert_eq!(
        world.graphql.every("devices", one, "id").await.len(),
        world.graphql.every("devices", "", "id").await.len()
    );
}

#[rstest]
#[tokio::test]
async fn page_sizes_below_one_and_above_the_limit_are_refused(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = world(backend).await;
    let lists = [
        "devices(PAGE) { nodes { id } }",
        r#"snapshots(date: "2026-03-02", PAGE) { nodes { id } }"#,
        "exceptions(PAGE) { nodes { id } }",
        "organizations(PAGE) { nodes { id } }",
        "jobBatches(PAGE) { nodes { id } }",
        "jobRuns(PAGE) { nodes { id } }",
        r#"usageChanges(vendor: NINJA, from: "2026-03-02", to: "2026-03-06") { changes(PAGE) { nodes { kind } } }"#,
    ];
    for list in lists {
        for page in [
            "first: 0",
            "first: -1",
            "first: 1000000000",
            "first: 501",
            "last: 0",
            "last: -1",
            "last: 1000000000",
            "first: 2, last: 2",
        ] {
            let query = format!("{{ {} }}", list.replace("PAGE", page));
            assert_refused(&world.graphql.ask(&query, json!({})).await, "PAGE_SIZE", &query);
        }
        world.graphql.query(&format!("{{ {} }}", list.replace("PAGE", "first: 500"))).await;
        world.graphql.query(&format!("{{ {} }}", list.replace("PAGE", "first: null, last: null"))).await;
    }
    refused(&world, "PAGE_SIZE", &["{ availableDates(first: 0) { date } }", "{ availableDates(first: 501) { date } }"])
        .await;
}

#[rstest]
#[tokio::test]
async fn broken_and_foreign_cursors_are_refused(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = world(backend).await;
    let cursor = async |list: &str| {
        let page = world.graphql.query(&format!("{{ {list} {{ pageInfo {{ endCursor }} }} }}")).await;
        let (_, page) = page.as_object().unwrap().iter().next().unwrap();
        page["pageInfo"]["endCursor"].as_str().unwrap().to_owned()
    };
    let by_name = cursor("devices(first: 2)").await;
    let backward = cursor("devices(first: 2, orderBy: { field: HOSTNAME, direction: DESC })").await;
    let by_day = cursor("devices(first: 2, orderBy: { field: LAST_SEEN })").await;
    let of_organizations = cursor("organizations(first: 1)").await;
    let of_runs = cursor("jobRuns(first: 1)").await;
    let (cut, turned) = (by_name[..by_name.len() - 3].to_owned(), by_name.chars().rev().collect::<String>());
    let query = "query($c: String) { devices(first: 2, BOUND: $c) { nodes { id } } }";
    let broken = ["", " ", "abc", "!!!!", "AAAA", "null", "\u{0}", "💥", &cut, &turned, &"A".repeat(100_000)];
    let foreign = [&backward, &by_day, &of_organizations, &of_runs].map(String::as_str);
    for cursor in broken.into_iter().chain(foreign) {
        for bound in ["after", "before"] {
            let answer = world.graphql.ask(&query.replace("BOUND", bound), json!({ "c": cursor })).await;
            assert_refused(&answer, "BAD_CURSOR", cursor);
        }
    }
    let usage = r#"query($c: String) { usageChanges(vendor: NINJA, from: "2026-03-02", to: "2026-03-06") { changes(after: $c) { nodes { kind } } } }"#;
    for cursor in [&by_name, &cut, &of_runs] {
        assert_refused(&world.graphql.ask(usage, json!({ "c": cursor })).await, "BAD_CURSOR", cursor);
    }
    let good = world.graphql.ask(&query.replace("BOUND", "after"), json!({ "c": by_name })).await;
    assert_eq!(good.data()["devices"]["nodes"].as_array().unwrap().len(), 2);
}

#[rstest]
#[tokio::test]
async fn a_filter_repeats_values_as_often_as_it_likes_and_asks_for_so_many_and_no_more(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = world(backend).await;
    let counted = async |list: &str, filter: Value| {
        let mut name = list[..list.len() - 1].to_owned();
        name[..1].make_ascii_uppercase();
        let query = format!("query($f: {name}Filter) {{ {list}(filter: $f) {{ totalCount }} }}");
        world.graphql.ask(&query, json!({ "f": filter })).await
    };
    for (list, field, value) in [
        ("exceptions", "status", "OPEN"),
        ("exceptions", "type", "MISSING_TL"),
        ("exceptions", "severity", "HIGH"),
        ("exceptions", "vendor", "NINJA"),
        ("devices", "vendor", "NINJA"),
        ("devices", "deviceType", "SERVER"),
    ] {
        let once = counted(list, json!({ field: { "eq": value } })).await;
        let often = counted(list, json!({ field: { "in": vec![value; 12_000] } })).await;
        assert_eq!(often.data(), once.data(), "{list} {field}");
    }
    let many = |field: &str, lists: usize| {
        let alternatives = vec![format!("{{ {field}: {{ in: $values }} }}"); lists].join(", ");
        format!("query($values: [String!]) {{ exceptions(filter: {{ or: [{alternatives}] }}) {{ totalCount }} }}")
    };
    let values = json!({ "values": vec!["pc-1"; 1000] });
    for field in ["hostname", "assignee"] {
        world.graphql.ask(&many(field, 10), values.clone()).await.data();
        for lists in [11, 33, 66, 150] {
            let answer = world.graphql.ask(&many(field, lists), values.clone()).await;
            assert_refused(&answer, "BAD_USER_INPUT", &format!("{lists} lists of {field}"));
        }
    }
}
