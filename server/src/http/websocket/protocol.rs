//! The messages of graphql-transport-ws and its close codes.

use async_graphql::{Request, ServerError};
use axum::extract::ws::close_code;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::http::{answer::Body, guest::Unwelcome, parameters};

/// Why the server ends a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// With this code and reason.
    Close(u16, String),
    /// The peer closes; its close is answered.
    Left,
    /// The peer is gone or doesn't read: nothing more can be said.
    Gone,
}

impl End {
    pub(super) fn bad_message(reason: &str) -> Self {
        Self::Close(4400, format!("Invalid message received: {reason}"))
    }

    pub(super) fn unauthorized() -> Self {
        Self::Close(4401, "Unauthorized".to_owned())
    }

    /// Clients that know the protocol try again after this code, with a token that is good by then.
    pub(super) fn forbidden() -> Self {
        Self::Close(4403, "Forbidden".to_owned())
    }

    pub(super) fn unavailable() -> Self {
        Self::Close(close_code::AGAIN, "Try again later".to_owned())
    }

    pub(super) fn subprotocol() -> Self {
        Self::Close(4406, "Subprotocol not acceptable".to_owned())
    }

    pub(super) fn init_timeout() -> Self {
        Self::Close(4408, "Connection initialisation timeout".to_owned())
    }

    /// A close reason holds 123 bytes; a longer id is left out.
    pub(super) fn duplicate(id: &str) -> Self {
        let id = if id.len() <= 64 { id } else { "this id" };
        Self::Close(4409, format!("Subscriber for {id} already exists"))
    }

    pub(super) fn second_init() -> Self {
        Self::Close(4429, "Too many initialisation requests".to_owned())
    }

    pub(super) fn too_large() -> Self {
        Self::Close(close_code::SIZE, "The message is too large".to_owned())
    }

    pub(super) fn stopping() -> Self {
        Self::Close(close_code::AWAY, "The server is stopping".to_owned())
    }
}

impl From<Unwelcome> for End {
    fn from(unwelcome: Unwelcome) -> Self {
        match unwelcome {
            Unwelcome::Nobody => Self::unauthorized(),
            Unwelcome::ShutOut => Self::forbidden(),
            Unwelcome::Unavailable => Self::unavailable(),
        }
    }
}

/// What a client says.
pub(super) enum ClientMessage {
    ConnectionInit(Option<Value>),
    Ping(Option<Value>),
    Pong,
    Subscribe(String, Box<Request>),
    Complete(String),
}

impl ClientMessage {
    /// Reads one text message; whatever the protocol doesn't know ends the connection with 4400.
    pub(super) fn parse(text: &str) -> Result<Self, End> {
        let Ok(Value::Object(mut message)) = serde_json::from_str(text) else {
            return Err(End::bad_message("not a JSON object"));
        };
        match message.remove("type").as_ref().and_then(Value::as_str) {
            Some("connection_init") => payload(&mut message).map(Self::ConnectionInit),
            Some("ping") => Ok(Self::Ping(payload(&mut message)?)),
            Some("pong") => payload(&mut message).map(|_| Self::Pong),
            Some("complete") => Ok(Self::Complete(id(&mut message)?)),
            Some("subscribe") => subscribe(&mut message),
            _ => Err(End::bad_message("unknown type")),
        }
    }
}

fn subscribe(message: &mut Map<String, Value>) -> Result<ClientMessage, End> {
    let id = id(message)?;
    let request = parameters::from_json(message.remove("payload").unwrap_or_default());
    let request = request.map_err(|_| End::bad_message("the payload is not a GraphQL request"))?;
    Ok(ClientMessage::Subscribe(id, Box::new(request)))
}

fn id(message: &mut Map<String, Value>) -> Result<String, End> {
    match message.remove("id") {
        Some(Value::String(id)) if !id.is_empty() => Ok(id),
        _ => Err(End::bad_message("the id must be a non-empty string")),
    }
}

fn payload(message: &mut Map<String, Value>) -> Result<Option<Value>, End> {
    match message.remove("payload") {
        None | Some(Value::Null) => Ok(None),
        Some(payload @ Value::Object(_)) => Ok(Some(payload)),
        Some(_) => Err(End::bad_message("the payload must be an object")),
    }
}

/// What the server says.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ServerMessage<'a> {
    ConnectionAck,
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<Value>,
    },
    Next {
        id: &'a str,
        payload: Body<'a>,
    },
    Error {
        id: &'a str,
        payload: &'a [ServerError],
    },
    Complete {
        id: &'a str,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_that_the_protocol_does_not_know_are_bad() {
        for text in [
            "",
            "[]",
            "null",
            "{}",
            r#"{"type":1}"#,
            r#"{"type":"start","id":"1","payload":{"query":"{a}"}}"#,
            r#"{"type":"connection_init","payload":1}"#,
            r#"{"type":"ping","payload":"x"}"#,
            r#"{"type":"subscribe","payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":"","payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":1,"payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":"1"}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":1}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","variables":[]}}"#,
            r#"{"type":"complete"}"#,
        ] {
            assert!(matches!(ClientMessage::parse(text), Err(End::Close(4400, _))), "{text}");
        }
    }

    #[test]
    fn close_reasons_fit_into_a_frame() {
        let End::Close(code, reason) = End::duplicate(&"x".repeat(500)) else { panic!("no close") };
        assert_eq!(code, 4409);
        assert!(reason.len() <= 123);
    }
}
