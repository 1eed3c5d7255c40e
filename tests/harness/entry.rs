//! A front door whose connections are watched as such: no client that keeps them, terms of their own.

use std::{io, net::Ipv4Addr, path::Path, sync::Arc};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName};
use server::{
    export::Exporter,
    graphql::{Api, GraphqlLimits},
    http::{self, ConnectionLimits, HttpOptions, Terms, Tls},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpSocket},
    task::JoinHandle,
};
use tokio_rustls::TlsConnector;

use crate::{LONG, World};

/// Bytes to and fro, in the clear or not.
pub trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Wire for S {}

/// A front door for connections; it closes when it is dropped.
#[derive(Debug)]
pub struct Entry {
    /// Where it answers: an address and a port.
    pub address: std::net::SocketAddr,
    trust: Option<Arc<ClientConfig>>,
    serving: JoinHandle<()>,
}

impl World {
    /// Another front door of this server, in the clear or over TLS, with these limits of connections.
    #[expect(clippy::disallowed_methods, reason = "the test's server ends with the test")]
    pub async fn entry(&self, limits: ConnectionLimits, secure: bool, options: HttpOptions) -> Entry {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.unwrap_or_else(|error| panic!("no address: {error}"));
        let address = listener.local_addr().unwrap_or_else(|error| panic!("no address: {error}"));
        let (tls, trust) = secure.then(|| certify(self.database.folder())).unzip();
        let api = Api::with_limits(self.inventory.clone(), GraphqlLimits::default());
        let exports = Arc::new(Exporter::new(api.clone(), self.inventory.clone()));
        let router = http::router(api, exports, options);
        let serving = tokio::spawn(async move {
            if let Err(error) = http::serve(listener, router, Terms { tls, limits }, std::future::pending()).await {
                panic!("the entry stopped serving: {error}");
            }
        });
        Entry { address, trust, serving }
    }
}

impl Entry {
    /// A connection that has said nothing of HTTP yet.
    pub async fn connect(&self) -> Box<dyn Wire> {
        let socket = TcpSocket::new_v4().unwrap_or_else(|error| panic!("no socket: {error}"));
        // What is not read is soon too much.
        socket.set_recv_buffer_size(4096).unwrap_or_else(|error| panic!("no small buffer: {error}"));
        let stream = socket.connect(self.address).await.unwrap_or_else(|error| panic!("no connection: {error}"));
        let Some(trust) = &self.trust else { return Box::new(stream) };
        let name = ServerName::try_from("localhost").unwrap_or_else(|error| panic!("no name: {error}"));
        let secured = TlsConnector::from(Arc::clone(trust)).connect(name, stream).await;
        Box::new(secured.unwrap_or_else(|error| panic!("no TLS: {error}")))
    }

    /// Asks with a new connection that is closed then; the whole answer.
    pub async fn ask(&self, path: &str) -> String {
        let mut wire = self.connect().await;
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        wire.write_all(request.as_bytes()).await.unwrap_or_else(|error| panic!("nothing is taken: {error}"));
        wire.flush().await.unwrap_or_else(|error| panic!("nothing is taken: {error}"));
        let (text, ended) = rest_of(&mut *wire).await;
        assert!(ended.is_ok(), "{path} broke off: {ended:?} after {text}");
        text
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// What still comes until the other end closes, and how it does. Panics where it does not.
pub async fn rest_of(wire: &mut dyn Wire) -> (String, io::Result<usize>) {
    let mut bytes = Vec::new();
    let reading = tokio::time::timeout(LONG, wire.read_to_end(&mut bytes)).await;
    let ended = reading.unwrap_or_else(|_| panic!("the connection is kept open: {}", String::from_utf8_lossy(&bytes)));
    (String::from_utf8_lossy(&bytes).into_owned(), ended)
}

/// A new certificate in a folder, and who trusts it alone.
fn certify(folder: &Path) -> (Tls, Arc<ClientConfig>) {
    let made = generate_simple_self_signed(vec!["localhost".to_owned()]);
    let CertifiedKey { cert, signing_key } = made.unwrap_or_else(|error| panic!("no certificate: {error}"));
    let (certificate, key) = (folder.join("entry.pem"), folder.join("entry-key.pem"));
    for (path, text) in [(&certificate, cert.pem()), (&key, signing_key.serialize_pem())] {
        std::fs::write(path, text).unwrap_or_else(|error| panic!("{} can't be written: {error}", path.display()));
    }
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap_or_else(|error| panic!("the certificate is none: {error}"));
    let client = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let client = client.with_safe_default_protocol_versions().unwrap_or_else(|error| panic!("no TLS: {error}"));
    let client = client.with_root_certificates(roots).with_no_client_auth();
    let tls = Tls::load(certificate, key).unwrap_or_else(|error| panic!("no TLS: {error}"));
    (tls, Arc::new(client))
}
