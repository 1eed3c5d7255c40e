use std::collections::HashMap;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::errors::NinjaError;
use crate::switches::NinjaSwitches;

pub(crate) const CLIENT_ID: &str = "sim-client-id";
pub(crate) const CLIENT_SECRET: &str = "sim-client-secret";

/// The tokens that are alive.
#[derive(Debug)]
pub(crate) struct Tokens {
    access: HashMap<String, Instant>,
    refresh: String,
    made: u64,
}

impl Tokens {
    pub(crate) fn new() -> Self {
        Self { access: HashMap::new(), refresh: "sim-refresh-token-0001".to_owned(), made: 1 }
    }

    pub(crate) fn refresh_token(&self) -> &str {
        &self.refresh
    }

    pub(crate) fn grant(
        &mut self,
        form: &HashMap<String, String>,
        switches: &NinjaSwitches,
    ) -> Result<Value, NinjaError> {
        let field = |name: &str| form.get(name).map_or("", String::as_str);
        if switches.wrong_region || field("client_id") != CLIENT_ID {
            return Err(NinjaError::UnknownClient);
        }
        if field("client_secret") != CLIENT_SECRET {
            return Err(NinjaError::WrongSecret);
        }
        match field("grant_type") {
            "client_credentials" => {
                let scope = if field("scope").is_empty() { "monitoring" } else { field("scope") };
                let token = self.issue(switches);
                Ok(
                    json!({"access_token": token, "expires_in": switches.token_ttl.as_secs(), "scope": scope, "token_type": "Bearer"}),
                )
            }
            "refresh_token" => self.redeem(field("refresh_token"), switches),
            _ => Err(NinjaError::UnsupportedGrant),
        }
    }

    fn redeem(&mut self, token: &str, switches: &NinjaSwitches) -> Result<Value, NinjaError> {
        if token != self.refresh {
            return Err(NinjaError::DeadRefreshToken);
        }
        let access = self.issue(switches);
        let seconds = switches.token_ttl.as_secs();
        if !switches.rotate_refresh {
            return Ok(json!({"access_token": access, "expires_in": seconds, "token_type": "Bearer"}));
        }
        self.replace_refresh();
        Ok(
            json!({"access_token": access, "expires_in": seconds, "refresh_token": self.refresh, "token_type": "Bearer"}),
        )
    }

    /// Puts another refresh token in the place of the one that was alive.
    pub(crate) fn replace_refresh(&mut self) {
        self.made += 1;
        self.refresh = format!("sim-refresh-token-{:04}", self.made);
    }

    fn issue(&mut self, switches: &NinjaSwitches) -> String {
        let now = Instant::now();
        self.access.retain(|_, expires| *expires > now);
        self.made += 1;
        let token = format!("sim-access-token-{:04}", self.made);
        self.access.insert(token.clone(), now + switches.token_ttl);
        token
    }

    pub(crate) fn revoke_access(&mut self) {
        self.access.clear();
    }

    /// Checks an `Authorization` header.
    pub(crate) fn admit(&self, header: Option<&str>, switches: &NinjaSwitches) -> Result<(), NinjaError> {
        let header = header.ok_or(NinjaError::MissingHeader)?;
        let token =
            header.strip_prefix("Bearer ").filter(|token| !token.is_empty()).ok_or(NinjaError::MalformedHeader)?;
        let alive = self.access.get(token).is_some_and(|expires| *expires > Instant::now());
        if alive && !switches.wrong_region { Ok(()) } else { Err(NinjaError::NotAuthenticated) }
    }
}
