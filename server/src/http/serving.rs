//! Listening: connections in the clear or over TLS, and who is at their other end.

use std::{future::Future, io, net::SocketAddr};

use axum::{
    Router,
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use tokio::net::TcpListener;

use super::{Peer, Tls, tls::TlsListener};

impl Connected<IncomingStream<'_, TcpListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TcpListener>) -> Self {
        Self { address: *stream.remote_addr(), is_secure: false }
    }
}

impl Connected<IncomingStream<'_, TlsListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TlsListener>) -> Self {
        Self { address: *stream.remote_addr(), is_secure: true }
    }
}

/// Serves until `stopped`, and then until what runs is answered.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    tls: Option<Tls>,
    stopped: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    match tls {
        None => serve_on(listener, router, stopped).await,
        Some(tls) => serve_on(TlsListener::new(listener, tls), router, stopped).await,
    }
}

async fn serve_on<L>(listener: L, router: Router, stopped: impl Future<Output = ()> + Send + 'static) -> io::Result<()>
where
    L: Listener<Addr = SocketAddr>,
    Peer: for<'a> Connected<IncomingStream<'a, L>>,
{
    let service = router.into_make_service_with_connect_info::<Peer>();
    axum::serve(listener, service).with_graceful_shutdown(stopped).await
}
