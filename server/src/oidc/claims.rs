//! What an ID token says.

use serde::Deserialize;
use serde_json::{Map, Value};

/// The claims that every ID token has, and all others.
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    pub(super) iss: String,
    pub(super) sub: String,
    pub(super) aud: Audience,
    pub(super) exp: i64,
    pub(super) iat: i64,
    pub(super) nbf: Option<i64>,
    pub(super) nonce: Option<String>,
    pub(super) azp: Option<String>,
    pub(super) tid: Option<String>,
    pub(super) at_hash: Option<String>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// Whom a token is for.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    /// Whether it is for the hub and nobody else: a token that others got too may be theirs to send.
    pub(super) fn is_only(&self, client_id: &str) -> bool {
        match self {
            Self::One(one) => one == client_id,
            Self::Several(several) => matches!(several.as_slice(), [one] if one == client_id),
        }
    }
}

impl Claims {
    /// The texts of a claim: one, or a list of them.
    pub(super) fn texts(&self, claim: &str) -> Vec<&str> {
        match self.others.get(claim) {
            Some(Value::String(text)) => vec![text],
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// What they may be called, the best first. An address that the issuer knows to be unproved is none.
    pub(super) fn names(&self, claim: &str) -> Vec<String> {
        let is_unproved = self.others.get("email_verified").is_some_and(|proved| *proved == Value::Bool(false));
        let chosen = [claim, "email"].into_iter().filter(|claim| !(is_unproved && *claim == "email"));
        let texts = chosen.flat_map(|claim| self.texts(claim).into_iter().take(1)).map(|name| name.trim().to_owned());
        texts.chain([self.sub.clone()]).collect()
    }
}
