//! Which hosts the hub answers for and which pages may talk to it, from Host, Origin and Sec-Fetch-Site.
//!
//! A hub without sign-in trusts everybody who can reach it, and a browser on the same machine can. So pages of other
//! sites are kept out: by Host (a name rebound to 127.0.0.1), by Origin (a WebSocket has no preflight), and by
//! Sec-Fetch-Site (a GET by an image or a script has no Origin).

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Uri, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};
use url::Url;

use super::{
    HttpOptions,
    answer::{Code, Refusal},
};

/// Answers 421 to requests for hosts that aren't ours, when only loopback is served.
pub(crate) async fn refuse_foreign_hosts(
    State(options): State<Arc<HttpOptions>>,
    request: Request,
    next: Next,
) -> Response {
    let host = authority(request.headers(), request.uri());
    if options.loopback_only && !host.is_some_and(|host| is_served(&host, &options)) {
        let message = "this hub answers on loopback only: use localhost, 127.0.0.1 or [::1], or allow the origin";
        return Refusal::new(Code::MisdirectedRequest, message).into_response();
    }
    next.run(request).await
}

/// Whether a GET may be answered: not when a browser says that a page of another origin caused it.
///
/// Without Sec-Fetch-Site it isn't a browser of this decade, or not a trustworthy address; then Origin, if any, decides.
pub(crate) fn may_read(headers: &HeaderMap, options: &HttpOptions) -> bool {
    match headers.get("sec-fetch-site").map(header::HeaderValue::as_bytes) {
        Some(b"same-origin" | b"none") => true,
        Some(_) => headers.contains_key(header::ORIGIN) && may_connect(headers, options),
        None => may_connect(headers, options),
    }
}

/// Whether a request's Origin is the host it was sent to, an allowed one, or absent (not a browser).
pub(crate) fn may_connect(headers: &HeaderMap, options: &HttpOptions) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let Some(origin) = origin.to_str().ok().and_then(|origin| Url::parse(origin).ok()) else { return false };
    let allowed = allowed_origins(options).any(|allowed| allowed.origin() == origin.origin());
    allowed || authority(headers, &Uri::default()).is_some_and(|host| is_same_host(&origin, &host))
}

fn is_same_host(origin: &Url, host: &Authority) -> bool {
    let default_port = match origin.scheme() {
        "http" => 80,
        "https" => 443,
        _ => return false,
    };
    origin.host_str().is_some_and(|name| name.eq_ignore_ascii_case(host.host()))
        && origin.port_or_known_default() == Some(host.port_u16().unwrap_or(default_port))
}

fn is_served(host: &Authority, options: &HttpOptions) -> bool {
    let name = host.host();
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        || allowed_origins(options).any(|origin| is_same_host(&origin, host))
}

fn allowed_origins(options: &HttpOptions) -> impl Iterator<Item = Url> {
    options.allowed_origins.iter().filter_map(|origin| Url::parse(origin).ok())
}

/// Host and port that the request is for; HTTP/2 has them in the URI.
fn authority(headers: &HeaderMap, uri: &Uri) -> Option<Authority> {
    let from_header = headers.get(header::HOST).and_then(|host| host.to_str().ok()?.parse().ok());
    from_header.or_else(|| uri.authority().cloned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> HttpOptions {
        HttpOptions { allowed_origins: vec!["https://hub.example.com".to_owned()], ..HttpOptions::default() }
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect::<HeaderMap>()
    }

    #[test]
    fn only_loopback_names_and_allowed_hosts_are_served() {
        for (host, served) in [
            ("localhost", true),
            ("LOCALHOST:5400", true),
            ("127.0.0.1:5400", true),
            ("127.9.9.9", true),
            ("[::1]:5400", true),
            ("hub.example.com", true),
            ("hub.example.com:8443", false),
            ("evil.example.com", false),
            ("localhost.evil.example.com", false),
            ("127.0.0.1.evil.example.com", false),
            ("10.0.0.1:5400", false),
            ("[::2]", false),
        ] {
            assert_eq!(is_served(&host.parse().unwrap(), &options()), served, "{host}");
        }
    }

    #[test]
    fn an_origin_must_be_the_host_itself_or_allowed() {
        for (origin, host, allowed) in [
            ("http://127.0.0.1:5400", "127.0.0.1:5400", true),
            ("http://localhost", "localhost:80", true),
            ("https://proxy.example", "proxy.example", true),
            ("http://[::1]:5400", "[::1]:5400", true),
            ("https://hub.example.com", "127.0.0.1:5400", true),
            ("https://hub.example.com:444", "127.0.0.1:5400", false),
            ("http://127.0.0.1:5401", "127.0.0.1:5400", false),
            ("http://localhost:5400", "127.0.0.1:5400", false),
            ("http://evil.example", "127.0.0.1:5400", false),
            ("null", "127.0.0.1:5400", false),
            ("file://", "127.0.0.1:5400", false),
        ] {
            let headers = headers(&[("origin", origin), ("host", host)]);
            assert_eq!(may_connect(&headers, &options()), allowed, "{origin} to {host}");
        }
    }

    #[test]
    fn a_get_caused_by_another_site_is_refused() {
        let host = ("host", "127.0.0.1:5400");
        for (pairs, allowed) in [
            (vec![host], true),
            (vec![host, ("sec-fetch-site", "same-origin")], true),
            (vec![host, ("sec-fetch-site", "none")], true),
            (vec![host, ("sec-fetch-site", "cross-site")], false),
            (vec![host, ("sec-fetch-site", "same-site")], false),
            (vec![host, ("sec-fetch-site", "cross-site"), ("origin", "https://hub.example.com")], true),
            (vec![host, ("origin", "http://evil.example")], false),
        ] {
            assert_eq!(may_read(&headers(&pairs), &options()), allowed, "{pairs:?}");
        }
    }
}
