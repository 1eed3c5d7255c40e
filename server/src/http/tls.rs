//! TLS by rustls with ring. The certificate is read again when its file changes, so that renewing it needs no restart.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio_rustls::TlsAcceptor;

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

    /// Who shakes hands with a new connection.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.current())
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
