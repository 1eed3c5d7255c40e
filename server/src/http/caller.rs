//! Who asks: the client's address, which a trusted proxy may tell, and whether it came to us over TLS.
//!
//! What a client says of itself is believed of nobody else: the headers are read from the right, where the proxy next to
//! us wrote, and only as far as the addresses there are trusted ones.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderName, header},
    middleware::Next,
    response::Response,
};
use ipnet::IpNet;

use super::HttpOptions;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its address.
    pub address: SocketAddr,
    /// Whether it speaks TLS with us.
    pub is_secure: bool,
}

/// Who asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The client's address; `None` where the listener does not tell.
    pub(crate) address: Option<IpAddr>,
    /// Whether the connection to us is TLS.
    pub(crate) is_secure: bool,
}

impl Caller {
    /// Who asks with this request; known once [`recognise`] has seen it.
    pub(crate) fn of(extensions: &axum::http::Extensions) -> Self {
        extensions.get().copied().unwrap_or_default()
    }
}

/// Writes the caller into the request.
pub(super) async fn recognise(State(options): State<Arc<HttpOptions>>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<Peer>>().map(|ConnectInfo(peer)| *peer);
    let caller = peer.map_or_else(Caller::default, |peer| Caller {
        address: Some(client(peer.address.ip(), request.headers(), &options.trusted_proxies)),
        is_secure: peer.is_secure,
    });
    request.extensions_mut().insert(caller);
    next.run(request).await
}

/// The first address that is no trusted proxy's, from us to the client.
fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let mut client = peer.to_canonical();
    for told in told(headers).into_iter().rev() {
        let is_proxy = trusted.iter().any(|network| network.contains(&client));
        // What is no address ends the chain: nobody beyond it is known.
        let (true, Some(address)) = (is_proxy, told) else { break };
        client = address;
    }
    client
}

/// The addresses that the proxies told, the client's first. A proxy writes one of the two headers and lets the other through as the
/// client sent it, and nobody can tell which: where both are, nothing was told.
fn told(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let texts = |name: HeaderName| {
        headers.get_all(name).iter().flat_map(|value| value.to_str().unwrap_or_default().split(',').map(str::trim))
    };
    if headers.contains_key(header::FORWARDED) && headers.contains_key(FORWARDED_FOR) {
        return Vec::new();
    }
    if headers.contains_key(header::FORWARDED) {
        return texts(header::FORWARDED).map(|element| address(forwarded_for(element)?)).collect();
    }
    texts(FORWARDED_FOR).map(address).collect()
}

/// The value of `for` in an element such as `for="[2001:db8::1]:4711";proto=https`.
fn forwarded_for(element: &str) -> Option<&str> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then(|| value.trim().trim_matches('"'))
    })
}

/// An address, with or without brackets and port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse::<IpAddr>().ok().or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()));
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed_and_only_as_far_as_they_reach() {
        let trusted: Vec<IpNet> = ["10.0.0.0/8", "fd00::/8"].iter().map(|text| text.parse().unwrap()).collect();
        for (peer, name, value, expected) in [
            ("192.0.2.1", "x-forwarded-for", "198.51.100.7", "192.0.2.1"),
            ("10.0.0.1", "x-forwarded-for", "198.51.100.7", "198.51.100.7"),
            ("::ffff:10.0.0.1", "x-forwarded-for", "198.51.100.7", "198.51.100.7"),
            ("10.0.0.1", "x-forwarded-for", "1.2.3.4, 198.51.100.7", "198.51.100.7"),
            ("10.0.0.1", "x-forwarded-for", "198.51.100.7, 10.0.0.2", "198.51.100.7"),
            ("10.0.0.1", "x-forwarded-for", "198.51.100.7:5000", "198.51.100.7"),
            ("10.0.0.1", "x-forwarded-for", "198.51.100.7, unknown", "10.0.0.1"),
            ("10.0.0.1", "x-forwarded-for", "", "10.0.0.1"),
            ("10.0.0.1", "forwarded", "for=192.0.2.60;proto=https, For=\"[2001:db8::1]:4711\"", "2001:db8::1"),
            ("fd00::1", "forwarded", "for=192.0.2.60;proto=https, for=10.1.1.1", "192.0.2.60"),
            ("10.0.0.1", "forwarded", "for=_hidden", "10.0.0.1"),
            ("10.0.0.1", "accept", "*/*", "10.0.0.1"),
        ] {
            let headers = HeaderMap::from_iter([(
                HeaderName::from_bytes(name.as_bytes()).unwrap(),
                HeaderValue::from_str(value).unwrap(),
            )]);
            let found = client(peer.parse().unwrap(), &headers, &trusted);
            assert_eq!(found, expected.parse::<IpAddr>().unwrap(), "{peer}: {name}: {value}");
        }
    }

    #[test]
    fn a_client_can_not_speak_for_a_proxy_by_the_other_header() {
        let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap()];
        let headers = HeaderMap::from_iter([
            (FORWARDED_FOR, HeaderValue::from_static("198.51.100.7")),
            (header::FORWARDED, HeaderValue::from_static("for=192.0.2.60")),
        ]);
        assert_eq!(client("10.0.0.1".parse().unwrap(), &headers, &trusted), IpAddr::from([10, 0, 0, 1]));
    }
}
