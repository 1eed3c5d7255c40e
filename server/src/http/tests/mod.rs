//! The HTTP side from outside: a real listener, raw requests, a real WebSocket client, and a small schema.

mod events;
mod exports;
mod requests;
mod schema;
mod sockets;

use std::{net::SocketAddr, sync::Arc};

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc::UnboundedReceiver,
    task::JoinSet,
};

use super::{HttpOptions, Terms, router, serve};

/// A running hub edge; it stops when dropped.
struct Server {
    address: SocketAddr,
    /// Says which resolver or stream was dropped.
    dropped: UnboundedReceiver<&'static str>,
    _tasks: JoinSet<()>,
}

impl Server {
    async fn start(options: HttpOptions) -> Self {
        let (probe, dropped) = tokio::sync::mpsc::unbounded_channel();
        let app = router(schema::schema(probe), Arc::new(exports::Shelf), options);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { serve(listener, app, Terms::default(), std::future::pending()).await.unwrap() });
        Self { address, dropped, _tasks: tasks }
    }

    async fn with_defaults() -> Self {
        Self::start(HttpOptions::default()).await
    }

    /// One request on a connection of its own; a Host header is added unless given.
    async fn send(&self, line: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let host = self.address.to_string();
        let mut lines = vec![format!("{line} HTTP/1.1"), "connection: close".to_owned()];
        if !headers.iter().any(|(name, _)| *name == "host") {
            lines.push(format!("host: {host}"));
        }
        lines.extend(headers.iter().map(|(name, value)| format!("{name}: {value}")));
        if line.starts_with("POST") {
            lines.push(format!("content-length: {}", body.len()));
        }
        let text = format!("{}\r\n\r\n{body}", lines.join("\r\n"));
        self.exchange(&text).await
    }

    /// Writes a text as it is and reads until the server closes.
    async fn exchange(&self, text: &str) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        // A refused body may be left unread, and the connection reset while we still write.
        let _ = stream.write_all(text.as_bytes()).await;
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes).await;
        Answer::parse(&bytes)
    }

    async fn post(&self, body: &str) -> Answer {
        self.send("POST /graphql", &[("content-type", "application/json")], body).await
    }

    async fn post_for(&self, accept: &str, query: &str) -> Answer {
        let body = serde_json::json!({ "query": query }).to_string();
        self.send("POST /graphql", &[("content-type", "application/json"), ("accept", accept)], &body).await
    }
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").expect("an HTTP answer");
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.parse::<HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap())
        });
        Self { status, headers: headers.collect(), body: body.to_owned() }
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    #[track_caller]
    fn code(&self) -> String {
        self.json()["errors"][0]["extensions"]["code"].as_str().expect("an error code").to_owned()
    }
}
