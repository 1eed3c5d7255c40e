//! Where a browser goes after sign-in: a place of the hub, and nowhere else. Who sends somebody a link to the hub's sign-in
//! must not choose the page that they see afterwards.

use url::{Position, Url};

/// Bytes of a place at most: it travels in a cookie.
const LONGEST: usize = 1000;

/// The place as it is written into `Location`; `None` for what is no place of the hub.
///
/// It is resolved as a browser would and written anew, so that what is looked at is what is sent.
pub(super) fn return_path(text: &str) -> Option<String> {
    let is_plain = text.len() <= LONGEST && text.chars().all(|character| character.is_ascii_graphic());
    if !is_plain || !text.starts_with('/') || text.contains('\\') {
        return None;
    }
    let here = Url::parse("https://hub.invalid/").ok()?;
    let place = here.join(text).ok().filter(|place| place.origin() == here.origin())?;
    let path = &place[Position::BeforePath..];
    // `//host` is another host, and resolving can make one: `/.//host`.
    (path.starts_with('/') && !path.starts_with("//")).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_places_of_the_hub_are_gone_to() {
        for (text, place) in [
            ("/", Some("/")),
            ("/graphql", Some("/graphql")),
            ("/graphql?query={viewer{name}}#top", Some("/graphql?query={viewer{name}}#top")),
            ("/a/../b", Some("/b")),
            ("/%2F%2Fevil.example", Some("/%2F%2Fevil.example")),
            ("/%5Cevil.example", Some("/%5Cevil.example")),
            ("/?to=//evil.example", Some("/?to=//evil.example")),
            ("", None),
            ("graphql", None),
            ("//evil.example", None),
            ("///evil.example", None),
            ("/\\evil.example", None),
            ("\\\\evil.example", None),
            ("/.//evil.example", None),
            ("/a/..//evil.example", None),
            ("/%2e//evil.example", None),
            ("/%2e%2e//evil.example", None),
            ("https://evil.example", None),
            ("https:evil.example", None),
            ("javascript:alert(1)", None),
            (" //evil.example", None),
            ("/\t/evil.example", None),
            ("/\n/evil.example", None),
            ("/\r\nSet-Cookie: a=b", None),
            ("/ü", None),
        ] {
            assert_eq!(return_path(text).as_deref(), place, "{text:?}");
        }
        assert!(return_path(&format!("/{}", "x".repeat(LONGEST))).is_none());
    }
}
