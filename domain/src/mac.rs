//! MAC addresses as keys (rules section 6; virtual prefixes from vendor-apis.md trap 19).

/// Prefixes that hypervisors, VPN clients and docks share between many hosts.
const VIRTUAL_PREFIXES: [&str; 9] =
    ["00155D", "005056", "000C29", "000569", "001C14", "080027", "00FF", "020054", "0A0027"];

/// The key of a MAC address: twelve upper-case hexadecimal digits without separators. `None` for anything else, and for
/// zero, broadcast, multicast, locally administered and well-known virtual addresses, which strangers share.
pub fn key(mac: &str) -> Option<String> {
    let key: String = mac
        .trim()
        .chars()
        .filter(|character| !matches!(character, ':' | '-' | '.' | ' '))
        .map(|character| character.to_ascii_uppercase())
        .collect();
    if key.len() != 12 || !key.chars().all(|character| character.is_ascii_hexdigit()) {
        return None;
    }
    let first = u8::from_str_radix(&key[..2], 16).ok()?;
    let shared = first & 0b11 != 0 || key == "000000000000";
    (!shared && !VIRTUAL_PREFIXES.iter().any(|prefix| key.starts_with(prefix))).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_address_give_one_key() {
        for spelling in ["a4:bb:6d:12:34:56", "A4-BB-6D-12-34-56", "a4bb.6d12.3456", " A4BB6D123456 "] {
            assert_eq!(key(spelling).as_deref(), Some("A4BB6D123456"), "{spelling}");
        }
    }

    #[test]
    fn addresses_that_strangers_share_are_no_key() {
        for shared in [
            "00:00:00:00:00:00",
            "FF:FF:FF:FF:FF:FF",
            "00:15:5D:00:00:01",
            "02:00:00:00:00:01",
            "01:00:5e:00:00:01",
            "00:50:56:aa:bb:cc",
            "",
            "no mac",
            "A4:BB:6D:12:34",
            "éééééé",
        ] {
            assert_eq!(key(shared), None, "{shared}");
        }
    }
}
