//! A model number: letters, digits, and what follows.

/// `n4020` is n, 4020 and nothing; `1135g7` is nothing, 1135 and g7.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Model<'a> {
    pub(super) prefix: &'a str,
    pub(super) number: u32,
    pub(super) suffix: &'a str,
}

impl<'a> Model<'a> {
    /// `None` for a word without digits, or with more of them than any processor has.
    pub(super) fn read(word: &'a str) -> Option<Self> {
        let start = word.find(|letter: char| letter.is_ascii_digit())?;
        let (prefix, rest) = word.split_at(start);
        let end = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
        let (digits, suffix) = rest.split_at(end);
        let number = digits.parse().ok().filter(|number| *number < 1_000_000)?;
        Some(Self { prefix, number, suffix })
    }

    /// The first of these words that is one.
    pub(super) fn first_of(words: &'a [String]) -> Option<Self> {
        words.iter().find_map(|word| Self::read(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_number_has_three_parts() {
        for (word, expected) in [
            ("8650u", Some(("", 8650, "u"))),
            ("n4020", Some(("n", 4020, ""))),
            ("1135g7", Some(("", 1135, "g7"))),
            ("7f52", Some(("", 7, "f52"))),
            ("x6425e", Some(("x", 6425, "e"))),
            ("core", None),
            ("12345678901234567890", None),
            ("", None),
        ] {
            let read = Model::read(word).map(|model| (model.prefix, model.number, model.suffix));
            assert_eq!(read, expected, "{word}");
        }
    }
}
