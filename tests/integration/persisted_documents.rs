//! Documents by name: a manifest that may be an allow-list, and automatic persisted queries, over HTTP and WebSocket.

use harness::{Backend, Socket, World, http_client};
use serde_json::{Value, json};
use server::http::{Documents, TrustedDocuments};
use sha2::{Digest, Sha256};
use simulator::FleetPlan;

const VENDORS: &str = "{ vendors { name } }";
const MANIFEST: &str = r#"{ "vendors": "{ vendors { name } }", "start": "mutation { startCollection(input: { runChecks: false }) { alreadyRunning } }" }"#;

async fn world(documents: Documents) -> World {
    let world = World::on(Backend::Sqlite).plan(FleetPlan::plain(4, 2));
    world.http(|options| options.documents = documents).start().await
}

fn manifest() -> TrustedDocuments {
    TrustedDocuments::read(MANIFEST).unwrap()
}

fn hash(text: &str) -> String {
    let hex = |byte: &u8| format!("{byte:02x}");
    Sha256::digest(text.as_bytes()).iter().map(hex).collect()
}

fn persisted(hash: &str) -> Value {
    json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } })
}

async fn post(world: &World, body: &Value) -> (u16, Value) {
    let answer = http_client().post(&world.graphql.url).json(body).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn ask_over_socket(world: &World, payload: Value) -> Value {
    let mut socket = Socket::open(&world.graphql.url).await;
    socket.say(json!({ "type": "subscribe", "id": "1", "payload": payload })).await;
    socket.hear().await["payload"].clone()
}

fn code(answer: &Value) -> &str {
    let error = if answer.is_array() { &answer[0] } else { &answer["errors"][0] };
    error["extensions"]["code"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_document_that_was_taught_is_found_by_its_hash() {
    let world = world(Documents::default()).await;
    let by_hash = json!({ "extensions": persisted(&hash(VENDORS)) });
    let (status, answer) = post(&world, &by_hash).await;
    assert_eq!((status, code(&answer)), (200, "PERSISTED_QUERY_NOT_FOUND"));
    assert_eq!(answer["errors"][0]["message"], "PersistedQueryNotFound", "Apollo's clients know the message");
    assert_eq!(code(&ask_over_socket(&world, by_hash.clone()).await), "PERSISTED_QUERY_NOT_FOUND");
    let (_, taught) = post(&world, &json!({ "query": VENDORS, "extensions": persisted(&hash(VENDORS)) })).await;
    assert!(taught["data"]["vendors"].is_array(), "{taught:#}");
    assert_eq!(post(&world, &by_hash).await, (200, taught.clone()));
    assert_eq!(ask_over_socket(&world, by_hash.clone()).await, taught);
    let extensions = by_hash["extensions"].to_string();
    let by_get = http_client().get(&world.graphql.url).query(&[("extensions", extensions)]);
    assert_eq!(by_get.send().await.unwrap().json::<Value>().await.unwrap(), taught);
}

#[tokio::test]
async fn nobody_can_give_a_document_the_name_of_another() {
    let world = world(Documents::default()).await;
    let lie = json!({ "query": "{ vendors { code } }", "extensions": persisted(&hash(VENDORS)) });
    let (_, answer) = post(&world, &lie).await;
    assert_eq!(code(&answer), "BAD_REQUEST", "{answer:#}");
    let (_, answer) = post(&world, &json!({ "extensions": persisted(&hash(VENDORS)) })).await;
    assert_eq!(code(&answer), "PERSISTED_QUERY_NOT_FOUND");
    for wrong in
        [json!(1), json!({}), json!({ "version": 2, "sha256Hash": "a" }), json!({ "version": 1, "sha256Hash": 1 })]
    {
        let (_, answer) = post(&world, &json!({ "query": VENDORS, "extensions": { "persistedQuery": wrong } })).await;
        assert_eq!(code(&answer), "BAD_REQUEST", "{wrong}");
    }
}

#[tokio::test]
async fn a_mutation_by_hash_is_not_run_by_get() {
    let world = world(Documents::any(manifest(), 0)).await;
    let answer = http_client().get(&world.graphql.url).query(&[("documentId", "start")]).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 405);
    let batches = world.graphql.query("{ jobBatches { totalCount } }").await;
    assert_eq!(batches["jobBatches"]["totalCount"], 0);
}

#[tokio::test]
async fn where_nothing_is_kept_clients_are_told_to_stop_trying() {
    let world = world(Documents::any(TrustedDocuments::default(), 0)).await;
    let (status, answer) = post(&world, &json!({ "extensions": persisted(&hash(VENDORS)) })).await;
    assert_eq!((status, code(&answer)), (200, "PERSISTED_QUERY_NOT_SUPPORTED"));
    let (_, answer) = post(&world, &json!({ "query": VENDORS, "extensions": persisted(&hash(VENDORS)) })).await;
    assert!(answer["data"]["vendors"].is_array(), "{answer:#}");
}

#[tokio::test]
async fn only_trusted_documents_are_executed_where_that_is_set() {
    let world = world(Documents::only(manifest())).await;
    let (_, by_id) = post(&world, &json!({ "documentId": "vendors" })).await;
    assert!(by_id["data"]["vendors"].is_array(), "{by_id:#}");
    assert_eq!(ask_over_socket(&world, json!({ "documentId": "vendors" })).await, by_id);
    assert_eq!(post(&world, &json!({ "query": VENDORS })).await.1, by_id, "the same text is the same document");
    let (_, answer) = post(&world, &json!({ "documentId": "nothing" })).await;
    assert_eq!(code(&answer), "PERSISTED_QUERY_NOT_FOUND");
    let free = "{ vendors { code } }";
    for body in [
        json!({ "query": free }),
        json!({ "query": free, "extensions": persisted(&hash(free)) }),
        json!({ "query": "{ __schema { types { name } } }" }),
    ] {
        assert_eq!(code(&post(&world, &body).await.1), "DOCUMENT_NOT_TRUSTED", "{body}");
        assert_eq!(code(&ask_over_socket(&world, body.clone()).await), "DOCUMENT_NOT_TRUSTED", "{body}");
    }
    let (_, answer) = post(&world, &json!({ "extensions": persisted(&hash(free)) })).await;
    assert_eq!(code(&answer), "PERSISTED_QUERY_NOT_SUPPORTED", "what was refused was not kept");
    let strict = http_client().post(&world.graphql.url).json(&json!({ "query": free }));
    let strict = strict.header("accept", "application/graphql-response+json").send().await.unwrap();
    assert_eq!(strict.status().as_u16(), 403);
}
