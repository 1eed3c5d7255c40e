//! An operation at work whose results come one by one: over a WebSocket, or as server-sent events.

use std::{
    panic::AssertUnwindSafe,
    task::{Context, Poll},
};

use async_graphql::{Executor, Request, ServerError, parser::types::OperationType};
use futures::{StreamExt, stream, stream::BoxStream};
use tracing::Instrument;

use super::{
    Edge,
    answer::{Outcome, Refusal},
    execution,
    operation::Operation,
};

/// What happened in an operation.
pub(super) enum Event {
    /// It yielded a result.
    Next(Box<Outcome>),
    /// It was refused, or failed as a whole; it is over.
    Error(Vec<ServerError>),
    /// It has yielded everything.
    Complete,
}

type Results = BoxStream<'static, Result<Outcome, Refusal>>;

/// An operation at work.
pub(super) struct Started {
    results: Results,
    /// A subscription: it ends when somebody ends it.
    pub(super) is_endless: bool,
}

impl Started {
    /// Prepares an operation, unless its client has asked too often; it runs when it is polled. Queries and mutations have
    /// their time limit here too.
    pub(super) fn new<E: Executor>(edge: &Edge<E>, mut request: Request, allowed: Result<(), Refusal>) -> Self {
        let operation = Operation::allowed(&mut request, &edge.options, allowed);
        let executor = edge.executor.clone();
        match operation.kind() {
            Ok(OperationType::Subscription) => {
                operation.start();
                let held = edge.options.metrics.subscription_started();
                let results = AssertUnwindSafe(executor.execute_stream(request, None)).catch_unwind();
                let results = results.map(move |result| {
                    let _held = &held;
                    result.map(Outcome::of).map_err(|_panic| execution::panicked())
                });
                Self { results: results.boxed(), is_endless: true }
            }
            kind => {
                let limit = edge.options.request_timeout;
                let once = stream::once(async move {
                    let span = operation.span();
                    let execution = async { Ok(Outcome::of(execution::execute(executor, request, limit).await?)) };
                    let ended = match kind {
                        Ok(_) => execution.instrument(span.clone()).await,
                        Err(refusal) => Err(refusal),
                    };
                    operation.end(&span, ended.as_ref());
                    ended
                });
                Self { results: once.boxed(), is_endless: false }
            }
        }
    }

    /// What happens next.
    pub(super) async fn next(&mut self) -> Event {
        event_of(self.results.next().await)
    }

    /// What happens next, if it has happened.
    pub(super) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Event> {
        self.results.poll_next_unpin(context).map(event_of)
    }
}

fn event_of(result: Option<Result<Outcome, Refusal>>) -> Event {
    match result {
        Some(Ok(outcome)) if outcome.executed => Event::Next(Box::new(outcome)),
        Some(Ok(outcome)) => Event::Error(outcome.response.errors),
        Some(Err(refusal)) => Event::Error(vec![refusal.into_error()]),
        None => Event::Complete,
    }
}
