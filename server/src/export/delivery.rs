//! The way of a file from whoever makes it to whoever reads it.
//!
//! The making is a task of its own, which waits for a slow reader, but not for ever, and ends as soon as the reader is
//! gone. The end of a file is said: when the task ends in any other way, by a fault or a panic, the reader is told that
//! the file is broken off.

use std::{io, time::Duration};

use axum::body::Bytes;
use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use tokio::{
    runtime::Handle,
    sync::mpsc::{Receiver, Sender, channel},
    time::{Instant, timeout_at},
};
use tokio_util::task::TaskTracker;

use crate::http::{BrokenOff, ExportRefusal};

/// Parts that may wait for the reader.
const WAITING: usize = 2;
/// Bytes of one part of a file that is written piece by piece.
const PART: usize = 64 * 1024;

enum Message {
    Part(Bytes),
    End,
    Failed(ExportRefusal),
}

/// Where the parts of a file go.
#[derive(Clone)]
pub(super) struct Outlet {
    sender: Sender<Message>,
    deadline: Instant,
}

impl Outlet {
    /// Waits until the reader has taken most of what came before.
    pub(super) async fn send(&self, part: Bytes) -> Result<(), ExportRefusal> {
        // Nobody reads the refusal: the reader is gone, or has had its time.
        let unread = ExportRefusal::Failed;
        if part.is_empty() {
            return Ok(());
        }
        match timeout_at(self.deadline, self.sender.send(Message::Part(part))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(unread),
        }
    }

    /// For code that writes and waits: on a thread where waiting is allowed.
    pub(super) fn into_writer(self) -> io::BufWriter<impl io::Write + Send> {
        io::BufWriter::with_capacity(PART, Blocking { outlet: self, runtime: Handle::current() })
    }
}

struct Blocking {
    outlet: Outlet,
    runtime: Handle,
}

impl io::Write for Blocking {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.runtime.block_on(self.outlet.send(Bytes::copy_from_slice(bytes)));
        sent.map(|()| bytes.len()).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Begins to make a file, and comes back with its first part, or with the reason why there is none. The limit is what is
/// told of a deadline that has passed.
pub(super) async fn deliver<F>(
    tasks: &TaskTracker,
    (deadline, limit): (Instant, Duration),
    make: impl FnOnce(Outlet) -> F,
) -> Result<BoxStream<'static, Result<Bytes, BrokenOff>>, ExportRefusal>
where
    F: Future<Output = Result<(), ExportRefusal>> + Send + 'static,
{
    let (sender, mut receiver) = channel(WAITING);
    let making = make(Outlet { sender: sender.clone(), deadline });
    tasks.spawn(async move {
        let outcome = tokio::select! {
            biased;
            () = sender.closed() => return,
            outcome = timeout_at(deadline, making) => outcome,
        };
        let last = match outcome {
            Ok(Ok(())) => Message::End,
            Ok(Err(refusal)) => Message::Failed(refusal),
            Err(_elapsed) => Message::Failed(ExportRefusal::TimedOut(limit)),
        };
        // A reader that has not read until now learns it from the silence.
        let _ = timeout_at(deadline, sender.send(last)).await;
    });
    match receiver.recv().await {
        Some(Message::Part(first)) => {
            let first = stream::once(async move { Ok(first) });
            Ok(first.chain(stream::unfold(Some(receiver), next)).boxed())
        }
        Some(Message::End) => Ok(stream::empty().boxed()),
        Some(Message::Failed(refusal)) => Err(refusal),
        None => Err(ExportRefusal::Failed),
    }
}

/// The next part, and what is left to read after it.
async fn next(left: Option<Receiver<Message>>) -> Option<(Result<Bytes, BrokenOff>, Option<Receiver<Message>>)> {
    let mut receiver = left?;
    match receiver.recv().await {
        Some(Message::Part(part)) => Some((Ok(part), Some(receiver))),
        Some(Message::End) => None,
        Some(Message::Failed(refusal)) => {
            tracing::warn!(?refusal, "an export was broken off");
            Some((Err(BrokenOff), None))
        }
        None => {
            tracing::warn!("an export was broken off without a word: its reader was too slow, or its maker panicked");
            Some((Err(BrokenOff), None))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use futures::TryStreamExt;

    use super::*;

    fn soon() -> (Instant, Duration) {
        (Instant::now() + Duration::from_mins(1), Duration::from_mins(1))
    }

    async fn all(body: BoxStream<'static, Result<Bytes, BrokenOff>>) -> Result<Vec<u8>, BrokenOff> {
        body.try_fold(Vec::new(), |mut all, part| async move {
            all.extend_from_slice(&part);
            Ok(all)
        })
        .await
    }

    #[tokio::test]
    async fn what_is_sent_arrives_in_order() {
        let make = |outlet: Outlet| async move {
            for number in 0..100_u8 {
                outlet.send(vec![number].into()).await?;
            }
            Ok(())
        };
        let body = deliver(&TaskTracker::new(), soon(), make).await.ok().unwrap();
        assert_eq!(all(body).await.unwrap(), (0..100).collect::<Vec<u8>>());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_written_arrives_in_order() {
        let make = |outlet: Outlet| async move {
            let write = move || {
                let mut writer = outlet.into_writer();
                let written = (0..100_000_u32).try_for_each(|number| writer.write_all(&number.to_be_bytes()));
                written.and_then(|()| writer.flush())
            };
            tokio::task::spawn_blocking(write).await.unwrap().map_err(|_| ExportRefusal::Failed)
        };
        let body = deliver(&TaskTracker::new(), soon(), make).await.ok().unwrap();
        assert_eq!(all(body).await.unwrap(), (0..100_000_u32).flat_map(u32::to_be_bytes).collect::<Vec<u8>>());
    }

    #[tokio::test]
    async fn a_fault_before_the_first_part_is_told_and_one_after_it_breaks_off() {
        let tasks = TaskTracker::new();
        let early = deliver(&tasks, soon(), |_| async { Err(ExportRefusal::TimedOut(Duration::ZERO)) }).await;
        assert!(matches!(early.err().unwrap(), ExportRefusal::TimedOut(_)));
        let make = |outlet: Outlet| async move {
            outlet.send("part".into()).await?;
            Err(ExportRefusal::Failed)
        };
        let body = deliver(&tasks, soon(), make).await.ok().unwrap();
        assert!(all(body).await.is_err());
    }

    #[tokio::test]
    async fn a_panic_breaks_off_too() {
        let make = |outlet: Outlet| async move {
            outlet.send("part".into()).await?;
            panic!("on purpose");
        };
        let body = deliver(&TaskTracker::new(), soon(), make).await.ok().unwrap();
        assert!(all(body).await.is_err());
    }

    #[tokio::test]
    async fn a_reader_that_goes_ends_the_making() {
        let tasks = TaskTracker::new();
        let make = |outlet: Outlet| async move {
            outlet.send("part".into()).await?;
            std::future::pending().await
        };
        drop(deliver(&tasks, soon(), make).await.ok().unwrap());
        tasks.close();
        tasks.wait().await;
    }

    #[tokio::test]
    async fn a_reader_that_reads_nothing_is_cut_off_at_the_deadline() {
        let tasks = TaskTracker::new();
        let passed = (Instant::now(), Duration::ZERO);
        let make = |outlet: Outlet| async move {
            loop {
                outlet.send("part".into()).await?;
            }
        };
        let body = deliver(&tasks, passed, make).await.ok().unwrap();
        tasks.close();
        tasks.wait().await;
        assert!(all(body).await.is_err());
    }
}
