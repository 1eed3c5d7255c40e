//! When loads run: as soon as a request can't go on without them, and not before.
//!
//! async-graphql's DataLoader waits a fixed time for keys to come together. That is a guess: on a busy machine a page of
//! 100 devices asks in several bursts and takes as many statements, and on an idle one every level of a document waits in
//! vain. Here a load waits until the execution of its request has come to rest: until it was polled, can't go on, and has
//! not woken itself to continue. Then everything it will ask has been asked. So the number of statements depends on the
//! document alone, and no time passes.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use async_graphql::Response;
use futures::{
    Stream, StreamExt,
    future::BoxFuture,
    stream::{BoxStream, FuturesUnordered},
    task::AtomicWaker,
};
use tokio::sync::mpsc::UnboundedReceiver;

/// A load that waits for the request to come to rest.
pub(super) type Load = BoxFuture<'static, ()>;

/// The answers of one request, and its loads. Dropping it ends both.
pub(in crate::graphql) struct Attended {
    answers: BoxStream<'static, Response>,
    waiting: UnboundedReceiver<Load>,
    running: FuturesUnordered<Load>,
    pulse: Arc<Pulse>,
}

impl Attended {
    pub(super) fn new(answers: BoxStream<'static, Response>, waiting: UnboundedReceiver<Load>) -> Self {
        Self { answers, waiting, running: FuturesUnordered::new(), pulse: Arc::default() }
    }
}

/// Tells whether the execution wants to go on.
struct Pulse {
    beating: AtomicBool,
    task: AtomicWaker,
}

impl Default for Pulse {
    /// What was never polled wants to be.
    fn default() -> Self {
        Self { beating: AtomicBool::new(true), task: AtomicWaker::new() }
    }
}

impl Wake for Pulse {
    fn wake(self: Arc<Self>) {
        self.beating.store(true, Ordering::Release);
        self.task.wake();
    }
}

impl Stream for Attended {
    type Item = Response;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Response>> {
        let this = &mut *self;
        this.pulse.task.register(cx.waker());
        loop {
            if this.pulse.beating.swap(false, Ordering::AcqRel) {
                let waker = Waker::from(this.pulse.clone());
                if let Poll::Ready(answer) = this.answers.as_mut().poll_next(&mut Context::from_waker(&waker)) {
                    this.pulse.beating.store(true, Ordering::Release);
                    return Poll::Ready(answer);
                }
            }
            let at_rest = !this.pulse.beating.load(Ordering::Acquire);
            while let Some(load) = at_rest.then(|| this.waiting.try_recv().ok()).flatten() {
                this.running.push(load);
            }
            while let Poll::Ready(Some(())) = this.running.poll_next_unpin(cx) {}
            // A load that ended at once gave the execution something to go on with; if the execution woke itself, its
            // task is polled again soon, and others have their turn first.
            if !at_rest || !this.pulse.beating.load(Ordering::Acquire) {
                return Poll::Pending;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use futures::future::{BoxFuture, join_all, poll_fn};
    use tokio::{sync::mpsc, task::yield_now};

    use super::*;

    /// Returns to the executor once, as `join_all` does when many futures are ready.
    async fn give_way() {
        let mut gave_way = false;
        poll_fn(|cx| {
            if std::mem::replace(&mut gave_way, true) {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }

    /// Runs a request that asks for this many keys, and tells how many keys each load found waiting.
    async fn bursts(keys: usize) -> Vec<usize> {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let loads = Arc::new(Mutex::new(Vec::new()));
        let (queue, waiting) = mpsc::unbounded_channel::<Load>();
        let ask = {
            let (asked, loads) = (asked.clone(), loads.clone());
            move |key: usize| -> BoxFuture<'static, ()> {
                let (asked, loads, queue) = (asked.clone(), loads.clone(), queue.clone());
                Box::pin(async move {
                    // Some fields are reached late, after the executor has given others a turn.
                    for _ in 0..key % 7 {
                        give_way().await;
                    }
                    let (done, answer) = tokio::sync::oneshot::channel::<()>();
                    let is_first = {
                        let mut asked = asked.lock().unwrap();
                        asked.push(done);
                        asked.len() == 1
                    };
                    if is_first {
                        let load = async move {
                            yield_now().await;
                            let found = std::mem::take(&mut *asked.lock().unwrap());
                            loads.lock().unwrap().push(found.len());
                            for done in found {
                                let _ = done.send(());
                            }
                        };
                        queue.send(Box::pin(load)).ok().unwrap();
                    }
                    answer.await.unwrap();
                })
            }
        };
        let execution = async move {
            join_all((0..keys).map(&ask)).await;
            join_all((0..keys).map(&ask)).await;
            Response::default()
        };
        let answers = futures::stream::once(execution).boxed();
        assert_eq!(Attended::new(answers, waiting).count().await, 1);
        loads.lock().unwrap().clone()
    }

    #[tokio::test]
    async fn every_level_of_a_request_is_one_load_whatever_its_size() {
        for keys in [1, 40, 1000] {
            assert_eq!(bursts(keys).await, [keys, keys]);
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn also_while_other_threads_are_idle() {
        assert_eq!(bursts(1000).await, [1000, 1000]);
    }
}
