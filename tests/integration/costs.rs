//! What documents cost: bombs over both ways in, limits that are set, and the cost told to who asks.

use std::fmt::Write as _;

use harness::{Backend, Socket, World, http_client};
use serde_json::{Value, json};
use simulator::FleetPlan;

/// Fragments that spread the next one many times: small as it is written, astronomical written out.
fn bomb(levels: usize, spreads: usize) -> String {
    let mut query = "{ ...f0 }".to_owned();
    for level in 0..levels {
        write!(query, " fragment f{level} on Query {{ {} }}", format!("...f{} ", level + 1).repeat(spreads)).unwrap();
    }
    query + &format!(" fragment f{levels} on Query {{ vendors {{ name }} }}")
}

async fn world() -> World {
    World::on(Backend::Sqlite).plan(FleetPlan::plain(4, 2)).start().await
}

async fn post(world: &World, body: &Value) -> Value {
    let sent = http_client().post(&world.graphql.url).json(body).send().await;
    sent.unwrap().json().await.unwrap()
}

fn code(answer: &Value) -> &str {
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_bomb_of_100_levels_by_50_spreads_is_refused_over_http_and_websocket() {
    let world = world().await;
    world.take_statements();
    assert_eq!(world.graphql.ask(&bomb(100, 50), json!({})).await.error_code(), "QUERY_TOO_COMPLEX");
    let mut socket = Socket::open(&world.graphql.url).await;
    let follow =
        bomb(100, 50).replacen("{ ...f0 }", "subscription { ...f0 }", 1).replace("on Query", "on Subscription");
    for (id, query) in [("query", bomb(100, 50)), ("subscription", follow)] {
        socket.subscribe(id, &query, json!({})).await;
        let answer = socket.hear().await;
        assert_eq!((answer["type"].as_str(), answer["id"].as_str()), (Some("error"), Some(id)), "{answer:#}");
        assert_eq!(answer["payload"][0]["extensions"]["code"], "QUERY_TOO_COMPLEX");
    }
    assert_eq!(world.take_statements(), Vec::<String>::new());
}

#[tokio::test]
async fn the_cost_is_told_to_who_asks_and_lists_count_as_their_pages() {
    let world = world().await;
    let query = "{ a: devices(first: 7) { nodes { id @include(if: true) hostname } } }";
    let silent = post(&world, &json!({ "query": query })).await;
    assert!(silent.get("extensions").is_none(), "{silent:#}");
    let asked = json!({ "query": query, "extensions": { "cost": true } });
    let told = post(&world, &asked).await;
    let cost = &told["extensions"]["cost"];
    let found = |name: &str| cost[name]["found"].as_u64().unwrap();
    // Four fields, an alias, a directive.
    assert_eq!([found("selections"), found("depth"), found("aliases"), found("directives")], [6, 3, 1, 1], "{told:#}");
    assert_eq!(cost["selections"]["limit"], 10_000);
    let larger = post(&world, &json!({ "query": query.replace('7', "70"), "extensions": { "cost": true } })).await;
    let complexity = |answer: &Value| answer["extensions"]["cost"]["complexity"]["found"].as_u64().unwrap();
    assert!(complexity(&told) >= 7 && complexity(&larger) >= 9 * complexity(&told), "{told:#} {larger:#}");
    let mut socket = Socket::open(&world.graphql.url).await;
    socket.say(json!({ "type": "subscribe", "id": "1", "payload": asked })).await;
    assert_eq!(socket.hear().await["payload"], told);
}

#[tokio::test]
async fn a_refused_document_is_told_its_cost_too() {
    let world = world().await;
    let page = |n: usize| format!("a{n}: devices(first: 500) {{ nodes {{ id hostname }} }} ");
    let query = format!("{{ {} }}", (0..300).map(page).collect::<String>());
    let told = post(&world, &json!({ "query": query, "extensions": { "cost": true } })).await;
    assert_eq!(code(&told), "QUERY_TOO_COMPLEX");
    let complexity = &told["extensions"]["cost"]["complexity"];
    assert!(complexity["found"].as_u64() > complexity["limit"].as_u64(), "{told:#}");
}

#[tokio::test]
async fn every_limit_of_documents_can_be_set() {
    let limited = World::on(Backend::Sqlite).plan(FleetPlan::plain(4, 2)).graphql_limits(|limits| {
        (limits.selections, limits.depth, limits.complexity) = (20, 4, 60);
        (limits.aliases, limits.directives) = (2, 1);
    });
    let world = limited.start().await;
    let too_much = [
        format!("{{ vendors {{ {} }} }}", "name ".repeat(20)),
        "{ devices(first: 1) { nodes { organization { sites { id } } } } }".to_owned(),
        "{ devices(first: 50) { nodes { id hostname } } }".to_owned(),
        "{ a: __typename b: __typename c: __typename }".to_owned(),
        "{ a: __typename @skip(if: false) b: __typename @skip(if: true) }".to_owned(),
    ];
    for query in too_much {
        let answer = world.graphql.ask(&query, json!({})).await;
        assert_eq!(answer.error_code(), "QUERY_TOO_COMPLEX", "{query}: {:#}", answer.body);
    }
    world.graphql.ask("{ a: vendors { b: name @skip(if: false) } }", json!({})).await.data();
}

#[tokio::test]
async fn introspection_can_be_switched_off_and_then_no_name_is_suggested() {
    let open = world().await;
    let mistyped = "{ device { nodes { id } } vendor { name } }";
    let suggested = open.graphql.ask(mistyped, json!({})).await.body.to_string();
    assert!(suggested.contains("Did you mean"), "{suggested}");
    let closed = World::on(Backend::Sqlite).plan(FleetPlan::plain(4, 2));
    let world = closed.graphql_limits(|limits| limits.introspection = false).start().await;
    for query in
        ["{ __schema { types { name } } }", "{ ...F } fragment F on Query { __type(name: \"Device\") { name } }"]
    {
        assert_eq!(world.graphql.ask(query, json!({})).await.error_code(), "GRAPHQL_VALIDATION_FAILED", "{query}");
    }
    world.graphql.ask("{ __typename vendors { __typename } }", json!({})).await.data();
    let told = world.graphql.ask(mistyped, json!({})).await.body.to_string();
    assert!(told.contains("Unknown field") && !told.contains("Did you mean"), "{told}");
}
