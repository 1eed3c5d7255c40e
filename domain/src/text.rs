//! Folding of names: two spellings that a person takes for the same name give one key.

use caseless::Caseless;
use unicode_normalization::UnicodeNormalization;

/// Unicode compatibility normalisation and full case folding; control characters are dropped.
pub(crate) fn fold(text: &str) -> String {
    let characters = text.chars().filter(|character| !character.is_control());
    if text.is_ascii() {
        // The same as below for nearly every host name there is, in a fraction of the time.
        return characters.map(|character| character.to_ascii_lowercase()).collect();
    }
    characters.nfkc().default_case_fold().nfkc().collect()
}

/// The same with runs of white space made one space, and none at the ends. `None` when nothing is left.
pub(crate) fn fold_words(text: &str) -> Option<String> {
    let folded = fold(&text.replace(char::is_whitespace, " ")).split_whitespace().collect::<Vec<_>>().join(" ");
    (!folded.is_empty()).then_some(folded)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn plain_names_fold_as_all_others_do(text in "[\\x00-\\x7f]{0,40}") {
            let characters = text.chars().filter(|character| !character.is_control());
            prop_assert_eq!(fold(&text), characters.nfkc().default_case_fold().nfkc().collect::<String>());
        }
    }
}
