//! Every request has an id, a span that its log lines and its trace are in, and is counted.

use std::{sync::Arc, time::Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use tracing::{Instrument, Span, field::Empty, info_span};
use uuid::Uuid;

use super::{HttpOptions, caller::Caller};
use crate::telemetry;

/// The header that carries the id, in a request and in its answer.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What a request is counted under that no route is for.
const NO_ROUTE: &str = "none";

/// Names the request, follows it to its answer, and counts it.
pub(super) async fn follow(State(options): State<Arc<HttpOptions>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let route = request.extensions().get::<MatchedPath>().map_or(NO_ROUTE, MatchedPath::as_str).to_owned();
    let method = request.method().clone();
    let id = id_of(request.headers());
    let span = span(&format!("{method} {route}"), &id);
    if let Some(address) = Caller::of(request.extensions()).address {
        span.record("client.address", tracing::field::display(address));
    }
    telemetry::continue_trace(&span, request.headers());
    let mut answer = next.run(request).instrument(span.clone()).await;
    let status = answer.status().as_u16();
    span.record("http.response.status_code", status);
    options.metrics.request_answered(&route, method.as_str(), status, started.elapsed());
    span.in_scope(|| tracing::debug!(status, took_ms = started.elapsed().as_millis(), "answered"));
    if let Ok(id) = HeaderValue::from_str(&id) {
        answer.headers_mut().insert(REQUEST_ID, id);
    }
    answer
}

fn span(name: &str, id: &str) -> Span {
    info_span!(
        "request",
        otel.name = name,
        otel.kind = "server",
        request_id = id,
        client.address = Empty,
        http.response.status_code = Empty
    )
}

/// The id that the client, or a proxy before us, gave; a new one where it gave none that is fit to be logged.
fn id_of(headers: &HeaderMap) -> String {
    let given = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok());
    let is_fit = |id: &&str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        (1..=64).contains(&id.len()) && id.bytes().all(plain)
    };
    given.filter(is_fit).map_or_else(|| Uuid::new_v4().simple().to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_is_fit_is_kept_and_any_other_is_replaced() {
        let id = |given: &str| {
            let headers = HeaderMap::from_iter([(REQUEST_ID, HeaderValue::from_str(given).unwrap())]);
            id_of(&headers)
        };
        assert_eq!(id("from-proxy_1.2"), "from-proxy_1.2");
        for unfit in ["", "a b", "<script>", "line\tend", &"x".repeat(65)] {
            let replaced = id(unfit);
            assert_eq!((replaced.len(), replaced.contains(unfit) && !unfit.is_empty()), (32, false), "{unfit}");
        }
    }
}
