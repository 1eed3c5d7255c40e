//! Whether a client has already what it asks for (`ETag`, `If-None-Match`).

use axum::http::{HeaderMap, header};
use domain::digest::sha256_hex;

/// A weak tag of this content: compressed or not, it is the same.
pub(crate) fn of(content: &[u8]) -> String {
    format!("W/\"{}\"", &sha256_hex(content)[..32])
}

/// The tags that the client says it has; `*` is every one.
pub(crate) fn told(headers: &HeaderMap) -> Vec<String> {
    let told = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    told.flat_map(|value| value.split(',')).map(|tag| tag.trim().to_owned()).collect()
}

/// Whether this tag is among those. They are compared weakly, as RFC 9110 asks for this header.
pub(crate) fn is_among(told: &[String], tag: &str) -> bool {
    let opaque = |tag: &str| tag.trim_start_matches("W/").to_owned();
    told.iter().any(|known| known == "*" || opaque(known) == opaque(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_known_when_the_client_names_it() {
        let tag = of(b"content");
        let strong = tag.trim_start_matches("W/").to_owned();
        for (given, expected) in [
            (tag.clone(), true),
            (strong, true),
            (format!("\"a\", {tag}"), true),
            ("*".to_owned(), true),
            (of(b""), false),
        ] {
            let headers = HeaderMap::from_iter([(header::IF_NONE_MATCH, given.parse().unwrap())]);
            assert_eq!(is_among(&told(&headers), &tag), expected, "{given}");
        }
        assert!(!is_among(&told(&HeaderMap::new()), &tag));
    }
}
