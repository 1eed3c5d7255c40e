//! Who comes in by an OpenID Connect issuer: the issuer vouches, `access` decides.

use std::net::IpAddr;

use futures::future::BoxFuture;
use secrecy::ExposeSecret;

use super::{granted_of, log};
use crate::{
    access::{Access, AccessError, Attempt, Identity, NotLetIn},
    http::{Arrival, Arrived, IssuerSignIn, Leaving, NotArrived},
    oidc::{Answer, Issuer, IssuerError, Question},
};

/// Lets in whom this issuer vouches for.
#[derive(Clone, Debug)]
pub struct IssuerEntrance {
    access: Access,
    issuer: Issuer,
}

impl IssuerEntrance {
    /// By this issuer.
    pub fn new(access: Access, issuer: Issuer) -> Self {
        Self { access, issuer }
    }

    async fn leave(&self, return_to: String) -> Result<Leaving, NotArrived> {
        let (attempt, seal) = self.access.make_attempt(return_to).map_err(|error| fault(&error))?;
        let url = self.issuer.ask(question(&attempt)).await.map_err(|error| not_vouched(&error))?;
        Ok(Leaving { url, seal })
    }

    async fn arrive(&self, arrival: Arrival, from: Option<IpAddr>) -> Result<Arrived, NotArrived> {
        // Before anything is stored of it.
        self.access.count_arrival(from).map_err(NotArrived::TooMany)?;
        let taken = self.access.take_attempt(arrival.seal.expose_secret(), &arrival.state).await;
        let attempt = taken.map_err(|error| fault(&error))?.ok_or(NotArrived::Stale)?;
        let answer = Answer { code: arrival.code.expose_secret(), issuer: arrival.issuer.as_deref() };
        let vouched = match self.issuer.vouch(question(&attempt), answer).await {
            Ok(vouched) => vouched,
            Err(error) => {
                self.access.record_refused_identity(&error.to_string(), from).await;
                return Err(not_vouched(&error));
            }
        };
        let identity =
            Identity { issuer: vouched.issuer, subject: vouched.subject, names: vouched.names, role: vouched.role };
        let let_in = self.access.sign_in_as(identity, from).await.map_err(|error| fault(&error))?;
        let grant = let_in.map_err(|why| match why {
            NotLetIn::Disabled => NotArrived::Disabled,
            NotLetIn::NameTaken => NotArrived::NameTaken,
            NotLetIn::NoName => NotArrived::NotBelieved,
        })?;
        self.access.forgive_arrival(from);
        Ok(Arrived { granted: granted_of(grant), return_to: attempt.return_to })
    }
}

impl IssuerSignIn for IssuerEntrance {
    fn leave(&self, return_to: String) -> BoxFuture<'_, Result<Leaving, NotArrived>> {
        Box::pin(self.leave(return_to))
    }

    fn arrive(&self, arrival: Arrival, from: Option<IpAddr>) -> BoxFuture<'_, Result<Arrived, NotArrived>> {
        Box::pin(self.arrive(arrival, from))
    }
}

fn question(attempt: &Attempt) -> Question<'_> {
    Question {
        state: attempt.state.expose_secret(),
        nonce: attempt.nonce.expose_secret(),
        verifier: attempt.verifier.expose_secret(),
    }
}

fn not_vouched(error: &IssuerError) -> NotArrived {
    tracing::warn!(%error, "the issuer vouched for nobody");
    match error {
        IssuerError::NoRole => NotArrived::NoRole,
        IssuerError::CodeRefused | IssuerError::BadToken(_) => NotArrived::NotBelieved,
        IssuerError::Busy => NotArrived::Unavailable,
        IssuerError::Unreachable(_)
        | IssuerError::Status(_)
        | IssuerError::TooLarge
        | IssuerError::Unreadable(_)
        | IssuerError::Misconfigured(_) => NotArrived::IssuerAway,
    }
}

fn fault(error: &AccessError) -> NotArrived {
    log(error);
    NotArrived::Unavailable
}
