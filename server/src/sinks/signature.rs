//! The signature of the webhook, as standardwebhooks.com has it, so that receivers find a library for it.

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use sha2::Sha256;

/// Before a key that is written in base64.
const PREFIX: &str = "whsec_";

/// A key with fewer bytes, or characters where it is a text, is guessed too easily.
const SHORTEST: usize = 16;

/// People lose the padding when they copy.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What the webhook is signed with.
#[derive(Clone, Debug)]
pub struct SigningKey(SecretSlice<u8>);

/// Why a text is no key. The text is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyProblem {
    /// What follows the prefix is no base64.
    NoBase64,
    /// What follows the prefix is too short.
    ShortBase64,
    /// It is too short.
    Short,
}

impl KeyProblem {
    /// What is expected instead.
    pub(crate) const fn expected(self) -> &'static str {
        match self {
            Self::NoBase64 => "base64 after `whsec_`, in its standard alphabet",
            Self::ShortBase64 => "the base64 of 16 bytes or more after `whsec_`",
            Self::Short => "at least 16 characters to sign with",
        }
    }
}

impl SigningKey {
    /// What follows `whsec_` in base64; a text without that prefix is taken byte for byte.
    pub fn read(text: &SecretString) -> Result<Self, KeyProblem> {
        let text = text.expose_secret();
        let bytes = match text.strip_prefix(PREFIX) {
            Some(coded) => {
                let bytes = LENIENT.decode(coded).map_err(|_| KeyProblem::NoBase64)?;
                if bytes.len() < SHORTEST {
                    return Err(KeyProblem::ShortBase64);
                }
                bytes
            }
            None if text.chars().count() < SHORTEST => return Err(KeyProblem::Short),
            None => text.as_bytes().to_vec(),
        };
        Ok(Self(bytes.into()))
    }
}

/// `v1,` and the base64 of HMAC-SHA256 over id, instant (seconds since 1970) and body, joined by full stops.
pub fn sign(key: &SigningKey, id: &str, timestamp: i64, body: &[u8]) -> String {
    // A key of any length will do; one that is longer than a block is hashed.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.0.expose_secret()) else { return String::new() };
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> SigningKey {
        SigningKey::read(&text.into()).unwrap()
    }

    /// The example of the Standard Webhooks specification.
    #[test]
    fn a_known_message_has_its_known_signature() {
        let body = br#"{"test": 2432232314}"#;
        let signature =
            sign(&key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn every_part_counts() {
        let of = |text: &str, id, at, body: &str| sign(&key(text), id, at, body.as_bytes());
        let (right, wrong) = ("a key of sixteen", "a kex of sixteen");
        let signature = of(right, "id", 1, "body");
        for other in [
            of(wrong, "id", 1, "body"),
            of(right, "ie", 1, "body"),
            of(right, "id", 2, "body"),
            of(right, "id", 1, "b"),
        ] {
            assert_ne!(other, signature);
        }
        assert_eq!(of(right, "id", 1, "body"), signature);
    }

    #[test]
    fn a_key_in_base64_is_its_bytes_or_no_key_at_all() {
        let of = |text: &str| SigningKey::read(&text.into()).map(|key| key.0.expose_secret().to_vec());
        let bytes = b"planted-planted-".to_vec();
        for (text, expected) in [
            ("whsec_cGxhbnRlZC1wbGFudGVkLQ==", Ok(bytes.clone())),
            ("whsec_cGxhbnRlZC1wbGFudGVkLQ", Ok(bytes.clone())),
            ("planted-planted-", Ok(bytes)),
            ("planted-planted", Err(KeyProblem::Short)),
            ("whsec_cGxhbnRlZC1wbGFudGVk", Err(KeyProblem::ShortBase64)),
            ("whsec_", Err(KeyProblem::ShortBase64)),
            // The alphabet of URLs.
            ("whsec_cGxhbnRlZC1wbGFudGVkLQ-_", Err(KeyProblem::NoBase64)),
            ("whsec_not a key, but a sentence", Err(KeyProblem::NoBase64)),
        ] {
            assert_eq!(of(text), expected, "{text}");
        }
    }
}
