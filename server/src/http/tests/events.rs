//! GraphQL as server-sent events.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{HttpOptions, Server};
use crate::http::WebSocketOptions;

const EVENTS: &str = "text/event-stream";

/// The events of a body, whatever chunks it came in: their names, and their data where it is JSON.
fn events(body: &str) -> Vec<(&str, Value)> {
    let mut events = Vec::new();
    for line in body.lines() {
        if let Some(name) = line.strip_prefix("event: ") {
            events.push((name, Value::Null));
        } else if let Some(data) = line.strip_prefix("data: ").filter(|data| !data.is_empty()) {
            events.last_mut().expect("data of an event").1 = serde_json::from_str(data).unwrap();
        }
    }
    events
}

/// Asks for a stream, and leaves the connection open.
async fn open(server: &Server, query: &str) -> TcpStream {
    let body = json!({ "query": query }).to_string();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: {}\r\naccept: {EVENTS}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        server.address,
        body.len()
    );
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    stream
}

/// Reads on until this has come; false if the stream ends before.
async fn reads(stream: &mut TcpStream, heard: &mut String, awaited: &str) -> bool {
    while !heard.contains(awaited) {
        let mut bytes = [0; 1024];
        let count = stream.read(&mut bytes).await.unwrap();
        if count == 0 {
            return false;
        }
        heard.push_str(&String::from_utf8_lossy(&bytes[..count]));
    }
    true
}

#[tokio::test]
async fn a_subscription_is_told_event_by_event_to_its_end() {
    let server = Server::with_defaults().await;
    let answer = server.post_for(EVENTS, "subscription { count(to: 2) }").await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, EVENTS));
    let next = |count: u32| ("next", json!({ "data": { "count": count } }));
    assert_eq!(events(&answer.body), [next(1), next(2), ("complete", Value::Null)]);
}

#[tokio::test]
async fn queries_mutations_and_what_is_refused_are_one_event_and_the_end() {
    let server = Server::with_defaults().await;
    for (query, expected) in [
        ("{ hello }", json!({ "data": { "hello": "hello " } })),
        (r#"mutation { rename(name: "x") }"#, json!({ "data": { "rename": "x" } })),
    ] {
        let answer = server.post_for(EVENTS, query).await;
        assert_eq!(events(&answer.body), [("next", expected), ("complete", Value::Null)], "{query}");
    }
    for (query, code) in
        [("{", "GRAPHQL_PARSE_FAILED"), ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"), ("{ panicking }", "INTERNAL")]
    {
        let answer = server.post_for(EVENTS, query).await;
        let told = events(&answer.body);
        assert_eq!((answer.status, told.len(), told[1].0), (StatusCode::OK, 2, "complete"), "{query}: {told:?}");
        assert_eq!(told[0].1["errors"][0]["extensions"]["code"], code, "{query}");
    }
}

#[tokio::test]
async fn a_failure_inside_a_stream_is_an_event_with_its_error() {
    let server = Server::with_defaults().await;
    let answer = server.post_for(EVENTS, "subscription { failing }").await;
    let told = events(&answer.body);
    assert_eq!(told[0], ("next", json!({ "data": { "failing": 1 } })));
    assert_eq!(told[1].1["errors"][0]["extensions"]["code"], "UNAVAILABLE", "{told:?}");
    assert_eq!(told[2].0, "complete");
}

#[tokio::test]
async fn a_request_that_is_not_graphql_is_refused_by_its_status() {
    let server = Server::with_defaults().await;
    let headers = [("content-type", "application/json"), ("accept", EVENTS)];
    let answer = server.send("POST /graphql", &headers, "{").await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::BAD_REQUEST, "BAD_REQUEST"));
}

#[tokio::test]
async fn a_client_that_is_gone_ends_its_subscription() {
    let mut server = Server::with_defaults().await;
    let mut stream = open(&server, "subscription { endless }").await;
    assert!(reads(&mut stream, &mut String::new(), r#"{"data":{"endless":1}}"#).await);
    drop(stream);
    assert_eq!(server.dropped.recv().await, Some("subscription"));
}

#[tokio::test]
async fn a_stream_that_has_nothing_to_say_says_so() {
    let websocket = WebSocketOptions { keep_alive: Duration::from_millis(20), ..WebSocketOptions::default() };
    let server = Server::start(HttpOptions { websocket, ..HttpOptions::default() }).await;
    let mut stream = open(&server, "subscription { endless }").await;
    assert!(reads(&mut stream, &mut String::new(), "\n:\n").await);
}

#[tokio::test]
async fn a_server_that_stops_breaks_subscriptions_off() {
    let options = HttpOptions::default();
    let stop = options.stop.clone();
    let mut server = Server::start(options).await;
    let mut stream = open(&server, "subscription { endless }").await;
    let mut heard = String::new();
    assert!(reads(&mut stream, &mut heard, r#"{"data":{"endless":1}}"#).await);
    stop.cancel();
    assert_eq!(server.dropped.recv().await, Some("subscription"));
    // The last chunk of the body.
    assert!(reads(&mut stream, &mut heard, "\r\n0\r\n\r\n").await);
    assert!(!heard.contains("event: complete"), "{heard}");
}
