//! 64-bit, in any spelling.

use super::{
    Finding, Requirement,
    finding::{Advice, said},
};

const WORDS_OF_32_BITS: [&str; 6] = ["x86", "i386", "i486", "i586", "i686", "arm"];

/// Judges the architecture of the installed system.
pub(super) fn judge(architecture: Option<&str>) -> Finding {
    let Some(text) = said(architecture) else {
        return unknown(None, "no architecture was reported");
    };
    match is_64_bit(text) {
        Some(true) => Finding::met(Requirement::Architecture, text),
        Some(false) => Finding::not_met(
            Requirement::Architecture,
            text,
            Advice::new(
                "the installed Windows is 32-bit",
                "No 32-bit Windows can be upgraded to Windows 11: save the data and install 64-bit Windows 11 anew, if the \
                 other requirements are met.",
            ),
        ),
        None => unknown(Some(text), "the reported architecture says neither 32-bit nor 64-bit"),
    }
}

fn unknown(value: Option<&str>, reason: &str) -> Finding {
    let remedy = "Let the agent take a new inventory of the device, or look under Settings, System, About.";
    Finding::not_enough_data(Requirement::Architecture, value, Advice::new(reason, remedy))
}

/// `x86_64` and `ARM64` are 64-bit although `x86` and `arm` by themselves are not.
fn is_64_bit(text: &str) -> Option<bool> {
    let folded = crate::text::fold(text);
    match (folded.contains("64"), folded.contains("32")) {
        (true, true) => None,
        (true, false) => Some(true),
        (false, true) => Some(false),
        (false, false) => WORDS_OF_32_BITS.iter().any(|word| folded.contains(word)).then_some(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::windows11::Outcome::{Met, NotEnoughData, NotMet};

    #[test]
    fn any_spelling_of_64_bit_is_understood() {
        for (text, expected) in [
            ("64-bit", Met),
            ("64 bit", Met),
            ("64-Bit", Met),
            ("64 位", Met),
            ("x64", Met),
            ("X64-based PC", Met),
            ("AMD64", Met),
            ("amd64", Met),
            ("x86_64", Met),
            ("x86-64", Met),
            ("ARM64", Met),
            ("aarch64", Met),
            ("32-bit", NotMet),
            ("x86", NotMet),
            ("i686", NotMet),
            ("ARM", NotMet),
            ("32-bit on x64", NotEnoughData),
            ("unknown", NotEnoughData),
            (" ", NotEnoughData),
        ] {
            assert_eq!(judge(Some(text)).outcome, expected, "{text}");
        }
        assert_eq!(judge(None).outcome, NotEnoughData);
    }
}
