//! Headers that every answer carries. A page of another site can neither frame nor embed what the hub answers.

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

use super::caller::Caller;

/// What is set unless a handler knows better.
const HEADERS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
];

/// For a year browsers come by TLS only. Said over TLS alone: a hub that speaks without can't promise it, and the proxy
/// before one says it itself.
const STRICT_TRANSPORT: &str = "max-age=31536000";

/// Adds them.
pub(super) async fn harden(request: Request, next: Next) -> Response {
    let is_secure = Caller::of(request.extensions()).is_secure;
    let mut answer = next.run(request).await;
    let headers = answer.headers_mut();
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if is_secure {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(STRICT_TRANSPORT));
    }
    answer
}
