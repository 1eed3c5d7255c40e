//! The signature of the webhook, as standardwebhooks.com has it, so that receivers find a library for it.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// Before a key that is written in base64.
const PREFIX: &str = "whsec_";

/// `v1,` and the base64 of HMAC-SHA256 over id, instant (seconds since 1970) and body, joined by full stops. The key is what
/// follows `whsec_` in base64; a key without that prefix is taken byte for byte.
pub fn sign(key: &SecretString, id: &str, timestamp: i64, body: &[u8]) -> String {
    let text = key.expose_secret();
    let decoded = text.strip_prefix(PREFIX).and_then(|coded| STANDARD.decode(coded).ok());
    let key = decoded.as_deref().unwrap_or(text.as_bytes());
    // A key of any length will do; one that is longer than a block is hashed.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return String::new() };
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the Standard Webhooks specification.
    #[test]
    fn a_known_message_has_its_known_signature() {
        let key = SecretString::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let body = br#"{"test": 2432232314}"#;
        let signature = sign(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn every_part_counts() {
        let of = |key: &str, id, at, body: &str| sign(&SecretString::from(key), id, at, body.as_bytes());
        let signature = of("key", "id", 1, "body");
        for other in [
            of("kex", "id", 1, "body"),
            of("key", "ie", 1, "body"),
            of("key", "id", 2, "body"),
            of("key", "id", 1, "b"),
        ] {
            assert_ne!(other, signature);
        }
        assert_eq!(of("key", "id", 1, "body"), signature);
    }
}
