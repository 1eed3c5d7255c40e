//! Host names as keys (rules section 6).

use crate::text::fold;

/// How many characters of a host name NetBIOS keeps.
pub const NETBIOS_LENGTH: usize = 15;

/// The canonical host name: the text before the first `|`, then before the first `.`, trimmed and case-folded.
/// `None` when nothing is left: such a name matches nothing.
pub fn canonical(hostname: &str) -> Option<String> {
    let before = |text: &str, mark: char| text.split(mark).next().unwrap_or_default().trim().to_owned();
    let name = before(&before(&fold(hostname), '|'), '.');
    (!name.is_empty()).then_some(name)
}

/// A host name for people: cut like the canonical one, in the letters that the vendor sent.
pub fn short(hostname: &str) -> &str {
    let before = |text, mark| str::split(text, mark).next().unwrap_or_default().trim();
    before(before(hostname, '|'), '.')
}

/// The NetBIOS key: the first 15 characters of a canonical host name.
pub fn netbios(canonical: &str) -> String {
    canonical.chars().take(NETBIOS_LENGTH).collect()
}

/// Whether a canonical name has exactly the length at which NetBIOS cuts, and so may be a cut one.
pub fn may_be_cut(canonical: &str) -> bool {
    canonical.chars().count() == NETBIOS_LENGTH
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_is_cut_at_the_pipe_then_at_the_dot_then_folded() {
        for (received, expected) in [
            ("RECEPTION-PC | Marie Durand", Some("reception-pc")),
            ("Reception-PC.corp.example", Some("reception-pc")),
            ("  Mac.lan ", Some("mac")),
            ("HOST.a|b.c", Some("host")),
            ("STRASSE", Some("strasse")),
            ("Straße", Some("strasse")),
            ("ＦＵＬＬ", Some("full")),
            ("前台", Some("前台")),
            ("a\u{0}b\u{7}", Some("ab")),
            ("", None),
            ("   ", None),
            (" | nobody", None),
            (".local", None),
        ] {
            assert_eq!(canonical(received).as_deref(), expected, "{received:?}");
        }
    }

    #[test]
    fn a_short_name_keeps_its_letters() {
        assert_eq!(short(" Reception-PC.corp.example | Marie Durand"), "Reception-PC");
        assert_eq!(short(" | nobody"), "");
    }

    #[test]
    fn only_a_name_of_fifteen_characters_may_be_cut() {
        assert!(may_be_cut("accounting-srv-"));
        assert!(!may_be_cut("accounting-srv"));
        assert_eq!(netbios("accounting-srv-02"), "accounting-srv-");
    }

    proptest! {
        #[test]
        fn canonical_names_are_their_own_canonical_names(name in "\\PC{0,40}") {
            if let Some(once) = canonical(&name) {
                prop_assert_eq!(canonical(&once), Some(once));
            }
        }
    }
}
