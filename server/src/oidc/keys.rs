//! The keys that an issuer signs with.

use jsonwebtoken::{
    Algorithm, DecodingKey, Header,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse},
};

/// What an ID token may be signed with. None of them can be mistaken for another: each has its own kind of key, or, RS256
/// and PS256, its own padding.
const ALLOWED: [Algorithm; 3] = [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256];

/// The key that a token with this header is signed with.
#[derive(Debug)]
pub(super) enum Found {
    /// This one.
    Key(Box<DecodingKey>),
    /// None of that name: the issuer may have made a new one.
    Unknown,
    /// No token that is signed so is ever good.
    Refused(&'static str),
}

/// Looks for the key.
pub(super) fn find(keys: &JwkSet, header: &Header) -> Found {
    if !ALLOWED.contains(&header.alg) {
        return Found::Refused("alg");
    }
    if header.crit.is_some() {
        return Found::Refused("crit");
    }
    let named = match &header.kid {
        Some(kid) => keys.find(kid),
        // Without a name there must be nothing to choose.
        None => match keys.keys.as_slice() {
            [only] => Some(only),
            _ => return Found::Refused("kid"),
        },
    };
    let Some(key) = named else { return Found::Unknown };
    match DecodingKey::from_jwk(key) {
        Ok(decoding) if fits(key, header.alg) => Found::Key(Box::new(decoding)),
        Ok(_) | Err(_) => Found::Refused("key"),
    }
}

fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    let common = &key.common;
    let signs = common.public_key_use.as_ref().is_none_or(|used| *used == PublicKeyUse::Signature);
    let is_meant = common.key_algorithm.is_none_or(|meant| meant == KeyAlgorithm::from(algorithm));
    let is_kind = match (&key.algorithm, algorithm) {
        (AlgorithmParameters::RSA(_), Algorithm::RS256 | Algorithm::PS256) => true,
        (AlgorithmParameters::EllipticCurve(key), Algorithm::ES256) => key.curve == EllipticCurve::P256,
        _ => false,
    };
    signs && is_meant && is_kind
}
