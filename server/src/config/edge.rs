//! What people set about the hub's door: limits of documents and requests, who may ask how often, and TLS.

use std::{net::IpAddr, num::NonZeroU32, path::PathBuf, time::Duration};

use ipnet::IpNet;

use super::{ReadFile, error::ConfigError, values::Values};
use crate::{
    graphql::GraphqlLimits,
    http::{ConnectionLimits, Documents, HttpOptions, RateLimit, TrustedDocuments},
};

const MANIFEST: &str = "HUB_DOCUMENTS_MANIFEST";
const CERTIFICATE: &str = "HUB_TLS_CERTIFICATE";
const KEY: &str = "HUB_TLS_KEY";

/// The limits of the hub's door.
#[derive(Clone, Debug)]
pub struct EdgeSettings {
    /// What one document may ask and cost.
    pub limits: GraphqlLimits,
    /// Which documents are executed.
    pub documents: Documents,
    /// Operations in one JSON array (default 0: none are taken).
    pub batch_limit: usize,
    /// Whether answers have the statuses of the specification's first edition.
    pub precise_statuses: bool,
    /// Bytes of a request's body (default 262144).
    pub body_limit: usize,
    /// How long an operation may take (default 30 s).
    pub request_timeout: Duration,
    /// How long a client may dawdle (default 10 s over its headers, 30 s taking nothing), and how many there may be
    /// (default 4096).
    pub connections: ConnectionLimits,
    /// Whether browsers get the playground (default yes).
    pub playground: bool,
    /// How often one client may ask (default: nobody is counted).
    pub rate_limit: Option<RateLimit>,
    /// How often one user or API token may ask, where people sign in (default: nobody is counted).
    pub principal_rate_limit: Option<RateLimit>,
    /// Proxies that are believed when they say for whom they ask (default none).
    pub trusted_proxies: Vec<IpNet>,
    /// The certificate and its key (default: no TLS).
    pub tls: Option<TlsFiles>,
}

/// A certificate chain and its private key, both in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The chain, the server's own certificate first.
    pub certificate: PathBuf,
    /// The key.
    pub key: PathBuf,
}

impl EdgeSettings {
    pub(super) fn read(values: &Values, read_file: ReadFile<'_>) -> Result<Self, ConfigError> {
        let usual = HttpOptions::default();
        let seconds = values.number("HUB_REQUEST_TIMEOUT_SECONDS", 1..=3_600)?;
        Ok(Self {
            limits: limits(values)?,
            documents: documents(values, read_file)?,
            batch_limit: values.number("HUB_BATCH_LIMIT", 0..=100)?.unwrap_or(usual.batch_limit),
            precise_statuses: values.switch("HUB_PRECISE_STATUSES")?.unwrap_or(usual.precise_statuses),
            body_limit: values.number("HUB_BODY_LIMIT", 1_024..=16_777_216)?.unwrap_or(usual.body_limit),
            request_timeout: seconds.map_or(usual.request_timeout, Duration::from_secs),
            connections: connections(values)?,
            playground: values.switch("HUB_PLAYGROUND")?.unwrap_or(usual.playground),
            rate_limit: rate_limit(values, "HUB_RATE_LIMIT")?,
            principal_rate_limit: rate_limit(values, "HUB_RATE_LIMIT_PER_USER")?,
            trusted_proxies: trusted_proxies(values)?,
            tls: tls(values)?,
        })
    }
}

fn limits(values: &Values) -> Result<GraphqlLimits, ConfigError> {
    let usual = GraphqlLimits::default();
    Ok(GraphqlLimits {
        selections: values.number("HUB_MAX_SELECTIONS", 1..=1_000_000)?.unwrap_or(usual.selections),
        depth: values.number("HUB_MAX_DEPTH", 1..=32)?.unwrap_or(usual.depth),
        complexity: values.number("HUB_MAX_COMPLEXITY", 1..=10_000_000)?.unwrap_or(usual.complexity),
        aliases: values.number("HUB_MAX_ALIASES", 0..=1_000_000)?.unwrap_or(usual.aliases),
        directives: values.number("HUB_MAX_DIRECTIVES", 0..=1_000_000)?.unwrap_or(usual.directives),
        introspection: values.switch("HUB_INTROSPECTION")?.unwrap_or(usual.introspection),
    })
}

fn connections(values: &Values) -> Result<ConnectionLimits, ConfigError> {
    let usual = ConnectionLimits::default();
    let headers = values.number("HUB_HEADER_TIMEOUT_SECONDS", 1..=300)?;
    let writing = values.number("HUB_WRITE_TIMEOUT_SECONDS", 1..=3_600)?;
    Ok(ConnectionLimits {
        header_timeout: headers.map_or(usual.header_timeout, Duration::from_secs),
        write_timeout: writing.map_or(usual.write_timeout, Duration::from_secs),
        most: values.number("HUB_MAX_CONNECTIONS", 1..=1_000_000)?.unwrap_or(usual.most),
    })
}

/// `trusted-only` needs a manifest: without one nothing could be asked.
fn documents(values: &Values, read_file: ReadFile<'_>) -> Result<Documents, ConfigError> {
    let only = values.parsed("HUB_DOCUMENTS", "any or trusted-only", |text| match text {
        "any" => Some(false),
        "trusted-only" => Some(true),
        _ => None,
    })?;
    let kept = values.number("HUB_PERSISTED_QUERIES", 0..=100_000)?.unwrap_or(1_000);
    let trusted = match values.path(MANIFEST) {
        Some(path) => {
            let key = values.origin(MANIFEST);
            let text = read_file(&path).map_err(|source| ConfigError::Unreadable { key, path, source })?;
            let read = TrustedDocuments::read(&text);
            read.map_err(|problem| values.bad(MANIFEST, &format!("a file of documents by id ({problem})")))?
        }
        None if only == Some(true) => {
            let expected = "any, or trusted-only with a manifest in HUB_DOCUMENTS_MANIFEST";
            return Err(values.bad("HUB_DOCUMENTS", expected));
        }
        None => TrustedDocuments::default(),
    };
    Ok(if only == Some(true) { Documents::only(trusted) } else { Documents::any(trusted, kept) })
}

/// 0 operations a minute counts nobody.
fn rate_limit(values: &Values, name: &str) -> Result<Option<RateLimit>, ConfigError> {
    let per_minute = values.number(name, 0..=1_000_000)?.and_then(NonZeroU32::new);
    let burst = values.number("HUB_RATE_LIMIT_BURST", 1..=1_000_000)?.and_then(NonZeroU32::new);
    Ok(per_minute.map(|per_minute| RateLimit { per_minute, burst: burst.unwrap_or(per_minute) }))
}

fn trusted_proxies(values: &Values) -> Result<Vec<IpNet>, ConfigError> {
    const NAME: &str = "HUB_TRUSTED_PROXIES";
    let network = |text: &String| text.parse::<IpNet>().ok().or_else(|| Some(text.parse::<IpAddr>().ok()?.into()));
    let networks: Option<Vec<IpNet>> = values.list(NAME)?.iter().map(network).collect();
    networks.ok_or_else(|| values.bad(NAME, "addresses or networks, such as 127.0.0.1 or 10.0.0.0/8"))
}

fn tls(values: &Values) -> Result<Option<TlsFiles>, ConfigError> {
    match (values.path(CERTIFICATE), values.path(KEY)) {
        (None, None) => Ok(None),
        (Some(certificate), Some(key)) => Ok(Some(TlsFiles { certificate, key })),
        (certificate, _) => {
            let missing = if certificate.is_none() { CERTIFICATE } else { KEY };
            Err(ConfigError::HalfOfTls { missing })
        }
    }
}
