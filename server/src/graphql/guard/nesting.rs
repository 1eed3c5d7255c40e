//! How deep a text nests brackets, without parsing it.

/// The deepest nesting of `{`, `[` and `(` outside strings and comments. A text that is no GraphQL gets some number.
pub(super) fn depth(text: &str) -> usize {
    let mut rest = text.as_bytes();
    let (mut open, mut deepest) = (0_usize, 0);
    while let Some(&byte) = rest.first() {
        match byte {
            b'{' | b'[' | b'(' => {
                open += 1;
                deepest = deepest.max(open);
            }
            b'}' | b']' | b')' => open = open.saturating_sub(1),
            b'"' => {
                rest = after_string(rest);
                continue;
            }
            b'#' => {
                rest = after_line(rest);
                continue;
            }
            _ => {}
        }
        rest = &rest[1..];
    }
    deepest
}

/// What follows the string that the text begins with; an unfinished plain string ends with its line.
fn after_string(text: &[u8]) -> &[u8] {
    if let Some(body) = text.strip_prefix(br#"""""#) {
        return after_block(body);
    }
    let mut rest = &text[1..];
    loop {
        match rest {
            [b'\\', _, tail @ ..] => rest = tail,
            [b'"' | b'\n' | b'\r', tail @ ..] => return tail,
            [_, tail @ ..] => rest = tail,
            [] => return rest,
        }
    }
}

fn after_block(mut rest: &[u8]) -> &[u8] {
    loop {
        match rest {
            [b'\\', b'"', b'"', b'"', tail @ ..] => rest = tail,
            [b'"', b'"', b'"', tail @ ..] => return tail,
            [_, tail @ ..] => rest = tail,
            [] => return rest,
        }
    }
}

fn after_line(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
    end.map_or(&[], |end| &text[end..])
}

#[cfg(test)]
mod tests {
    use super::depth;

    #[test]
    fn brackets_inside_strings_and_comments_do_not_count() {
        for (text, expected) in [
            ("{ a { b } c }", 2),
            (r#"{ a(b: "{{{{") }"#, 2),
            (r#"{ a(b: "\"{{{{") }"#, 2),
            ("{ a(b: \"\"\"{{ \\\"\"\" {{ \" {{\"\"\") }", 2),
            ("{ a # {{{{\n b }", 1),
            ("}}}{", 1),
            ("\"", 0),
            ("", 0),
        ] {
            assert_eq!(depth(text), expected, "{text}");
        }
    }

    #[test]
    fn an_unfinished_string_hides_nothing_after_its_line() {
        assert_eq!(depth("{ a(b: \"\n[[[["), 6);
    }
}
