//! Sign-ins that have gone to an OIDC issuer and have not come back. The browser keeps each by itself, sealed: whoever
//! begins a sign-in and never ends it costs the database nothing. What comes back is taken once.

use chrono::{DateTime, TimeDelta, Utc};
use entity::taken_state::{ActiveModel, Column, Entity};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::OnConflict};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use super::{Access, AccessError, ISSUER, secret};

/// How long somebody may take to sign in at the issuer.
const LIFETIME: TimeDelta = TimeDelta::minutes(10);

/// Whom a seal is for (`aud`): it is no access token, and an access token is none.
const AUDIENCE: &str = "inventory-hub/sign-in";

/// Bytes of a seal at most.
const LONGEST: usize = 4096;

/// A sign-in on its way.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// What the issuer sends back with the browser.
    pub state: SecretString,
    /// What the issuer's token repeats.
    pub nonce: SecretString,
    /// What proves that who exchanges the code is who began.
    pub verifier: SecretString,
    /// Where the browser goes afterwards.
    pub return_to: String,
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    iss: String,
    aud: String,
    exp: i64,
    state: String,
    nonce: String,
    verifier: String,
    return_to: String,
}

impl Sealed {
    fn of(attempt: &Attempt, now: DateTime<Utc>) -> Self {
        let text = |secret: &SecretString| secret.expose_secret().to_owned();
        Self {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            exp: (now + LIFETIME).timestamp(),
            state: text(&attempt.state),
            nonce: text(&attempt.nonce),
            verifier: text(&attempt.verifier),
            return_to: attempt.return_to.clone(),
        }
    }
}

impl From<Sealed> for Attempt {
    fn from(sealed: Sealed) -> Self {
        let Sealed { state, nonce, verifier, return_to, .. } = sealed;
        Self { state: state.into(), nonce: nonce.into(), verifier: verifier.into(), return_to }
    }
}

impl Access {
    /// Begins a sign-in: what it is, and the seal that the browser keeps.
    pub fn make_attempt(&self, return_to: String) -> Result<(Attempt, SecretString), AccessError> {
        let attempt = Attempt { state: secret::make(), nonce: secret::make(), verifier: secret::make(), return_to };
        let seal = self.signer.seal(&Sealed::of(&attempt, self.now()))?;
        Ok((attempt, seal))
    }

    /// The sign-in of a seal, if this state came back with it, in time, and for the first time on any server.
    pub async fn take_attempt(&self, seal: &str, state: &str) -> Result<Option<Attempt>, AccessError> {
        let now = self.now();
        let sealed = Some(seal).filter(|seal| seal.len() <= LONGEST);
        let sealed = sealed.and_then(|seal| self.signer.open::<Sealed>(seal, AUDIENCE));
        let is_answered = |sealed: &Sealed| bool::from(sealed.state.as_bytes().ct_eq(state.as_bytes()));
        let Some(sealed) = sealed.filter(|sealed| sealed.exp > now.timestamp() && is_answered(sealed)) else {
            return Ok(None);
        };
        let writer = self.database.writer();
        // A seal that old is not opened any more, so nobody needs to know of it.
        Entity::delete_many().filter(Column::TakenAt.lt(now - LIFETIME * 2)).exec(writer).await?;
        let row = ActiveModel { state_hash: Set(secret::fingerprint(&sealed.state)), taken_at: Set(now) };
        let once = OnConflict::column(Column::StateHash).do_nothing().to_owned();
        let first = Entity::insert(row).on_conflict(once).exec_without_returning(writer).await? > 0;
        Ok(first.then(|| sealed.into()))
    }
}
