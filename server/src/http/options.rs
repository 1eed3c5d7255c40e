//! The limits of the HTTP side, all settable, with defaults that suit a hub without sign-in on one machine.

use std::{sync::Arc, time::Duration};

use domain::clock::Clock;
use ipnet::IpNet;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use url::Url;

use super::{Documents, IssuerSignIn, RateLimit, SignIn, Watched, hook::WebhookOptions};
use crate::{clock::SystemClock, metrics::Metrics};

/// How the hub's HTTP side behaves.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// Largest request body in bytes; a larger one is answered 413.
    pub body_limit: usize,
    /// How long a client may take to send its body; then 408.
    pub body_timeout: Duration,
    /// Operations accepted in one JSON array; 0 refuses arrays. More are answered 400.
    pub batch_limit: usize,
    /// Whether `application/graphql-response+json` is answered by the statuses of the specification's first edition
    /// (September 2026): 422 for a document or variables that do not fit, 294 for data with errors.
    pub precise_statuses: bool,
    /// How long a query or mutation may run. Then its execution is dropped (with it, its SQL) and the error code is
    /// `TIMEOUT`.
    pub request_timeout: Duration,
    /// Answer only requests whose Host is a loopback name or address, or the host of an allowed origin; others get 421.
    /// Without this check a web page could reach a loopback server by rebinding its own name to 127.0.0.1.
    pub loopback_only: bool,
    /// Origins such as `https://hub.example.com` that browsers may come from, beside the origin that the request's own
    /// Host names. A reverse proxy's public origin belongs here; with `loopback_only` its host is accepted too. Pages of
    /// these origins may read answers (CORS).
    pub allowed_origins: Vec<String>,
    /// Proxies that are believed when they say for whom they ask (`Forwarded`, `X-Forwarded-For`).
    pub trusted_proxies: Vec<IpNet>,
    /// How often one client may ask; `None` counts nobody.
    pub rate_limit: Option<RateLimit>,
    /// How often one user or API token may ask, wherever from; `None` counts nobody. Without sign-in it counts nobody.
    pub principal_rate_limit: Option<RateLimit>,
    /// Which documents are executed, and which are kept by their hash.
    pub documents: Documents,
    /// The schema in GraphQL's own language, for `GET /schema.graphql`; `None` answers it with 404.
    pub schema: Option<Arc<str>>,
    /// Time, for what counts in time.
    pub clock: Arc<dyn Clock>,
    /// Whether browsers get the playground at `GET /graphql`.
    pub playground: bool,
    /// The webhooks that vendors may call; `None` answers their addresses with 404.
    pub webhooks: Option<WebhookOptions>,
    /// Who knows who may come in; without, everybody may do everything, and only loopback should be listened on.
    pub sign_in: Option<Arc<dyn SignIn>>,
    /// Who knows whom an OpenID Connect issuer vouches for; without, its addresses do not exist.
    pub issuer: Option<Arc<dyn IssuerSignIn>>,
    /// Where browsers reach the hub, without a path; `None` where nobody said. Cookies are for TLS alone if it is https.
    pub public_url: Option<Url>,
    /// Limits of one WebSocket.
    pub websocket: WebSocketOptions,
    /// Cancelled when the server stops: subscriptions end at once, other operations are finished, and their WebSockets are
    /// then closed with 1001.
    pub stop: CancellationToken,
    /// The open WebSockets: an orderly stop waits for their goodbye.
    pub sockets: TaskTracker,
    /// Where requests and operations are counted.
    pub metrics: Metrics,
    /// Who answers `/readyz` and `/metrics`; without, these addresses do not exist.
    pub watched: Option<Arc<dyn Watched>>,
}

/// Limits of one WebSocket connection.
#[derive(Clone, Debug)]
pub struct WebSocketOptions {
    /// How long a client may take to send `connection_init`; then close code 4408.
    pub init_timeout: Duration,
    /// Largest message in bytes; a larger one closes the connection with 1009.
    pub message_limit: usize,
    /// Operations that may run at once; one more is answered with an `error` message of code `TOO_MANY_OPERATIONS`.
    pub operation_limit: usize,
    /// A ping goes out this often; a peer that sent nothing since the last one, or that reads nothing for as long, is
    /// cut off.
    pub keep_alive: Duration,
    /// How often it is found out again who is behind a connection; who is not let in any more is cut off with 4403.
    pub identify_again: Duration,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            body_limit: 256 * 1024,
            body_timeout: Duration::from_secs(10),
            batch_limit: 0,
            precise_statuses: false,
            request_timeout: Duration::from_secs(30),
            loopback_only: true,
            allowed_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            rate_limit: None,
            principal_rate_limit: None,
            documents: Documents::default(),
            schema: None,
            clock: Arc::new(SystemClock),
            playground: true,
            webhooks: None,
            sign_in: None,
            issuer: None,
            public_url: None,
            websocket: WebSocketOptions::default(),
            stop: CancellationToken::new(),
            sockets: TaskTracker::new(),
            metrics: Metrics::default(),
            watched: None,
        }
    }
}

impl Default for WebSocketOptions {
    fn default() -> Self {
        Self {
            init_timeout: Duration::from_secs(10),
            message_limit: 256 * 1024,
            operation_limit: 50,
            keep_alive: Duration::from_secs(25),
            identify_again: Duration::from_secs(10),
        }
    }
}
