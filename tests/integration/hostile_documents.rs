//! Documents that are made to hurt: refused by their size, before anything walks them.

use std::fmt::Write as _;

use harness::{Backend, World};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

/// Fragments that spread the next one many times: the document is small, written out it is astronomical.
fn bomb(levels: usize, spreads: usize) -> String {
    let mut query = "{ ...f0 }".to_owned();
    for level in 0..levels {
        let spread = format!("...f{} ", level + 1).repeat(spreads);
        write!(query, " fragment f{level} on Query {{ {spread} }}").unwrap();
    }
    query + &format!(" fragment f{levels} on Query {{ vendors {{ name }} }}")
}

#[tokio::test]
async fn a_fragment_bomb_is_refused_without_a_statement() {
    let world = World::on(Backend::Sqlite).plan(FleetPlan::plain(4, 2)).start().await;
    world.take_statements();
    for (levels, spreads) in [(100, 50), (12, 12), (31, 2)] {
        let answer = world.graphql.ask(&bomb(levels, spreads), json!({})).await;
        assert_eq!(answer.error_code(), "QUERY_TOO_COMPLEX", "{levels} by {spreads}");
    }
    assert_eq!(world.take_statements(), Vec::<String>::new());
    world.graphql.ask(&bomb(3, 3), json!({})).await.data();
}

#[tokio::test]
async fn fragments_that_spread_themselves_are_refused() {
    let world = World::on(Backend::Sqlite).plan(FleetPlan::plain(4, 2)).start().await;
    for query in [
        "{ ...a } fragment a on Query { ...a }",
        "{ ...a } fragment a on Query { ...b } fragment b on Query { vendors { name } ...a }",
        "{ ...nobody }",
        "{ vendors { name } } fragment unused on Query { vendors { name } }",
    ] {
        assert_eq!(world.graphql.ask(query, json!({})).await.error_code(), "GRAPHQL_VALIDATION_FAILED", "{query}");
    }
}

#[tokio::test]
async fn deep_nesting_is_refused_however_it_is_written() {
    let world = World::on(Backend::Sqlite).plan(FleetPlan::plain(4, 2)).start().await;
    let fields = |levels: usize| {
        format!(
            "{{ devices(first: 1) {{ nodes {}id{} }} }}",
            "{ mergedInto ".repeat(levels) + "{ ",
            "}".repeat(levels + 1)
        )
    };
    assert_eq!(world.graphql.ask(&fields(30), json!({})).await.error_code(), "QUERY_TOO_COMPLEX");
    world.graphql.ask(&fields(5), json!({})).await.data();
    for brackets in [("[", "]"), ("{a:", "}")] {
        let value = format!("{}1{}", brackets.0.repeat(5000), brackets.1.repeat(5000));
        let query = format!("{{ devices(filter: {value}) {{ nodes {{ id }} }} }}");
        assert_eq!(world.graphql.ask(&query, json!({})).await.error_code(), "GRAPHQL_PARSE_FAILED");
    }
    let inline = format!("{} {{ vendors {{ name }} }} {}", "{ ... on Query ".repeat(40), "}".repeat(40));
    assert_eq!(world.graphql.ask(&inline, json!({})).await.error_code(), "QUERY_TOO_COMPLEX");
    let unclosed = "{ devices ".repeat(20_000);
    assert_eq!(world.graphql.ask(&unclosed, json!({})).await.error_code(), "GRAPHQL_PARSE_FAILED");
}

#[tokio::test]
async fn a_page_of_pages_costs_what_it_would_read() {
    let world = World::on(Backend::Sqlite).plan(FleetPlan::plain(4, 2)).start().await;
    let greedy = "{ jobRuns(first: 500) { nodes { batch { runs { batch { runs { batch { runs { collection { setAside { detail } } } } } } } } } }";
    let answer = world.graphql.ask(&(greedy.to_owned() + " }"), json!({})).await;
    assert_ne!(answer.body["errors"][0]["extensions"]["code"], "INTERNAL");
    let aliases: String = (0..300)
        .fold(String::new(), |all, n| all + &format!("a{n}: devices(first: 500) {{ nodes {{ id hostname }} }} "));
    assert_eq!(world.graphql.ask(&format!("{{ {aliases} }}"), json!({})).await.error_code(), "QUERY_TOO_COMPLEX");
}

#[rstest]
#[tokio::test]
async fn filters_inside_filters_have_an_end(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::on(backend).plan(FleetPlan::plain(12, 6)).start().await;
    world.night(0).await;
    let query = "query($f: DeviceFilter) { devices(filter: $f) { nodes { id } } }";
    let nested = |levels: usize, joint: &str| {
        (0..levels).fold(json!({ "billing": { "eq": "BILLABLE" } }), |inner, _| match joint {
            "not" => json!({ "not": inner }),
            joint => json!({ joint: [inner] }),
        })
    };
    for joint in ["not", "and", "or"] {
        world.graphql.ask(query, json!({ "f": nested(6, joint) })).await.data();
        for levels in [9, 60] {
            let answer = world.graphql.ask(query, json!({ "f": nested(levels, joint) })).await;
            assert_eq!(answer.error_code(), "BAD_USER_INPUT", "{levels} levels of {joint}");
        }
        let answer = world.graphql.ask(query, json!({ "f": nested(300, joint) })).await;
        assert_eq!((answer.error_code(), answer.status), ("BAD_REQUEST", 400), "deeper than JSON is read");
    }
    let wide: Vec<Value> = (0..300).map(|n| json!({ "hostname": { "eq": format!("pc-{n}") } })).collect();
    let answer = world.graphql.ask(query, json!({ "f": { "or": wide } })).await;
    assert_eq!(answer.error_code(), "BAD_USER_INPUT");
}
