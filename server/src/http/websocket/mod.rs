//! GraphQL over WebSocket: the graphql-transport-ws protocol, with the close codes that it prescribes.
//!
//! One task serves one socket: it reads messages, polls the operations that run, and writes what they yield, so nothing
//! piles up when a client reads slowly and nothing runs on when it is gone.

mod connection;
mod operations;
mod protocol;

use async_graphql::Executor;
use axum::{
    extract::{FromRequestParts, Request, WebSocketUpgrade},
    response::{IntoResponse, Response},
};

use super::{
    Edge,
    answer::{Code, Refusal},
    caller::Caller,
    guest::Guest,
    origin,
};
use connection::Connection;

const SUBPROTOCOL: &str = "graphql-transport-ws";

/// Bytes that a socket reads at once. The library's 128 KiB are filled with zeros for every socket: a thousand followers that
/// hardly say a word would cost 125 MiB.
const READ_BUFFER: usize = 4 * 1024;

/// Turns a GET into a WebSocket, unless a page of another origin asks: then 403, before anything is upgraded.
pub(crate) async fn upgrade<E: Executor>(edge: Edge<E>, request: Request) -> Response {
    let (mut parts, _body) = request.into_parts();
    if !origin::may_connect(&parts.headers, &edge.options) {
        return Refusal::new(Code::ForeignOrigin, "this origin may not open a WebSocket").into_response();
    }
    let limit = edge.options.websocket.message_limit;
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => {
            upgrade.protocols([SUBPROTOCOL]).max_message_size(limit).max_frame_size(limit).read_buffer_size(READ_BUFFER)
        }
        Err(rejection) => return Refusal::new(Code::BadRequest, rejection.body_text()).into_response(),
    };
    // A client without our protocol is told by a close code, which only an upgraded socket can carry.
    let agreed = upgrade.selected_protocol().is_some();
    let sockets = edge.options.sockets.clone();
    let (guest, caller) = (Guest::new(&edge.options, &parts), Caller::of(&parts.extensions));
    let serve = move |socket| Connection::new(socket, edge, guest, caller).serve(agreed);
    upgrade.on_upgrade(move |socket| sockets.track_future(serve(socket)))
}
