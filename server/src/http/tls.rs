//! TLS by rustls with ring. The certificate is read again when its file changes, so that renewing it needs no restart.
//!
//! Handshakes go on beside each other and have an end: who says nothing keeps nobody waiting.

use std::{
    fmt, fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use axum::serve::Listener;
use futures::{
    StreamExt,
    future::{BoxFuture, FutureExt},
    stream::FuturesUnordered,
};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio::{
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// How long a client may take for its handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Handshakes at once; who comes meanwhile waits in the system's queue.
const MOST_HANDSHAKES: usize = 1024;

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file that can't be read, or holds no PEM.
    #[error("{} can't be read as PEM: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Certificate and key that don't fit each other, or that rustls refuses.
    #[error("certificate and key can't be used")]
    Unusable(#[source] rustls::Error),
}

/// When the two files were changed last.
type Changed = [Option<SystemTime>; 2];

/// The hub's certificate and key.
#[derive(Clone)]
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    loaded: Arc<Mutex<(Changed, Arc<ServerConfig>)>>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

impl Tls {
    /// Reads the certificate chain and its private key, both in PEM.
    pub fn load(certificate: PathBuf, key: PathBuf) -> Result<Self, TlsError> {
        let changed = changed(&certificate, &key);
        let config = read(&certificate, &key)?;
        Ok(Self { certificate, key, loaded: Arc::new(Mutex::new((changed, config))) })
    }

    /// The configuration of a new connection. New files that can't be used, such as half of a pair, are tried again when
    /// they change; until then the old ones hold.
    fn current(&self) -> Arc<ServerConfig> {
        let found = changed(&self.certificate, &self.key);
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if loaded.0 != found {
            loaded.0 = found;
            match read(&self.certificate, &self.key) {
                Ok(config) => {
                    tracing::info!("the certificate has changed and is used from now on");
                    loaded.1 = config;
                }
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "a changed certificate can't be used");
                }
            }
        }
        Arc::clone(&loaded.1)
    }
}

fn changed(certificate: &Path, key: &Path) -> Changed {
    [certificate, key].map(|path| fs::metadata(path).and_then(|file| file.modified()).ok())
}

fn read(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let unreadable = |path: &Path, reason: String| TlsError::Unreadable { path: path.to_owned(), reason };
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect);
    let chain = chain.map_err(|error| unreadable(certificate, error.to_string()))?;
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable(key, error.to_string()))?;
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(TlsError::Unusable)?;
    let mut config = builder.with_no_client_auth().with_single_cert(chain, secret).map_err(TlsError::Unusable)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

type Handshake = BoxFuture<'static, Option<(TlsStream<TcpStream>, SocketAddr)>>;

/// Accepts connections and gives them on once their handshake is done.
pub(super) struct TlsListener {
    listener: TcpListener,
    tls: Tls,
    handshakes: FuturesUnordered<Handshake>,
}

impl TlsListener {
    pub(super) fn new(listener: TcpListener, tls: Tls) -> Self {
        Self { listener, tls, handshakes: FuturesUnordered::new() }
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let has_room = self.handshakes.len() < MOST_HANDSHAKES;
            tokio::select! {
                Some(shaken) = self.handshakes.next() => if let Some(connection) = shaken {
                    return connection;
                },
                (stream, address) = Listener::accept(&mut self.listener), if has_room => {
                    self.handshakes.push(shake(TlsAcceptor::from(self.tls.current()), stream, address).boxed());
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

async fn shake(
    acceptor: TlsAcceptor,
    stream: TcpStream,
    address: SocketAddr,
) -> Option<(TlsStream<TcpStream>, SocketAddr)> {
    match timeout(HANDSHAKE, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => Some((stream, address)),
        Ok(Err(error)) => {
            tracing::debug!(%error, %address, "a TLS handshake failed");
            None
        }
        Err(_elapsed) => None,
    }
}
