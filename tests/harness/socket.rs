//! Asking over WebSocket, by graphql-transport-ws.

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest, http::HeaderValue},
};

/// One connection.
#[derive(Debug)]
pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Connects to the address that [`crate::GraphqlClient::url`] tells; a browser's page would send its origin.
    pub async fn connect(url: &str, origin: Option<&str>) -> Result<Self, Error> {
        let mut request = url.replacen("http", "ws", 1).into_client_request()?;
        let headers = request.headers_mut();
        headers.insert("sec-websocket-protocol", HeaderValue::from_static("graphql-transport-ws"));
        if let Some(origin) = origin {
            headers.insert("origin", HeaderValue::from_str(origin)?);
        }
        connect_async(request).await.map(|(socket, _)| Self(socket))
    }

    /// Connects and initialises.
    pub async fn open(url: &str) -> Self {
        let connected = Self::connect(url, None).await;
        let mut socket = connected.unwrap_or_else(|error| panic!("no WebSocket: {error}"));
        socket.say(json!({ "type": "connection_init" })).await;
        assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }));
        socket
    }

    /// Starts an operation.
    pub async fn subscribe(&mut self, id: &str, query: &str, variables: Value) {
        let payload = json!({ "query": query, "variables": variables });
        self.say(json!({ "type": "subscribe", "id": id, "payload": payload })).await;
    }

    /// Sends a message.
    pub async fn say(&mut self, message: Value) {
        let sent = self.0.send(Message::text(message.to_string())).await;
        sent.unwrap_or_else(|error| panic!("the WebSocket takes nothing: {error}"));
    }

    /// The next message of the protocol.
    pub async fn hear(&mut self) -> Value {
        loop {
            match self.receive().await {
                Some(Message::Text(text)) => {
                    return serde_json::from_str(&text).unwrap_or_else(|error| panic!("no JSON: {error}: {text}"));
                }
                Some(Message::Ping(_) | Message::Pong(_)) => {}
                end => panic!("no message but {end:?}"),
            }
        }
    }

    /// The code with which the server closes.
    pub async fn close_code(&mut self) -> u16 {
        loop {
            match self.receive().await {
                Some(Message::Close(Some(frame))) => return frame.code.into(),
                Some(Message::Ping(_) | Message::Pong(_)) => {}
                other => panic!("no close code but {other:?}"),
            }
        }
    }

    async fn receive(&mut self) -> Option<Message> {
        let received = tokio::time::timeout(crate::LONG, self.0.next()).await;
        let message = received.unwrap_or_else(|_| panic!("the WebSocket is silent"))?;
        Some(message.unwrap_or_else(|error| panic!("the WebSocket broke: {error}")))
    }
}
