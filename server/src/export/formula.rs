//! Texts that a spreadsheet would take for formulas.
//!
//! A CSV has no types: a host name such as `=HYPERLINK(…)` would run on the desk of whoever opens the file. Quotes do not
//! help, an apostrophe does: spreadsheets take the rest for text. Not only the beginning of a cell counts. Excel splits a
//! file at `;` or at tabs where the country's settings say so, and then at line breaks inside of quotes too, so each such
//! piece is a cell that may begin with a formula.

use std::borrow::Cow;

/// The text with an apostrophe before everything that could begin a formula; most texts come back as they are.
pub(super) fn harmless(text: &str) -> Cow<'_, str> {
    let mut safe = String::new();
    let (mut kept, mut may_begin) = (0, true);
    for (at, character) in text.char_indices() {
        if may_begin && begins_formula(character) || at == 0 && is_break(character) {
            safe.push_str(&text[kept..at]);
            safe.push('\'');
            kept = at;
            may_begin = is_break(character);
        } else {
            may_begin = is_break(character) || may_begin && is_overlooked(character);
        }
    }
    if kept == 0 && safe.is_empty() {
        return Cow::Borrowed(text);
    }
    safe.push_str(&text[kept..]);
    Cow::Owned(safe)
}

/// `=`, `+`, `-`, `@`, and their full-width and small forms, which some keyboards and programs treat alike.
fn begins_formula(character: char) -> bool {
    matches!(character, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '﹦' | '﹢' | '﹣' | '﹫')
}

/// Where a new cell may begin.
fn is_break(character: char) -> bool {
    matches!(character, '\t' | '\r' | '\n' | ';')
}

/// What a program may skip before it looks whether a cell is a formula.
fn is_overlooked(character: char) -> bool {
    let is_invisible = matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}');
    character.is_whitespace() || character.is_control() || is_invisible || character == '"'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_could_begin_a_formula_is_made_text() {
        for (text, safe) in [
            ("=HYPERLINK(\"http://evil\",\"x\")", "'=HYPERLINK(\"http://evil\",\"x\")"),
            ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
            ("-2+3", "'-2+3"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("＝1", "'＝1"),
            ("\t=1", "'\t'=1"),
            ("\r\n=1", "'\r\n'=1"),
            ("  =1", "  '=1"),
            ("\u{feff}=1", "\u{feff}'=1"),
            ("\"=1", "\"'=1"),
            ("a;=1", "a;'=1"),
            ("a\n- b", "a\n'- b"),
            ("==1", "'==1"),
        ] {
            assert_eq!(harmless(text), safe);
        }
    }

    #[test]
    fn other_texts_stay_as_they_are() {
        for text in ["", "PC-1", "a=b", "mail@example.com", "a; b", "'quoted'", "前台", "1+1", "a\nb", "x - y"] {
            assert!(matches!(harmless(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_piece_begins_with_a_formula_and_nothing_but_apostrophes_is_added(text in "[=+@;a \"'\t\r\n-]{0,12}") {
            let safe = harmless(&text);
            for piece in safe.split(is_break) {
                let first = piece.trim_start_matches(is_overlooked).chars().next();
                prop_assert!(!first.is_some_and(begins_formula), "{safe:?}");
            }
            prop_assert!(!safe.starts_with(is_break));
            prop_assert_eq!(safe.replace('\'', ""), text.replace('\'', ""));
        }
    }
}
