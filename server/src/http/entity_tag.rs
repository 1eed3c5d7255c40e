//! Whether a client has already what it asks for (`ETag`, `If-None-Match`).

use std::fmt::Write as _;

use axum::http::{HeaderMap, header};
use sha2::{Digest, Sha256};

/// A weak tag of this content: compressed or not, it is the same.
pub(crate) fn of(content: &[u8]) -> String {
    let digest = Sha256::digest(content);
    let hex = digest.iter().take(16).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    format!("W/\"{hex}\"")
}

/// Whether the client has the content of this tag. Tags are compared weakly, as RFC 9110 asks for this header.
pub(crate) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    known.flat_map(|value| value.split(',')).any(|known| known.trim() == "*" || opaque(known) == opaque(tag))
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
            assert_eq!(is_known(&headers, &tag), expected, "{given}");
        }
        assert!(!is_known(&HeaderMap::new(), &tag));
    }
}
