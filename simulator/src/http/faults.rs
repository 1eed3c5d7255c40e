use std::io;
use std::time::SystemTime;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::paths::vendor_of;
use crate::simulator::Simulator;
use crate::switches::{Effect, RetryAfter, Tail, Vendor};
use crate::{ninja, threatlocker};

/// The simulator and the order to stop, which ends waits and streams.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) simulator: Simulator,
    pub(crate) stop: CancellationToken,
}

/// The layer that applies transport faults. Requests under way when the server stops are answered with 503.
pub(crate) async fn faults(State(site): State<Site>, request: Request, next: Next) -> Response {
    let stopped = site.stop.clone().cancelled_owned();
    tokio::select! {
        biased;
        () = stopped => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        response = strike(site, request, next) => response,
    }
}

async fn strike(site: Site, request: Request, next: Next) -> Response {
    let Some((vendor, path)) = vendor_of(request.uri().path()) else { return next.run(request).await };
    let strike = site.simulator.strike(vendor, &path);
    for gate in &strike.gates {
        gate.pass().await;
    }
    if !strike.delay.is_zero() {
        wait(strike.delay).await;
    }
    if let Some(effect) = strike.answer {
        return instead(vendor, &effect, site.stop);
    }
    let response = next.run(request).await;
    match strike.tail {
        None => response,
        Some(tail) => cut(response, tail).await,
    }
}

#[expect(clippy::disallowed_methods, reason = "the delay of a slow vendor is real time, asked for by a demonstration")]
async fn wait(delay: std::time::Duration) {
    tokio::time::sleep(delay).await;
}

fn instead(vendor: Vendor, effect: &Effect, stop: CancellationToken) -> Response {
    match *effect {
        Effect::Status(status) => {
            let code = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (code, as_json(), body_of(vendor, status).to_string()).into_response()
        }
        Effect::Throttled(again) => throttled(vendor, again),
        Effect::Html => {
            let page = "<html><body><h1>Too many requests</h1></body></html>";
            ([(CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
        }
        Effect::ErrorObject => (as_json(), error_object(vendor).to_string()).into_response(),
        Effect::InvalidJson => (as_json(), "[{\"id\": nonsense").into_response(),
        Effect::Oversize(bytes) => (as_json(), oversize(bytes, stop)).into_response(),
        // The others keep the true answer and never come here; an empty body is what is left.
        _ => (as_json(), "").into_response(),
    }
}

fn as_json() -> [(axum::http::HeaderName, &'static str); 1] {
    [(CONTENT_TYPE, "application/json")]
}

fn body_of(vendor: Vendor, status: u16) -> Value {
    match vendor {
        Vendor::Ninja => ninja::errors::body_of(status),
        Vendor::ThreatLocker => threatlocker::errors::body_of(status),
    }
}

fn error_object(vendor: Vendor) -> Value {
    match vendor {
        Vendor::Ninja => json!({"resultCode": "FAILURE", "errorMessage": "internal error", "errorDetails": {}}),
        Vendor::ThreatLocker => body_of(vendor, 500),
    }
}

fn throttled(vendor: Vendor, again: RetryAfter) -> Response {
    let mut response = (StatusCode::TOO_MANY_REQUESTS, as_json(), body_of(vendor, 429).to_string()).into_response();
    let value = match again {
        RetryAfter::Absent => None,
        RetryAfter::Seconds(seconds) => Some(HeaderValue::from(seconds)),
        RetryAfter::At(at) => HeaderValue::from_str(&httpdate::fmt_http_date(SystemTime::from(at))).ok(),
    };
    if let Some(value) = value {
        response.headers_mut().insert(RETRY_AFTER, value);
    }
    response
}

/// An empty JSON list of that many bytes, sent in pieces, never held in memory.
fn oversize(bytes: u64, stop: CancellationToken) -> Body {
    const PIECE: u64 = 64 * 1024;
    let blank = Bytes::from(vec![b' '; 64 * 1024]);
    let inner = bytes.saturating_sub(2);
    let pieces = (0..inner.div_ceil(PIECE)).map(move |number| {
        let length = usize::try_from(PIECE.min(inner - number * PIECE)).unwrap_or(0);
        Ok::<_, io::Error>(blank.slice(..length))
    });
    let ends = |text: &'static str| stream::iter([Ok(Bytes::from_static(text.as_bytes()))]);
    let whole = ends("[").chain(stream::iter(pieces)).chain(ends("]"));
    Body::from_stream(whole.take_until(stop.cancelled_owned()))
}

async fn cut(response: Response, tail: Tail) -> Response {
    let (mut parts, body) = response.into_parts();
    let whole = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let half = whole.slice(..whole.len() / 2);
    parts.headers.remove(CONTENT_LENGTH);
    let body = match tail {
        Tail::Truncated => Body::from(half),
        Tail::Broken => {
            let broken = io::Error::new(io::ErrorKind::ConnectionReset, "the simulated connection broke");
            Body::from_stream(stream::iter([Ok(half), Err(broken)]))
        }
    };
    Response::from_parts(parts, body)
}
