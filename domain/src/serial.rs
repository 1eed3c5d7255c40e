//! Serial numbers as keys (rules section 6; placeholders from vendor-apis.md trap 17).

use crate::text::fold;

/// What firmware reports when nobody gave it a serial number, folded like a serial.
const PLACEHOLDERS: [&str; 22] = [
    "none",
    "null",
    "na",
    "n/a",
    "unknown",
    "default",
    "defaultstring",
    "systemserialnumber",
    "tobefilledbyo.e.m.",
    "tobefilledbyoem",
    "chassisserialnumber",
    "baseboardserialnumber",
    "notspecified",
    "notapplicable",
    "notavailable",
    "oem",
    "o.e.m.",
    "invalid",
    "123456789",
    "0123456789",
    "1234567890",
    "empty",
];

/// The key of a serial number: trimmed, case-folded, spaces and dashes removed. `None` for blanks, for placeholders and
/// for one character repeated (`000000`, `............`): such a serial says nothing about which machine it is.
pub fn key(serial: &str) -> Option<String> {
    let key: String = fold(serial).chars().filter(|c| !c.is_whitespace() && !is_dash(*c)).collect();
    let first = key.chars().next()?;
    let repeated = key.chars().all(|character| character == first);
    (!repeated && !PLACEHOLDERS.contains(&key.as_str())).then_some(key)
}

/// Hyphen-minus and its typographic relatives.
fn is_dash(character: char) -> bool {
    matches!(character, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_serial_give_one_key() {
        assert_eq!(key(" PF2C0000 "), key("pf2c-0000"));
        assert_eq!(key("VMware-56 4d aa bb"), key("vmware-564DAABB"));
    }

    #[test]
    fn placeholders_are_no_serial() {
        for placeholder in [
            "",
            " ",
            "0",
            "None",
            "SystemSerialNumber",
            "System Serial Number",
            "To Be Filled By O.E.M.",
            "Default string",
            "Chassis Serial Number",
            "0123456789",
            "123456789",
            "............",
            "00000000",
            "----",
        ] {
            assert_eq!(key(placeholder), None, "{placeholder:?}");
        }
    }
}
