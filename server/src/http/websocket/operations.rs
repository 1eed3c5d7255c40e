//! The operations that run on one socket.

use std::{
    collections::VecDeque,
    future::poll_fn,
    panic::AssertUnwindSafe,
    task::{Context, Poll},
};

use async_graphql::{Executor, Request, ServerError, parser::types::OperationType};
use futures::{StreamExt, stream, stream::BoxStream};
use tracing::Instrument;

use crate::http::{
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
struct Started {
    results: Results,
    /// A subscription: it ends when somebody ends it.
    is_endless: bool,
}

/// Running operations by id; whichever yielded last is asked last, so none starves the others.
#[derive(Default)]
pub(super) struct Operations {
    running: VecDeque<(String, Started)>,
}

impl Operations {
    pub(super) fn len(&self) -> usize {
        self.running.len()
    }

    pub(super) fn contains(&self, id: &str) -> bool {
        self.running.iter().any(|(running, _)| running == id)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    /// Starts an operation, unless its client has asked too often; it runs when it is polled.
    pub(super) fn start<E: Executor>(
        &mut self,
        id: String,
        edge: &Edge<E>,
        request: Request,
        allowed: Result<(), Refusal>,
    ) {
        self.running.push_back((id, prepare(edge, request, allowed)));
    }

    /// Stops an operation by dropping it, with everything that it holds.
    pub(super) fn stop(&mut self, id: &str) {
        self.running.retain(|(running, _)| running != id);
    }

    /// Stops the subscriptions, which would never end by themselves.
    pub(super) fn stop_subscriptions(&mut self) {
        self.running.retain(|(_, started)| !started.is_endless);
    }

    /// The next event of any operation; waits for ever while none runs.
    pub(super) async fn next(&mut self) -> (String, Event) {
        poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<(String, Event)> {
        for place in 0..self.running.len() {
            let Poll::Ready(result) = self.running[place].1.results.poll_next_unpin(context) else { continue };
            let Some((id, started)) = self.running.remove(place) else { continue };
            let event = event_of(result);
            if matches!(event, Event::Next(_)) {
                self.running.push_back((id.clone(), started));
            }
            return Poll::Ready((id, event));
        }
        Poll::Pending
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

/// Prepares an operation; it runs when it is polled. Queries and mutations have their time limit here too.
fn prepare<E: Executor>(edge: &Edge<E>, mut request: Request, allowed: Result<(), Refusal>) -> Started {
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
            Started { results: results.boxed(), is_endless: true }
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
            Started { results: once.boxed(), is_endless: false }
        }
    }
}
