//! Organization names as keys (rules section 6), and how alike two of them are. It decides nothing: which names are one
//! client is said by equal keys or by a person.

mod similarity;

pub use similarity::{Likeness, likeness};

use crate::text::fold;

/// The canonical organization name: trimmed, case-folded, runs of white space made one space.
/// `None` when nothing is left: a device of such an organization is in none.
pub fn canonical(name: &str) -> Option<String> {
    let name = fold(&name.replace(char::is_whitespace, " ")).split_whitespace().collect::<Vec<_>>().join(" ");
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_case_and_spaces_do_not_make_two_organizations() {
        for (received, expected) in [
            ("Müller & Söhne GmbH", Some("müller & söhne gmbh")),
            ("  MÜLLER  &\tSöhne\u{a0}GmbH ", Some("müller & söhne gmbh")),
            ("Northwind", Some("northwind")),
            (" \n ", None),
        ] {
            assert_eq!(canonical(received).as_deref(), expected, "{received:?}");
        }
    }
}
