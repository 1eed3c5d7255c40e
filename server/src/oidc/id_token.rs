//! Whether an ID token is good: OpenID Connect Core 1.0, section 3.1.3.7, and nothing that it leaves open is let through.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{DecodingKey, Header, Validation, decode};
use sha2::{Digest, Sha256};

use super::{OidcSettings, claims::Claims, tenants::Tenants};

/// How far the issuer's clock and ours may be apart.
const APART: TimeDelta = TimeDelta::minutes(1);

/// How old a token may be that was asked for just now.
const OLDEST: TimeDelta = TimeDelta::minutes(10);

/// Characters of a subject at most, says the standard.
const LONGEST_SUBJECT: usize = 255;

/// What a token is measured by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected<'a> {
    pub(super) settings: &'a OidcSettings,
    pub(super) tenants: &'a Tenants,
    /// What the sign-in was begun with.
    pub(super) nonce: &'a str,
    /// What came with it.
    pub(super) access_token: Option<&'a str>,
    pub(super) now: DateTime<Utc>,
}

/// The claims of a token that this key signed; else which part is not good.
pub(super) fn read(token: &str, header: &Header, key: &DecodingKey) -> Result<Claims, &'static str> {
    let mut validation = Validation::new(header.alg);
    // Compared below, with the hub's clock, and as strictly as the standard lets us.
    validation.required_spec_claims.clear();
    (validation.validate_exp, validation.validate_aud) = (false, false);
    let read = decode::<Claims>(token, key, &validation);
    read.map(|read| read.claims).map_err(|_| "signature or claims")
}

/// Whether the claims are those of this sign-in.
pub(super) fn check(claims: &Claims, expected: Expected<'_>) -> Result<(), &'static str> {
    let client_id = expected.settings.client_id.as_str();
    expected.tenants.let_in(&expected.settings.issuer, &claims.iss, claims.tid.as_deref())?;
    if !claims.aud.is_only(client_id) {
        return Err("aud");
    }
    if claims.azp.as_deref().is_some_and(|party| party != client_id) {
        return Err("azp");
    }
    if claims.nonce.as_deref() != Some(expected.nonce) {
        return Err("nonce");
    }
    if claims.sub.is_empty() || claims.sub.len() > LONGEST_SUBJECT || claims.sub.contains('\0') {
        return Err("sub");
    }
    check_times(claims, expected.now)?;
    match (&claims.at_hash, expected.access_token) {
        (Some(hash), Some(token)) if *hash != half_hash(token) => Err("at_hash"),
        _ => Ok(()),
    }
}

fn check_times(claims: &Claims, now: DateTime<Utc>) -> Result<(), &'static str> {
    let (soon, just) = ((now + APART).timestamp(), (now - APART).timestamp());
    if claims.exp <= just {
        return Err("exp");
    }
    if claims.iat > soon || claims.iat < (now - OLDEST).timestamp() {
        return Err("iat");
    }
    if claims.nbf.is_some_and(|begin| begin > soon) { Err("nbf") } else { Ok(()) }
}

/// The left half of the hash of an access token; SHA-256 for every algorithm that is let through.
fn half_hash(token: &str) -> String {
    let hash = Sha256::digest(token.as_bytes());
    URL_SAFE_NO_PAD.encode(hash.get(..16).unwrap_or_default())
}
