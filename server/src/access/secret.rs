//! Secrets that the hub makes, and how they are stored: by a hash that nobody can turn round, because they are long and
//! random.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::digest::sha256_hex;
use rand::{TryRngCore, rngs::OsRng};
use secrecy::{ExposeSecret, SecretString};

/// What an API token begins with, so that scanners of leaked secrets and people know one.
const API_TOKEN: &str = "ihub_";

/// Bytes of chance in a secret.
const BYTES: usize = 32;

/// A new secret of 256 random bits.
pub(super) fn make() -> SecretString {
    SecretString::from(URL_SAFE_NO_PAD.encode(random::<BYTES>()))
}

/// A new API token.
pub(super) fn make_api_token() -> SecretString {
    SecretString::from(format!("{API_TOKEN}{}", make().expose_secret()))
}

/// Whether it looks like an API token; access tokens never do.
pub(super) fn is_api_token(token: &str) -> bool {
    token.starts_with(API_TOKEN)
}

/// What is stored of a secret.
pub(super) fn fingerprint(secret: &str) -> String {
    sha256_hex(secret)
}

/// Random bytes of the operating system; a system without chance can keep no secret, and the process ends.
#[expect(clippy::expect_used, reason = "without random numbers there is no secret to go on with")]
pub(super) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    OsRng.try_fill_bytes(&mut bytes).expect("the operating system gives random numbers");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_secrets_are_the_same() {
        let (one, other) = (make(), make());
        assert_eq!(one.expose_secret().len(), 43);
        assert_ne!(one.expose_secret(), other.expose_secret());
        assert!(is_api_token(make_api_token().expose_secret()) && !is_api_token(one.expose_secret()));
    }

    #[test]
    fn a_fingerprint_is_the_sha_256_of_a_secret() {
        assert_eq!(fingerprint("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
