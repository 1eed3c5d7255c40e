//! The operations that run on one socket.

use std::{
    collections::VecDeque,
    future::poll_fn,
    task::{Context, Poll},
};

use async_graphql::{Executor, Request};

use crate::http::{
    Edge,
    answer::Refusal,
    started::{Event, Started},
};

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
        self.running.push_back((id, Started::new(edge, request, allowed)));
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
            let Poll::Ready(event) = self.running[place].1.poll_next(context) else { continue };
            let Some((id, started)) = self.running.remove(place) else { continue };
            if matches!(event, Event::Next(_)) {
                self.running.push_back((id.clone(), started));
            }
            return Poll::Ready((id, event));
        }
        Poll::Pending
    }
}
