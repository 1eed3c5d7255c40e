//! Names of users and API tokens.

use crate::text::fold;

/// Characters of a name at most.
const LONGEST: usize = 100;

/// Who acts without being a user, folded: nobody else is recorded by these names.
const RESERVED: [&str; 4] = ["checks", "local operator", "first start", "(unknown)"];

/// Whether it can be a name: none that is reserved, and 1 to 100 characters, none of them a control character, no space at either end, and no `:`,
/// which stands before the names of API tokens in what is recorded.
pub fn is_plain_name(name: &str) -> bool {
    let length = name.chars().count();
    let plain = !name.chars().any(|character| character.is_control() || character == ':');
    let folded = folded_name(name);
    let is_free = !RESERVED.contains(&folded.as_str());
    (1..=LONGEST).contains(&length)
        && plain
        && name.trim() == name
        && is_free
        && (1..=LONGEST).contains(&folded.chars().count())
}

/// The name as it is compared: `Ann` and `ANN` are one user.
pub fn folded_name(name: &str) -> String {
    fold(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_the_same_are_one() {
        assert_eq!(folded_name("Ann.Lee"), folded_name("ANN.LEE"));
        assert_eq!(folded_name("ﬁona"), folded_name("FIONA"));
        assert_ne!(folded_name("ann"), folded_name("anna"));
    }

    #[test]
    fn a_name_is_plain() {
        for (name, plain) in [
            ("ann", true),
            ("Ann Lee", true),
            ("ann@example.com", true),
            ("", false),
            (" ann", false),
            ("an\nn", false),
            ("token: x", false),
            ("Checks", false),
            ("Ｃhecks", false),
            ("checks 2", true),
        ] {
            assert_eq!(is_plain_name(name), plain, "{name:?}");
        }
        assert!(is_plain_name(&"x".repeat(100)) && !is_plain_name(&"x".repeat(101)));
    }
}
