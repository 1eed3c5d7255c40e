//! A receiver of webhooks on loopback: it keeps what it is sent, and answers as it is told.

use std::{
    collections::{BTreeMap, VecDeque},
    net::Ipv4Addr,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{Response, StatusCode, header::LOCATION},
};
use serde_json::Value;
use server::sinks::{SigningKey, SinkLimits, SinkSettings, SlackSettings, WebhookSettings};
use tokio::{net::TcpListener, sync::Notify, task::JoinHandle};

/// Larger than any message.
const LARGEST: usize = 1 << 20;

/// How it answers.
#[derive(Clone, Debug)]
pub enum Reply {
    /// With this status.
    Status(u16),
    /// With a redirect to this address.
    Redirect(String),
    /// Never.
    Silence,
}

/// What it was sent.
#[derive(Clone, Debug)]
pub struct Call {
    /// The path of the URL.
    pub path: String,
    /// The headers.
    pub headers: BTreeMap<String, String>,
    /// The body as it came.
    pub body: Vec<u8>,
}

impl Call {
    /// The body, JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("no JSON: {error}"))
    }
}

#[derive(Debug, Default)]
struct Seen {
    calls: Mutex<Vec<Call>>,
    replies: Mutex<VecDeque<Reply>>,
    arrived: Notify,
}

/// A receiver; without other orders it answers 200.
#[derive(Debug)]
pub struct Receiver {
    seen: Arc<Seen>,
    port: u16,
    serving: JoinHandle<()>,
}

impl Receiver {
    /// Listens on a free port.
    #[expect(clippy::disallowed_methods, reason = "the receiver ends with the test")]
    pub async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.unwrap_or_else(|error| panic!("no free port: {error}"));
        let port = listener.local_addr().map_or(0, |address| address.port());
        let seen = Arc::<Seen>::default();
        let router = Router::new().fallback(take).with_state(Arc::clone(&seen));
        let serving = tokio::spawn(async move {
            let served = axum::serve(listener, router).await;
            served.unwrap_or_else(|error| panic!("the receiver stopped: {error}"));
        });
        Self { seen, port, serving }
    }

    /// Where it listens, with a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.port)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Answers the next calls so, one each.
    pub fn reply(&self, replies: impl IntoIterator<Item = Reply>) {
        self.seen.replies.lock().unwrap_or_else(PoisonError::into_inner).extend(replies);
    }

    /// What it was sent so far.
    pub fn calls(&self) -> Vec<Call> {
        self.seen.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until it was called that often in all.
    pub async fn called(&self, times: usize) {
        loop {
            let arrived = self.seen.arrived.notified();
            if self.calls().len() >= times {
                return;
            }
            arrived.await;
        }
    }

    /// Alerts go to it as a signed webhook, with this key.
    pub fn as_webhook(&self, key: &str) -> SinkSettings {
        let webhook = WebhookSettings { url: self.url("hook").into(), signing_key: signing_key(key) };
        SinkSettings { webhook: Some(webhook), limits: allowed(), ..SinkSettings::default() }
    }

    /// Alerts go to it as to Slack.
    pub fn as_slack(&self) -> SinkSettings {
        let slack = SlackSettings { url: self.url("services/T0/B0/x").into() };
        SinkSettings { slack: Some(slack), limits: allowed(), ..SinkSettings::default() }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// A key that is long enough.
pub fn signing_key(text: &str) -> SigningKey {
    SigningKey::read(&text.into()).unwrap_or_else(|problem| panic!("{text} is no key: {problem:?}"))
}

/// Loopback is allowed.
pub fn allowed() -> SinkLimits {
    SinkLimits { allow_private: true, ..SinkLimits::default() }
}

async fn take(State(seen): State<Arc<Seen>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, LARGEST).await.unwrap_or_else(|error| panic!("a body that broke: {error}"));
    let text = |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = parts.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    let call = Call { path: parts.uri.path().to_owned(), headers, body: body.to_vec() };
    seen.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    seen.arrived.notify_waiters();
    let reply = seen.replies.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    answer(reply.unwrap_or(Reply::Status(200))).await
}

async fn answer(reply: Reply) -> Response<Body> {
    let (status, location) = match reply {
        Reply::Status(status) => (status, None),
        Reply::Redirect(to) => (307, Some(to)),
        Reply::Silence => std::future::pending().await,
    };
    let status = StatusCode::from_u16(status).unwrap_or_else(|error| panic!("no status: {error}"));
    let mut response = Response::builder().status(status);
    if let Some(location) = location {
        response = response.header(LOCATION, location);
    }
    response.body(Body::empty()).unwrap_or_else(|error| panic!("no answer: {error}"))
}
