//! The hub over WebSocket: queries, a collection followed to its end, and the ends of connections.

use harness::{Backend, Socket, World};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::{Effect, Fault, Gate, Vendor};

const PROGRESS: &str = "subscription($batch: ID!) { jobProgress(batchId: $batch) { \
                        name status progressPercent pagesFetched rowsStored batch { id } } }";

async fn world() -> World {
    World::on(Backend::Sqlite).start().await
}

#[tokio::test]
async fn a_query_over_the_socket_is_answered_as_by_post() {
    let world = world().await;
    world.night(0).await;
    let query = "query($first: Int!) { devices(first: $first) { totalCount nodes { id hostname } } }";
    let mut socket = Socket::open(&world.graphql.url).await;
    socket.subscribe("one", query, json!({ "first": 3 })).await;
    let by_post = world.graphql.ask(query, json!({ "first": 3 })).await.body;
    assert_eq!(socket.hear().await, json!({ "type": "next", "id": "one", "payload": by_post }));
    assert_eq!(socket.hear().await, json!({ "type": "complete", "id": "one" }));
}

#[rstest]
#[tokio::test]
async fn a_running_collection_is_followed_to_its_end(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::on(backend).start().await;
    let gate = Gate::closed();
    // The second page waits: the first is told while the collection is still at work.
    let held = Fault::new(Effect::Held(gate.clone())).of(Vendor::Ninja).on("/v2/devices-detailed");
    world.simulator.with_switches(|switches| switches.faults.push(held.when(simulator::When::From(2))));
    let start = "mutation { startCollection(input: { vendors: [NINJA], runChecks: false }) { batch { id } } }";
    let batch = world.graphql.query(start).await["startCollection"]["batch"]["id"].clone();
    gate.arrived(1).await;
    let mut socket = Socket::open(&world.graphql.url).await;
    socket.subscribe("p", PROGRESS, json!({ "batch": batch })).await;
    let mut states = vec![next_state(&mut socket).await.unwrap()];
    while states.last().unwrap()["pagesFetched"] == 0 {
        states.push(next_state(&mut socket).await.unwrap());
    }
    assert!(states.iter().all(|state| state["status"] == "RUNNING"), "{states:#?}");
    gate.open();
    while let Some(state) = next_state(&mut socket).await {
        states.push(state);
    }
    let last = states.last().unwrap();
    assert_eq!((&last["status"], &last["progressPercent"]), (&json!("COMPLETED"), &json!(100)), "{states:#?}");
    assert_eq!(last["rowsStored"], 60);
    assert!(states.is_sorted_by_key(|state| state["pagesFetched"].as_i64()), "{states:#?}");
    assert!(states.iter().all(|state| state["batch"]["id"] == batch && state["name"] == "ninja-collector"));
}

/// The next state of the run; `None` when the subscription is complete.
async fn next_state(socket: &mut Socket) -> Option<Value> {
    let message = socket.hear().await;
    if message["type"] == "complete" {
        return None;
    }
    assert_eq!(message["type"], "next", "{message:#}");
    assert!(message["payload"].get("errors").is_none(), "{message:#}");
    Some(message["payload"]["data"]["jobProgress"].clone())
}

#[tokio::test]
async fn following_an_order_that_has_ended_tells_its_end_and_completes() {
    let world = world().await;
    world.night(0).await;
    let batches = world.graphql.query("{ jobBatches { nodes { id } } }").await;
    let mut socket = Socket::open(&world.graphql.url).await;
    socket.subscribe("p", PROGRESS, json!({ "batch": batches["jobBatches"]["nodes"][0]["id"] })).await;
    let mut names = Vec::new();
    while let Some(state) = next_state(&mut socket).await {
        assert_eq!((&state["status"], &state["progressPercent"]), (&json!("COMPLETED"), &json!(100)), "{state:#}");
        names.push(state["name"].clone());
    }
    assert_eq!(names, ["cross-vendor-checks", "ninja-collector", "threatlocker-collector"]);
}

#[tokio::test]
async fn following_what_is_no_order_is_an_error_with_a_code() {
    let world = world().await;
    world.night(0).await;
    let device = world.graphql.query("{ devices(first: 1) { nodes { id } } }").await;
    let mut socket = Socket::open(&world.graphql.url).await;
    for (batch, code) in
        [(json!("nonsense"), "BAD_USER_INPUT"), (device["devices"]["nodes"][0]["id"].clone(), "BAD_USER_INPUT")]
    {
        socket.subscribe("p", PROGRESS, json!({ "batch": batch })).await;
        let message = socket.hear().await;
        let errors = if message["type"] == "error" { &message["payload"] } else { &message["payload"]["errors"] };
        assert_eq!(errors[0]["extensions"]["code"], code, "{message:#}");
        if message["type"] == "next" {
            assert_eq!(socket.hear().await["type"], "complete");
        }
    }
}

#[tokio::test]
async fn a_page_of_another_origin_gets_no_socket() {
    let world = world().await;
    let own = world.graphql.url.trim_end_matches("/graphql");
    Socket::connect(&world.graphql.url, Some(own)).await.unwrap();
    for origin in ["https://evil.example", "http://localhost:1", "null"] {
        match Socket::connect(&world.graphql.url, Some(origin)).await {
            Err(tokio_tungstenite::tungstenite::Error::Http(answer)) => assert_eq!(answer.status(), 403, "{origin}"),
            other => panic!("{origin}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn breaches_of_the_protocol_end_the_connection_with_its_codes() {
    let world = world().await;
    let endless = json!({ "type": "subscribe", "id": "a", "payload": { "query": "{ vendors { name } }" } });
    let mut early = Socket::connect(&world.graphql.url, None).await.unwrap();
    early.say(endless).await;
    assert_eq!(early.close_code().await, 4401);
    let mut twice = Socket::open(&world.graphql.url).await;
    twice.say(json!({ "type": "connection_init" })).await;
    assert_eq!(twice.close_code().await, 4429);
    let mut unknown = Socket::open(&world.graphql.url).await;
    unknown.say(json!({ "type": "start", "id": "a", "payload": {} })).await;
    assert_eq!(unknown.close_code().await, 4400);
}

#[tokio::test]
async fn one_id_runs_one_operation_at_a_time() {
    let world = world().await;
    let gate = Gate::closed();
    // Every list is held, so the run stands still, and its follower is told of nothing that could come before the end.
    let held = Fault::new(Effect::Held(gate.clone())).of(Vendor::Ninja).on("/v2/");
    world.simulator.with_switches(|switches| switches.faults.push(held));
    let start = "mutation { startCollection(input: { vendors: [NINJA], runChecks: false }) { batch { id } } }";
    let batch = world.graphql.query(start).await["startCollection"]["batch"]["id"].clone();
    gate.arrived(1).await;
    let mut socket = Socket::open(&world.graphql.url).await;
    socket.subscribe("p", PROGRESS, json!({ "batch": batch })).await;
    assert!(next_state(&mut socket).await.is_some());
    socket.subscribe("p", PROGRESS, json!({ "batch": batch })).await;
    assert_eq!(socket.close_code().await, 4409);
    gate.open();
    world.settle().await;
}
