//! Access tokens: JSON Web Tokens (RFC 7519) signed by HMAC-SHA256.
//!
//! Written on `hmac`, which is here anyway, and not by a crate: the header is compared as a whole with the only one that is
//! ever issued, so that there is no algorithm to choose and none to be talked into. A token says which session it is of;
//! who that is, and what they may, is read from the database at each request.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// Who issues tokens (`iss`).
pub const ISSUER: &str = "inventory-hub";

/// Whom they are for (`aud`).
pub const AUDIENCE: &str = "inventory-hub/api";

/// How long an access token is good.
pub(super) const LIFETIME: TimeDelta = TimeDelta::minutes(15);

/// Bytes of a token at most; ours have some 300.
const LONGEST: usize = 1024;

const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

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
        self.is_ours() && self.exp > now.timestamp()
    }

    fn is_ours(&self) -> bool {
        self.iss == ISSUER && self.aud == AUDIENCE
    }
}

/// Signs tokens and reads them.
#[derive(Clone)]
pub(super) struct Signer(Option<Hmac<Sha256>>);

impl Signer {
    pub(super) fn new(key: &SecretString) -> Self {
        // HMAC takes a key of any length.
        Self(Hmac::new_from_slice(key.expose_secret().as_bytes()).ok())
    }

    pub(super) fn sign(&self, claims: &Claims) -> String {
        let claims = serde_json::to_vec(claims).unwrap_or_default();
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(HEADER), URL_SAFE_NO_PAD.encode(claims));
        let Some(mut mac) = self.0.clone() else { return String::new() };
        mac.update(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    }

    /// What a token says that is ours and has not expired.
    pub(super) fn read(&self, token: &str, now: DateTime<Utc>) -> Option<Claims> {
        self.read_ours(token).filter(|claims| claims.is_good(now))
    }

    /// The same, expired or not: who signs out may be late.
    pub(super) fn read_ours(&self, token: &str) -> Option<Claims> {
        let (signed, signature) = token.rsplit_once('.').filter(|_| token.len() <= LONGEST)?;
        let (header, claims) = signed.split_once('.')?;
        let mut mac = self.0.clone()?;
        mac.update(signed.as_bytes());
        mac.verify_slice(&URL_SAFE_NO_PAD.decode(signature).ok()?).ok()?;
        let is_known = URL_SAFE_NO_PAD.decode(header).is_ok_and(|header| header == HEADER.as_bytes());
        let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
        Some(claims).filter(|claims| is_known && claims.is_ours())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn signer() -> Signer {
        Signer::new(&SecretString::from("a key of at least 32 characters!"))
    }

    fn noon() -> DateTime<Utc> {
        "2026-03-02T12:00:00Z".parse().unwrap()
    }

    /// A token with any header and claims, signed by our key.
    fn forged(header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let mut mac = signer().0.unwrap();
        mac.update(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
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
        let token = signer().sign(&Claims::of("s", noon()));
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
            (ours.clone(), json!({})),
            (ours.clone(), json!([])),
        ] {
            assert_eq!(signer().read(&forged(&header, &claims), noon()), None, "{header} {claims}");
        }
    }

    #[test]
    fn a_token_that_was_changed_or_signed_by_others_is_nobodys() {
        let token = signer().sign(&Claims::of("s", noon()));
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let others =
            Signer::new(&SecretString::from("another key, as long as the first")).sign(&Claims::of("s", noon()));
        let elsewhere = signer().sign(&Claims::of("t", noon()));
        let swapped = format!("{signed}.{}", elsewhere.rsplit_once('.').unwrap().1);
        let long = format!("{}.{signature}", "a".repeat(2000));
        for bad in
            ["", ".", "..", "a.b.c", signed, &format!("{signed}."), &others, &swapped, &format!("{token}A"), &long]
        {
            assert_eq!(signer().read(bad, noon()), None, "{bad}");
        }
    }
}
