//! Who knocks by HTTP and may come in: what `access` knows, told as `http` asks it.

mod by_issuer;

use std::{net::IpAddr, time::Duration};

use domain::access::Principal;
use futures::future::BoxFuture;
use secrecy::SecretString;
use tokio::sync::watch;

use crate::{
    access::{Access, AccessError, Credentials, Grant, Refused},
    http::{Granted, Login, NotGranted, SignIn, Unidentified},
};

pub use self::by_issuer::IssuerEntrance;

/// After which time it is worth trying again when too many passwords are checked at once.
const BUSY: Duration = Duration::from_secs(2);

/// Lets in who `access` knows.
#[derive(Clone, Debug)]
pub struct Entrance(Access);

impl Entrance {
    /// By these users and tokens.
    pub fn new(access: Access) -> Self {
        Self(access)
    }
}

impl SignIn for Entrance {
    fn identify<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Principal, Unidentified>> {
        Box::pin(async move {
            match self.0.identify(token).await {
                Ok(principal) => principal.ok_or(Unidentified::Unknown),
                Err(error) => {
                    log(&error);
                    Err(Unidentified::Unavailable)
                }
            }
        })
    }

    fn sign_in(&self, given: Login, from: Option<IpAddr>) -> BoxFuture<'_, Result<Granted, NotGranted>> {
        let given = Credentials { name: given.name, password: given.password };
        Box::pin(async move { granted(self.0.sign_in(given, from).await) })
    }

    fn refresh(&self, token: SecretString, from: Option<IpAddr>) -> BoxFuture<'_, Result<Granted, NotGranted>> {
        Box::pin(async move { granted(self.0.refresh(&token, from).await) })
    }

    fn sign_out(&self, token: SecretString, from: Option<IpAddr>) -> BoxFuture<'_, Result<(), NotGranted>> {
        Box::pin(async move { self.0.sign_out(&token, from).await.map_err(|error| not_granted(&error)) })
    }

    fn revocations(&self) -> watch::Receiver<()> {
        self.0.revocations()
    }
}

fn granted(outcome: Result<Result<Grant, Refused>, AccessError>) -> Result<Granted, NotGranted> {
    match outcome {
        Ok(Ok(grant)) => Ok(granted_of(grant)),
        Ok(Err(Refused::Unknown)) => Err(NotGranted::Unknown),
        Ok(Err(Refused::TooMany(wait))) => Err(NotGranted::TooMany(wait)),
        Err(error) => Err(not_granted(&error)),
    }
}

fn granted_of(grant: Grant) -> Granted {
    Granted {
        access_token: grant.access_token,
        expires_in: grant.expires_in,
        refresh_token: grant.refresh_token,
        refresh_expires_in: grant.refresh_expires_in,
    }
}

fn not_granted(error: &AccessError) -> NotGranted {
    match error {
        AccessError::Busy => NotGranted::TooMany(BUSY),
        error => {
            log(error);
            NotGranted::Unavailable
        }
    }
}

fn log(error: &AccessError) {
    tracing::error!(error = error as &dyn std::error::Error, "who is asking could not be found out");
}
