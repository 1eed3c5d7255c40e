//! The operations that run on one socket.

use std::{
    collections::VecDeque,
    future::poll_fn,
    panic::AssertUnwindSafe,
    task::{Context, Poll},
};

use async_graphql::{Executor, Request, Response, ServerError, parser::types::OperationType};
use futures::{StreamExt, stream, stream::BoxStream};

use crate::http::{
    Edge,
    answer::{Outcome, Refusal},
    document, execution,
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

type Results = BoxStream<'static, Result<Response, Refusal>>;

/// Running operations by id; whichever yielded last is asked last, so none starves the others.
#[derive(Default)]
pub(super) struct Operations {
    running: VecDeque<(String, Results)>,
}

impl Operations {
    pub(super) fn len(&self) -> usize {
        self.running.len()
    }

    pub(super) fn contains(&self, id: &str) -> bool {
        self.running.iter().any(|(running, _)| running == id)
    }

    pub(super) fn insert(&mut self, id: String, results: Results) {
        self.running.push_back((id, results));
    }

    /// Stops an operation by dropping it, with everything that it holds.
    pub(super) fn stop(&mut self, id: &str) {
        self.running.retain(|(running, _)| running != id);
    }

    /// The next event of any operation; waits for ever while none runs.
    pub(super) async fn next(&mut self) -> (String, Event) {
        poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<(String, Event)> {
        for place in 0..self.running.len() {
            let Poll::Ready(result) = self.running[place].1.poll_next_unpin(context) else { continue };
            let Some((id, results)) = self.running.remove(place) else { continue };
            let event = event_of(result);
            if matches!(event, Event::Next(_)) {
                self.running.push_back((id.clone(), results));
            }
            return Poll::Ready((id, event));
        }
        Poll::Pending
    }
}

fn event_of(result: Option<Result<Response, Refusal>>) -> Event {
    match result.map(|result| result.map(Outcome::of)) {
        Some(Ok(outcome)) if outcome.executed => Event::Next(Box::new(outcome)),
        Some(Ok(outcome)) => Event::Error(outcome.response.errors),
        Some(Err(refusal)) => Event::Error(vec![refusal.into_error()]),
        None => Event::Complete,
    }
}

/// Prepares an operation; it runs when it is polled. Queries and mutations have their time limit here too.
pub(super) fn start<E: Executor>(edge: &Edge<E>, mut request: Request) -> Results {
    let executor = edge.executor.clone();
    match document::operation_type(&mut request) {
        Err(refusal) => stream::once(async { Err(refusal) }).boxed(),
        Ok(OperationType::Subscription) => {
            let results = AssertUnwindSafe(executor.execute_stream(request, None)).catch_unwind();
            results.map(|result| result.map_err(|_panic| execution::panicked())).boxed()
        }
        Ok(_) => stream::once(execution::execute(executor, request, edge.options.request_timeout)).boxed(),
    }
}
