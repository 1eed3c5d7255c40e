//! GraphQL as server-sent events, in the distinct connections mode of the graphql-sse protocol: one POST is one operation,
//! its answer a stream of `next` events that ends with `complete`.
//!
//! For clients behind proxies that pass no WebSocket. A request that is no GraphQL request is answered in JSON with its
//! status; a refused document is told by an event, as the protocol wants it.

use async_graphql::{Executor, Request};
use axum::response::{
    IntoResponse, Response as HttpResponse, Sse,
    sse::{Event as Message, KeepAlive},
};
use futures::{Stream, StreamExt, future::Either, stream};
use serde::Serialize;

use super::{
    Edge,
    answer::Body,
    guest::Guest,
    started::{Event, Started},
};

/// Starts the operation. It ends when its client is gone, because the answer is dropped then.
pub(super) fn answer<E: Executor>(edge: &Edge<E>, request: Request, guest: Guest) -> HttpResponse {
    let (stop, every) = (edge.options.stop.clone(), edge.options.websocket.identify_again);
    let broken_off = async move {
        tokio::select! {
            () = stop.cancelled() => {}
            () = guest.sent_away(every) => {}
        }
    };
    let messages = messages(Started::new(edge, request, Ok(())), broken_off);
    // Proxies close what says nothing for long; a comment also finds out whether the client is still there.
    let comments = KeepAlive::new().interval(edge.options.websocket.keep_alive);
    Sse::new(messages).keep_alive(comments).into_response()
}

/// A server that stops, and a token that is not good any more, break subscriptions off without `complete`: their clients
/// subscribe again, elsewhere or with another token. Queries and mutations are answered first.
fn messages<F>(started: Started, broken_off: F) -> impl Stream<Item = Result<Message, axum::Error>>
where
    F: Future<Output = ()>,
{
    let until = if started.is_endless { Either::Left(broken_off) } else { Either::Right(std::future::pending::<()>()) };
    let steps = stream::unfold(Some(started), async |started| {
        let mut started = started?;
        let (told, rest) = match started.next().await {
            Event::Next(outcome) => (vec![next(&outcome.body())], Some(started)),
            Event::Error(errors) => (vec![next(&Body::of_errors(&errors)), complete()], None),
            Event::Complete => (vec![complete()], None),
        };
        Some((stream::iter(told), rest))
    });
    steps.flatten().take_until(until)
}

fn next(body: &impl Serialize) -> Result<Message, axum::Error> {
    let message = Message::default().event("next").json_data(body);
    message.inspect_err(|error| tracing::error!(%error, "an event could not be written as JSON"))
}

/// Browsers pass on only what has data, be it empty.
#[expect(clippy::unnecessary_wraps, reason = "it stands beside `next` in one stream")]
fn complete() -> Result<Message, axum::Error> {
    Ok(Message::default().event("complete").data(""))
}
