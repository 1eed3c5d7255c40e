//! Folding of names: two spellings that a person takes for the same name give one key.

use caseless::Caseless;
use unicode_normalization::UnicodeNormalization;

/// Unicode compatibility normalisation and full case folding; control characters are dropped.
pub(crate) fn fold(text: &str) -> String {
    text.chars()
        .filter(|character| !character.is_control())
        .nfkc()
        .default_case_fold()
        .nfkc()
        .collect()
}
