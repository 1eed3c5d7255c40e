//! Access tokens: JSON Web Tokens (RFC 7519) signed by HMAC-SHA256, by `jsonwebtoken`.
//!
//! HS256 is the only algorithm, and the header is the only one that is ever issued. Time is the hub's: the crate would ask
//! the system. A token says which session it is of; who that is, and what they may, is read from the database at each
//! request.

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::AccessError;
use crate::signatures;

/// Who issues tokens (`iss`).
pub const ISSUER: &str = "inventory-hub";

/// Whom they are for (`aud`).
pub const AUDIENCE: &str = "inventory-hub/api";

/// How long an access token is good.
pub(super) const LIFETIME: TimeDelta = TimeDelta::minutes(15);

/// Bytes of an access token at most; ours have some 300.
const LONGEST: usize = 1024;

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Claims {
    iss: String,
    aud: String,
    /// The session.
    pub(super) sid: String,
    iat: i64,
    exp: i64,
}

impl Claims {
    pub(super) fn of(session_id: &str, now: DateTime<Utc>) -> Self {
        Self {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sid: session_id.to_owned(),
            iat: now.timestamp(),
            exp: (now + LIFETIME).timestamp(),
        }
    }

    fn is_good(&self, now: DateTime<Utc>) -> bool {
        self.exp > now.timestamp()
    }
}

/// Signs tokens and reads them.
#[derive(Clone)]
pub(super) struct Signer {
    ours: EncodingKey,
    theirs: DecodingKey,
}

impl Signer {
    pub(super) fn new(key: &SecretString) -> Self {
        signatures::install();
        let key = key.expose_secret().as_bytes();
        Self { ours: EncodingKey::from_secret(key), theirs: DecodingKey::from_secret(key) }
    }

    /// A token that says these claims, whatever they are.
    pub(super) fn seal(&self, claims: &impl Serialize) -> Result<SecretString, AccessError> {
        let token = encode(&Header::new(Algorithm::HS256), claims, &self.ours);
        token.map(SecretString::from).map_err(|error| AccessError::Signing(error.to_string()))
    }

    /// What a token says that we issued for this purpose. Its end is for the caller to compare with the hub's clock.
    pub(super) fn open<T: DeserializeOwned>(&self, token: &str, audience: &str) -> Option<T> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[audience]);
        (validation.validate_exp, validation.leeway) = (false, 0);
        let read = decode::<T>(token, &self.theirs, &validation).ok()?;
        (read.header == Header::new(Algorithm::HS256)).then_some(read.claims)
    }

    pub(super) fn sign(&self, claims: &Claims) -> Result<SecretString, AccessError> {
        self.seal(claims)
    }

    /// What a token says that is ours and has not expired.
    pub(super) fn read(&self, token: &str, now: DateTime<Utc>) -> Option<Claims> {
        self.read_ours(token).filter(|claims| claims.is_good(now))
    }

    /// The same, expired or not: who signs out may be late.
    pub(super) fn read_ours(&self, token: &str) -> Option<Claims> {
        Some(token).filter(|token| token.len() <= LONGEST).and_then(|token| self.open(token, AUDIENCE))
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use ring::hmac;
    use serde_json::{Value, json};

    use super::*;

    const KEY: &str = "a key of at least 32 characters!";

    fn signer() -> Signer {
        Signer::new(&SecretString::from(KEY))
    }

    fn token_of(session: &str) -> String {
        signer().sign(&Claims::of(session, noon())).unwrap().expose_secret().to_owned()
    }

    fn noon() -> DateTime<Utc> {
        "2026-03-02T12:00:00Z".parse().unwrap()
    }

    /// A token with any header and claims, signed by our key.
    fn forged(header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let algorithm = if header["alg"] == "HS512" { hmac::HMAC_SHA512 } else { hmac::HMAC_SHA256 };
        let signature = hmac::sign(&hmac::Key::new(algorithm, KEY.as_bytes()), signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn claims() -> Value {
        serde_json::to_value(Claims::of("s", noon())).unwrap()
    }

    fn with(name: &str, value: Value) -> Value {
        let mut claims = claims();
        claims[name] = value;
        claims
    }

    #[test]
    fn a_token_says_its_session_until_it_expires() {
        let token = token_of("s");
        for (minutes, seconds, good) in [(0, 0, true), (14, 59, true), (15, 0, false), (60, 0, false)] {
            let at = noon() + TimeDelta::minutes(minutes) + TimeDelta::seconds(seconds);
            assert_eq!(signer().read(&token, at).is_some_and(|claims| claims.sid == "s"), good, "{minutes}:{seconds}");
        }
        assert!(signer().read_ours(&token).is_some());
    }

    #[test]
    fn only_what_we_issue_is_read() {
        let ours = json!({"alg": "HS256", "typ": "JWT"});
        assert!(signer().read(&forged(&ours, &claims()), noon()).is_some(), "this is how a good one is made");
        for (header, claims) in [
            (json!({"alg": "none", "typ": "JWT"}), claims()),
            (json!({"alg": "HS512", "typ": "JWT"}), claims()),
            (json!({"alg": "RS256", "typ": "JWT"}), claims()),
            (json!({"alg": "HS256", "typ": "JWT", "kid": "../../dev/null"}), claims()),
            (json!({}), claims()),
            (ours.clone(), with("iss", json!("somebody"))),
            (ours.clone(), with("aud", json!("another hub"))),
            (ours.clone(), with("aud", json!([AUDIENCE]))),
            (ours.clone(), with("exp", json!("never"))),
            (ours.clone(), with("exp", Value::Null)),
            (ours.clone(), with("exp", json!(noon().timestamp()))),
            (ours.clone(), with("exp", json!(noon().timestamp() - 30))),
            (ours.clone(), json!({})),
            (ours.clone(), json!([])),
        ] {
            assert_eq!(signer().read(&forged(&header, &claims), noon()), None, "{header} {claims}");
        }
    }

    #[test]
    fn a_token_that_was_changed_or_signed_by_others_is_nobodys() {
        let token = token_of("s");
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let another = Signer::new(&SecretString::from("another key, as long as the first"));
        let others = another.sign(&Claims::of("s", noon())).unwrap().expose_secret().to_owned();
        let elsewhere = token_of("t");
        let swapped = format!("{signed}.{}", elsewhere.rsplit_once('.').unwrap().1);
        let long = format!("{}.{signature}", "a".repeat(2000));
        for bad in
            ["", ".", "..", "a.b.c", signed, &format!("{signed}."), &others, &swapped, &format!("{token}A"), &long]
        {
            assert_eq!(signer().read(bad, noon()), None, "{bad}");
        }
    }
}
