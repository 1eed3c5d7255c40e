//! Listening: connections in the clear or over TLS, who is at their other end, and how long they may dawdle.
//!
//! By hyper itself, as `axum::serve` gives it no timer: a client that never ended its headers would stay for ever. Each
//! connection holds one of a limited number of places until its socket is closed, as a WebSocket too; who comes when all
//! are taken waits in the system's queue.

use std::{io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::ConnectInfo, http::Request, serve::Listener};
use hyper::{
    body::Incoming,
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use super::{Peer, Tls, taken::Taken};

/// On which terms connections are served.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// The certificate; without one all is said in the clear.
    pub tls: Option<Tls>,
    /// How long a client may dawdle, and how many there may be.
    pub limits: ConnectionLimits,
}

/// How long a client may dawdle, and how many there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// How long a TLS handshake may take, and how long the headers of a request from the moment they could come: a
    /// connection that is kept and asks nothing is closed after as long.
    pub header_timeout: Duration,
    /// How long a client may take nothing of what is sent to it; then its connection is reset. WebSockets have pings too.
    pub write_timeout: Duration,
    /// Connections at once.
    pub most: usize,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self { header_timeout: Duration::from_secs(10), write_timeout: Duration::from_secs(30), most: 4_096 }
    }
}

/// Serves until `stopped`, and then until what runs is answered. Dropped, it breaks everything off but WebSockets.
pub async fn serve(
    mut listener: TcpListener,
    router: Router,
    terms: Terms,
    stopped: impl Future<Output = ()>,
) -> io::Result<()> {
    let closing = CancellationToken::new();
    let host = Host { router: TowerToHyperService::new(router), terms, closing: closing.clone() };
    let places = Arc::new(Semaphore::new(host.terms.limits.most));
    let mut connections = JoinSet::new();
    let mut stopped = pin!(stopped);
    loop {
        tokio::select! {
            () = &mut stopped => break,
            Some(_ended) = connections.join_next() => {}
            come = next(&mut listener, &places) => if let Some((stream, address, place)) = come {
                connections.spawn(host.clone().receive(stream, address, place));
            },
        }
    }
    drop(listener);
    closing.cancel();
    while connections.join_next().await.is_some() {}
    Ok(())
}

/// Who comes next, once there is a place; `None` only if the places are gone.
async fn next(
    listener: &mut TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    // axum's way to accept: a connection that is lost meanwhile is nothing, too many open files are waited out.
    let (stream, address) = Listener::accept(listener).await;
    Some((stream, address, place))
}

/// What every connection works with.
#[derive(Clone)]
struct Host {
    router: TowerToHyperService<Router>,
    terms: Terms,
    closing: CancellationToken,
}

impl Host {
    async fn receive(self, stream: TcpStream, address: SocketAddr, place: OwnedSemaphorePermit) {
        let ConnectionLimits { header_timeout, write_timeout, .. } = self.terms.limits;
        let stream = Taken::new(stream, write_timeout, place);
        let Some(tls) = &self.terms.tls else {
            return self.converse(stream, Peer { address, is_secure: false }).await;
        };
        let shaken = tokio::select! {
            shaken = timeout(header_timeout, tls.acceptor().accept(stream)) => shaken,
            () = self.closing.cancelled() => return,
        };
        match shaken {
            Ok(Ok(stream)) => self.converse(stream, Peer { address, is_secure: true }).await,
            Ok(Err(error)) => tracing::debug!(%error, %address, "a TLS handshake failed"),
            Err(_elapsed) => tracing::debug!(%address, "a TLS handshake took too long"),
        }
    }

    async fn converse<S>(self, stream: S, peer: Peer)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let router = self.router;
        let answering = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            router.call(request.map(Body::new))
        });
        let mut builder = http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(self.terms.limits.header_timeout);
        let mut conversation = pin!(builder.serve_connection(TokioIo::new(stream), answering).with_upgrades());
        let ended = tokio::select! {
            ended = conversation.as_mut() => ended,
            () = self.closing.cancelled() => {
                conversation.as_mut().graceful_shutdown();
                conversation.await
            }
        };
        if let Err(error) = ended {
            tracing::trace!(%error, address = %peer.address, "a connection broke");
        }
    }
}
