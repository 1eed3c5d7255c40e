//! GraphQL over WebSocket, with a client that knows nothing of this server.

use std::time::Duration;

use axum::http::StatusCode;
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

use super::{HttpOptions, Server};
use crate::http::WebSocketOptions;

struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Client {
    async fn connect(server: &Server, headers: &[(&'static str, &str)]) -> Result<Self, Error> {
        let mut request = format!("ws://{}/graphql", server.address).into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        connect_async(request).await.map(|(socket, _)| Self(socket))
    }

    async fn open(server: &Server) -> Self {
        Self::connect(server, &[("sec-websocket-protocol", "graphql-transport-ws")]).await.unwrap()
    }

    async fn initialised(server: &Server) -> Self {
        let mut client = Self::open(server).await;
        client.say(json!({"type": "connection_init"})).await;
        assert_eq!(client.hear().await, json!({"type": "connection_ack"}));
        client
    }

    async fn say(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    async fn subscribe(&mut self, id: &str, query: &str) {
        self.say(json!({"type": "subscribe", "id": id, "payload": {"query": query}})).await;
    }

    async fn hear(&mut self) -> Value {
        loop {
            match self.0.next().await.expect("an open socket").unwrap() {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Close(frame) => panic!("closed: {frame:?}"),
                _ => {}
            }
        }
    }

    async fn closed(&mut self) -> u16 {
        while let Some(Ok(message)) = self.0.next().await {
            if let Message::Close(frame) = message {
                return frame.expect("a close code").code.into();
            }
        }
        panic!("the connection ended without a close frame")
    }
}

#[tokio::test]
async fn a_subscription_yields_and_completes() {
    let server = Server::with_defaults().await;
    let mut client = Client::initialised(&server).await;
    client.subscribe("a", "subscription { count(to: 2) }").await;
    for number in 1..=2 {
        assert_eq!(client.hear().await, json!({"type": "next", "id": "a", "payload": {"data": {"count": number}}}));
    }
    assert_eq!(client.hear().await, json!({"type": "complete", "id": "a"}));
}

#[tokio::test]
async fn queries_and_mutations_run_over_the_socket_too() {
    let server = Server::with_defaults().await;
    let mut client = Client::initialised(&server).await;
    let payload =
        json!({"query": "mutation R($n: String!) { rename(name: $n) }", "operationName": "R", "variables": {"n": "x"}});
    client.say(json!({"type": "subscribe", "id": "a", "payload": payload})).await;
    assert_eq!(client.hear().await, json!({"type": "next", "id": "a", "payload": {"data": {"rename": "x"}}}));
    assert_eq!(client.hear().await, json!({"type": "complete", "id": "a"}));
}

#[tokio::test]
async fn a_refused_document_is_an_error_message_and_frees_its_id() {
    let server = Server::with_defaults().await;
    let mut client = Client::initialised(&server).await;
    for (query, code) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ panicking }", "INTERNAL"),
    ] {
        client.subscribe("a", query).await;
        let message = client.hear().await;
        assert_eq!((&message["type"], &message["id"]), (&json!("error"), &json!("a")), "{query}: {message}");
        assert_eq!(message["payload"][0]["extensions"]["code"], code, "{query}");
    }
}

#[tokio::test]
async fn a_client_that_closes_gets_its_close_answered() {
    let server = Server::with_defaults().await;
    let silent = Client::open(&server).await;
    let mut busy = Client::initialised(&server).await;
    busy.subscribe("a", "subscription { endless }").await;
    for mut client in [silent, busy] {
        let frame = CloseFrame { code: CloseCode::Normal, reason: "Normal Closure".into() };
        client.0.close(Some(frame)).await.unwrap();
        assert_eq!(client.closed().await, 1000);
    }
}

#[tokio::test]
async fn failures_inside_a_stream_reach_the_client() {
    let server = Server::with_defaults().await;
    let mut client = Client::initialised(&server).await;
    client.subscribe("a", "subscription { failing }").await;
    assert_eq!(client.hear().await["payload"]["data"]["failing"], 1);
    let failure = client.hear().await;
    assert_eq!(failure["payload"]["errors"][0]["extensions"]["code"], "UNAVAILABLE", "{failure}");
    assert_eq!(client.hear().await["type"], "complete");
    client.subscribe("b", "subscription { panicking }").await;
    assert_eq!(client.hear().await["payload"]["data"]["panicking"], 0);
    let failure = client.hear().await;
    assert_eq!((&failure["type"], &failure["payload"][0]["extensions"]["code"]), (&json!("error"), &json!("INTERNAL")));
    assert!(!failure.to_string().contains("secret"));
}

#[tokio::test]
async fn complete_drops_the_stream() {
    let mut server = Server::with_defaults().await;
    let mut client = Client::initialised(&server).await;
    client.subscribe("a", "subscription { endless }").await;
    client.hear().await;
    client.say(json!({"type": "complete", "id": "a"})).await;
    assert_eq!(server.dropped.recv().await, Some("subscription"));
    client.subscribe("a", "subscription { endless }").await;
    assert_eq!(client.hear().await["type"], "next");
}

#[tokio::test]
async fn a_client_that_leaves_takes_its_operations_along() {
    let mut server = Server::with_defaults().await;
    let mut client = Client::initialised(&server).await;
    client.subscribe("a", "subscription { endless }").await;
    client.hear().await;
    drop(client);
    assert_eq!(server.dropped.recv().await, Some("subscription"));
}

#[tokio::test]
async fn a_query_over_the_socket_has_its_time_limit() {
    let options = HttpOptions { request_timeout: Duration::from_millis(20), ..HttpOptions::default() };
    let mut server = Server::start(options).await;
    let mut client = Client::initialised(&server).await;
    client.subscribe("a", "{ endless }").await;
    assert_eq!(client.hear().await["payload"][0]["extensions"]["code"], "TIMEOUT");
    assert_eq!(server.dropped.recv().await, Some("query"));
}

#[tokio::test]
async fn pings_are_answered_before_and_after_initialisation() {
    let server = Server::with_defaults().await;
    let mut client = Client::open(&server).await;
    client.say(json!({"type": "ping"})).await;
    assert_eq!(client.hear().await, json!({"type": "pong"}));
    client.say(json!({"type": "connection_init", "payload": {"token": "x"}})).await;
    assert_eq!(client.hear().await, json!({"type": "connection_ack"}));
    client.say(json!({"type": "pong"})).await;
    client.say(json!({"type": "ping", "payload": {"a": 1}})).await;
    assert_eq!(client.hear().await, json!({"type": "pong", "payload": {"a": 1}}));
}

#[tokio::test]
async fn breaches_of_the_protocol_close_with_its_codes() {
    let server = Server::with_defaults().await;
    let init = json!({"type": "connection_init"});
    let subscribe = json!({"type": "subscribe", "id": "a", "payload": {"query": "subscription { endless }"}});
    for (messages, code) in [
        (vec![json!("nonsense")], 4400),
        (vec![json!({"type": "start", "id": "a", "payload": {"query": "{ hello }"}})], 4400),
        (vec![subscribe.clone()], 4401),
        (vec![init.clone(), subscribe.clone(), subscribe.clone()], 4409),
        (vec![init.clone(), init.clone()], 4429),
        (vec![init.clone(), json!({"type": "ping", "payload": "x".repeat(300 * 1024)})], 1009),
    ] {
        let mut client = Client::open(&server).await;
        for message in messages.clone() {
            client.say(message).await;
        }
        assert_eq!(client.closed().await, code, "{code}");
    }
    let mut client = Client::open(&server).await;
    client.0.send(Message::binary(r#"{"type":"connection_init"}"#)).await.unwrap();
    assert_eq!(client.closed().await, 4400);
}

#[tokio::test]
async fn a_client_that_says_nothing_is_closed_with_4408() {
    let websocket = WebSocketOptions { init_timeout: Duration::from_millis(20), ..WebSocketOptions::default() };
    let server = Server::start(HttpOptions { websocket, ..HttpOptions::default() }).await;
    assert_eq!(Client::open(&server).await.closed().await, 4408);
}

#[tokio::test]
async fn a_client_without_the_subprotocol_is_closed_with_4406() {
    let server = Server::with_defaults().await;
    assert_eq!(Client::connect(&server, &[]).await.unwrap().closed().await, 4406);
}

#[tokio::test]
async fn a_page_of_another_origin_is_refused_before_the_upgrade() {
    let server = Server::with_defaults().await;
    let protocol = ("sec-websocket-protocol", "graphql-transport-ws");
    for origin in ["http://evil.example", "null", "http://127.0.0.1:1"] {
        let Err(Error::Http(answer)) = Client::connect(&server, &[protocol, ("origin", origin)]).await else {
            panic!("{origin} was let in")
        };
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{origin}");
    }
    let own = format!("http://{}", server.address);
    assert!(Client::connect(&server, &[protocol, ("origin", &own)]).await.is_ok());
}

#[tokio::test]
async fn one_operation_too_many_is_refused_and_the_others_go_on() {
    let websocket = WebSocketOptions { operation_limit: 1, ..WebSocketOptions::default() };
    let server = Server::start(HttpOptions { websocket, ..HttpOptions::default() }).await;
    let mut client = Client::initialised(&server).await;
    client.subscribe("a", "subscription { endless }").await;
    client.hear().await;
    client.subscribe("b", "{ hello }").await;
    assert_eq!(client.hear().await["payload"][0]["extensions"]["code"], "TOO_MANY_OPERATIONS");
    client.say(json!({"type": "complete", "id": "a"})).await;
    client.subscribe("b", "{ hello }").await;
    assert_eq!(client.hear().await["type"], "next");
}

#[tokio::test]
async fn a_peer_that_answers_no_ping_is_cut_off() {
    let websocket = WebSocketOptions { keep_alive: Duration::from_millis(100), ..WebSocketOptions::default() };
    let mut server = Server::start(HttpOptions { websocket, ..HttpOptions::default() }).await;
    let mut client = Client::initialised(&server).await;
    client.subscribe("a", "subscription { endless }").await;
    // The client never reads, so it never answers a ping.
    assert_eq!(server.dropped.recv().await, Some("subscription"));
}

#[tokio::test]
async fn a_stopping_server_says_goodbye() {
    let options = HttpOptions::default();
    let stop = options.stop.clone();
    let server = Server::start(options).await;
    let mut client = Client::initialised(&server).await;
    stop.cancel();
    assert_eq!(client.closed().await, 1001);
}

#[tokio::test]
async fn a_stopping_server_ends_subscriptions_and_answers_what_runs_before_its_goodbye() {
    let options = HttpOptions { request_timeout: Duration::from_millis(300), ..HttpOptions::default() };
    let stop = options.stop.clone();
    let mut server = Server::start(options).await;
    let mut client = Client::initialised(&server).await;
    client.subscribe("s", "subscription { endless }").await;
    client.hear().await;
    client.subscribe("q", "{ endless }").await;
    client.subscribe("h", "{ hello }").await;
    assert_eq!(
        (client.hear().await["id"].clone(), client.hear().await["type"].clone()),
        (json!("h"), json!("complete"))
    );
    stop.cancel();
    assert_eq!(server.dropped.recv().await, Some("subscription"));
    client.subscribe("late", "{ hello }").await;
    let last = client.hear().await;
    assert_eq!((&last["id"], &last["payload"][0]["extensions"]["code"]), (&json!("q"), &json!("TIMEOUT")));
    assert_eq!(client.closed().await, 1001);
}
