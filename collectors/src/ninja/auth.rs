//! Access tokens of Ninja: kept until shortly before they end, renewed by one worker at a time.
//!
//! The refresh token may be replaced at every use (vendor-apis.md 1.2). So the store is re-read under its lock before
//! each use, a replacement is stored before the access token that came with it is used, and no answer, not even "invalid
//! token", ever removes a stored token.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use domain::digest::sha256_hex;
use secrecy::{ExposeSecret, SecretString};

use super::wire::{NO_ACCESS_TOKEN, TokenAnswer};
use crate::{
    answer::Answer,
    error::{CallSite, CollectError},
    http::Http,
    retry::{Failure, Retrier},
    token_store::{RefreshTokenStore, StoredToken, TokenGuard},
};

const TOKEN_PATH: &str = "ws/oauth/token";

/// Assumed when the answer does not say how long the token lives; a token that ends earlier is renewed on its 401.
const ASSUMED_LIFE: TimeDelta = TimeDelta::minutes(5);

/// A token is renewed this long before its end, or a tenth of its life before, whichever is shorter.
const MARGIN: TimeDelta = TimeDelta::minutes(1);

/// Codes of a refusal that only a person can mend, though they come as 400.
const DEAD: [&str; 5] = ["invalid_token", "expired_token", "invalid_grant", "invalid_client", "unauthorized_client"];

/// An access token and when to renew it.
#[derive(Clone, Debug)]
struct AccessToken {
    secret: SecretString,
    good_until: DateTime<Utc>,
}

/// Gives out access tokens.
#[derive(Debug)]
pub(super) struct Auth {
    /// Held while a token is fetched, so that there is one flight in the process.
    current: tokio::sync::Mutex<Option<AccessToken>>,
    redeemer: Arc<Redeemer>,
}

impl Auth {
    pub(super) fn new(redeemer: Redeemer) -> Self {
        Self { current: tokio::sync::Mutex::new(None), redeemer: Arc::new(redeemer) }
    }

    /// An access token that should still be good.
    pub(super) async fn token(&self) -> Result<SecretString, CollectError> {
        let mut current = self.current.lock().await;
        if let Some(token) = current.as_ref().filter(|token| self.redeemer.retrier.now() < token.good_until) {
            return Ok(token.secret.clone());
        }
        let fresh = self.redeem_to_the_end().await?;
        Ok(current.insert(fresh).secret.clone())
    }

    /// Drops an access token that the vendor refused, unless another call has renewed it already.
    pub(super) async fn forget(&self, refused: &SecretString) {
        let mut current = self.current.lock().await;
        if current.as_ref().is_some_and(|token| token.secret.expose_secret() == refused.expose_secret()) {
            *current = None;
        }
    }

    /// Redeems in a task of its own: a cancelled collection must not lose a replaced refresh token between the vendor's
    /// answer and the store.
    async fn redeem_to_the_end(&self) -> Result<AccessToken, CollectError> {
        let redeemer = Arc::clone(&self.redeemer);
        #[expect(clippy::disallowed_methods, reason = "must outlive a cancelled caller; bounded by the retry deadline")]
        let task = tokio::spawn(async move { redeemer.redeem().await });
        task.await.unwrap_or_else(|stopped| Err(CollectError::Unreachable { at: site(), problem: stopped.to_string() }))
    }
}

/// Exchanges credentials for an access token.
#[derive(Debug)]
pub(super) struct Redeemer {
    pub(super) http: Arc<Http>,
    pub(super) retrier: Arc<Retrier>,
    pub(super) client_id: String,
    pub(super) client_secret: SecretString,
    /// The configured refresh token.
    pub(super) seed: Option<SecretString>,
    pub(super) store: Arc<dyn RefreshTokenStore>,
    /// A replacement that the store would not take: the only living copy, stored at the next chance.
    pub(super) unsaved: Mutex<Option<StoredToken>>,
}

impl Redeemer {
    async fn redeem(&self) -> Result<AccessToken, CollectError> {
        let mut guard = self.store.exclusive().await?;
        let stored = self.stored(guard.as_mut()).await?;
        let grant = self.choose(stored);
        let answer = self.retrier.run(|| self.ask(grant.as_ref())).await?;
        if let Some(replacement) = replacement(grant.as_ref(), &answer) {
            self.keep(guard.as_mut(), replacement).await?;
        }
        let life = answer.life().unwrap_or(ASSUMED_LIFE);
        let Some(secret) = answer.access_token else {
            return Err(CollectError::UnexpectedAnswer {
                at: site(),
                status: 200,
                problem: NO_ACCESS_TOKEN.to_owned(),
            });
        };
        let good_until = self.retrier.now() + life - MARGIN.min(life / 10);
        Ok(AccessToken { secret, good_until })
    }

    /// The stored token as it is now; first stores what could not be stored the last time.
    async fn stored(&self, guard: &mut dyn TokenGuard) -> Result<Option<StoredToken>, CollectError> {
        let unsaved = self.unsaved.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(token) = unsaved {
            self.keep(guard, token).await?;
        }
        Ok(guard.load().await?)
    }

    async fn keep(&self, guard: &mut dyn TokenGuard, token: StoredToken) -> Result<(), CollectError> {
        *self.unsaved.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
        guard.store(&token).await?;
        *self.unsaved.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(())
    }

    /// The refresh token to redeem: a newly configured one before the stored one; `None` asks by client credentials.
    fn choose(&self, stored: Option<StoredToken>) -> Option<StoredToken> {
        let configured = self
            .seed
            .as_ref()
            .map(|seed| StoredToken { refresh_token: seed.clone(), seed_sha256: Some(fingerprint(seed)) });
        match (stored, configured) {
            (Some(stored), Some(seed)) if stored.seed_sha256 != seed.seed_sha256 => Some(seed),
            (Some(stored), _) => Some(stored),
            (None, seed) => seed,
        }
    }

    async fn ask(&self, grant: Option<&StoredToken>) -> Result<TokenAnswer, Failure> {
        let mut form =
            vec![("client_id", self.client_id.as_str()), ("client_secret", self.client_secret.expose_secret())];
        match grant {
            Some(token) => {
                form.push(("grant_type", "refresh_token"));
                form.push(("refresh_token", token.refresh_token.expose_secret()));
            }
            None => form.extend([("grant_type", "client_credentials"), ("scope", "monitoring")]),
        }
        let request = self.http.client.post(self.http.url(TOKEN_PATH)).form(&form);
        let answer = self.http.send(TOKEN_PATH, request).await?;
        TokenAnswer::read(&judge(answer, self.retrier.now())?)
    }
}

/// What to store: the new refresh token, if the answer holds one that is not the one just redeemed.
fn replacement(grant: Option<&StoredToken>, answer: &TokenAnswer) -> Option<StoredToken> {
    let grant = grant?;
    let new = answer.refresh_token.as_ref()?;
    let same = new.expose_secret() == grant.refresh_token.expose_secret();
    (!same).then(|| StoredToken { refresh_token: new.clone(), seed_sha256: grant.seed_sha256.clone() })
}

/// What an answer of the token URL means. Everything that is not plainly a "no" of the vendor itself is passing: a
/// gateway's page, a throttle, a fault.
fn judge(answer: Answer, now: DateTime<Utc>) -> Result<Answer, Failure> {
    let refusal = answer.refusal();
    let dead = refusal.code.as_deref().is_some_and(|code| DEAD.contains(&code));
    match refusal.status {
        400 if dead => Err(answer.credentials_refused()),
        401 | 403 if !answer.is_json() || answer.is_empty() => answer.gateway_page(now),
        404 if refusal.code.as_deref() == Some("Client app not exist") => Err(answer.wrong_region()),
        _ => answer.checked(now),
    }
}

fn site() -> CallSite {
    CallSite { vendor: super::VENDOR, path: TOKEN_PATH.to_owned(), incident: None }
}

/// SHA-256 of a configured token, in hex: tells two tokens apart and gives neither away.
fn fingerprint(seed: &SecretString) -> String {
    sha256_hex(seed.expose_secret())
}
