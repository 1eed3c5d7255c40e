//! A connection whose other end has to take what is sent to it.
//!
//! hyper waits for ever on a client that reads nothing, with the answer, and what makes it, held meanwhile. Here waiting
//! is counted: every byte that is taken pays some of it back, so that a slow client is served and one that trickles is
//! not. What lies below TLS sees TLS alike.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::OwnedSemaphorePermit,
    time::{Instant, Sleep, sleep_until},
};

/// Who takes less than this many bytes a second, when there is more, is waited for.
const SLOWEST: f64 = 1024.0;

/// What the system may hold for one client. Without it whole exports would fit, and nobody would seem to dawdle.
const HELD: usize = 128 * 1024;

/// A connection, and the place that it takes until it is closed.
pub(super) struct Taken {
    stream: TcpStream,
    /// How long nothing may be taken.
    limit: Duration,
    /// For how long was waited and not yet made good.
    waited: Duration,
    /// Since when is waited now.
    since: Option<Instant>,
    alarm: Option<Pin<Box<Sleep>>>,
    _place: OwnedSemaphorePermit,
}

impl Taken {
    pub(super) fn new(stream: TcpStream, limit: Duration, place: OwnedSemaphorePermit) -> Self {
        arrange(&stream, limit);
        Self { stream, limit, waited: Duration::ZERO, since: None, alarm: None, _place: place }
    }

    /// Counts what was taken, or waits, but not for ever.
    fn watch(&mut self, context: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(written) => {
                let bytes = written.as_ref().map_or(0, |&bytes| bytes);
                self.pay_back(bytes);
                Poll::Ready(written)
            }
            Poll::Pending => {
                ready!(self.wait(context));
                // What the client did not take is not tried any longer by the system either: it is told by a reset.
                let _ = SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
                Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client takes nothing")))
            }
        }
    }

    fn pay_back(&mut self, bytes: usize) {
        self.alarm = None;
        if let Some(since) = self.since.take() {
            self.waited += since.elapsed();
        }
        if !self.waited.is_zero() {
            #[expect(clippy::cast_precision_loss, reason = "a write has far fewer than 2^52 bytes")]
            let made_good = Duration::from_secs_f64(bytes as f64 / SLOWEST);
            self.waited = self.waited.saturating_sub(made_good);
        }
    }

    fn wait(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let since = *self.since.get_or_insert_with(Instant::now);
        let until = since + self.limit.saturating_sub(self.waited);
        self.alarm.get_or_insert_with(|| Box::pin(sleep_until(until))).as_mut().poll(context)
    }
}

/// What the system does for us. A system that can't is no reason to refuse a client.
fn arrange(stream: &TcpStream, limit: Duration) {
    // Events and messages are small, and each is wanted now.
    let _ = stream.set_nodelay(true);
    let socket = SockRef::from(stream);
    let _ = socket.set_send_buffer_size(HELD);
    // Where it is known, the system gives up a client that takes nothing even after we have closed.
    #[cfg(target_os = "linux")]
    let _ = socket.set_tcp_user_timeout(Some(limit));
}

impl AsyncRead for Taken {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Taken {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watch(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.watch(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
