//! Who is behind what goes on: a WebSocket, or a subscription told by events. Found out again for every operation, every few
//! seconds, and whenever somebody was shut out.

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::http::request::Parts;
use domain::access::Principal;
use serde_json::Value;
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval, timeout},
};

use super::{
    HttpOptions,
    caller::Caller,
    principal,
    sign_in::{SignIn, Unidentified},
};

/// How long finding out may take; other operations of the connection wait for it.
const LONGEST: Duration = Duration::from_secs(5);

/// Who is behind it.
pub(super) struct Guest {
    /// `None` where nobody needs to sign in.
    door: Option<Door>,
    address: Option<IpAddr>,
    principal: Option<Principal>,
}

struct Door {
    sign_in: Arc<dyn SignIn>,
    revocations: watch::Receiver<()>,
    /// From the Authorization header of the request, or of the payload of `connection_init`.
    token: Option<String>,
}

/// Why somebody is sent away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unwelcome {
    /// It showed no token.
    Nobody,
    /// Its token is not good (any more), or lets it do something else than before.
    ShutOut,
    /// Who it is can't be found out now.
    Unavailable,
}

impl Guest {
    /// Who sent this request.
    pub(super) fn new(options: &HttpOptions, parts: &Parts) -> Self {
        let door = options.sign_in.clone().map(|sign_in| Door {
            revocations: sign_in.revocations(),
            sign_in,
            token: principal::bearer(&parts.headers),
        });
        let principal = parts.extensions.get::<Principal>().cloned().map(|principal| principal.at(None));
        Self { door, address: Caller::of(&parts.extensions).address, principal }
    }

    /// Reads who it is from the payload of `connection_init`, whose `authorization` is as the header of that name.
    pub(super) async fn introduce(&mut self, payload: Option<&Value>) -> Result<(), Unwelcome> {
        let Some(door) = &mut self.door else { return Ok(()) };
        let member = |name| payload.and_then(|payload| payload.get(name)).and_then(Value::as_str);
        if let Some(given) = member("authorization").or_else(|| member("Authorization")) {
            door.token = principal::bearer_of(given);
        }
        match door.ask().await {
            Ok(principal) => self.principal = Some(principal),
            Err(Unidentified::Unknown) if door.token.is_none() => return Err(Unwelcome::Nobody),
            Err(Unidentified::Unknown) => return Err(Unwelcome::ShutOut),
            Err(Unidentified::Unavailable) => return Err(Unwelcome::Unavailable),
        }
        Ok(())
    }

    /// Whether it may be somebody else, or nobody, by and by.
    pub(super) fn may_leave(&self) -> bool {
        self.door.is_some()
    }

    /// Waits until somebody was shut out, whoever it is; for ever where nobody can be.
    pub(super) async fn revoked(&mut self) {
        let told = match &mut self.door {
            Some(door) => door.revocations.changed().await.is_ok(),
            None => false,
        };
        if !told {
            std::future::pending::<()>().await;
        }
    }

    /// Who it is now; `None` while that can't be found out. Who is not let in any more, or may do something else than before,
    /// is sent away: what is subscribed was granted to who it was.
    pub(super) async fn identify_again(&mut self) -> Result<Option<Principal>, Unwelcome> {
        if let Some(door) = &self.door {
            match door.ask().await {
                Ok(principal) if self.principal.as_ref() == Some(&principal) => {}
                Ok(_) | Err(Unidentified::Unknown) => return Err(Unwelcome::ShutOut),
                Err(Unidentified::Unavailable) => return Ok(None),
            }
        }
        Ok(self.principal.clone().map(|principal| principal.at(self.address)))
    }

    /// Waits until it has to be sent away, looking this often; for ever where nobody can be.
    pub(super) async fn sent_away(mut self, every: Duration) {
        let mut again = interval(every);
        again.set_missed_tick_behavior(MissedTickBehavior::Delay);
        again.reset();
        loop {
            tokio::select! {
                _ = again.tick(), if self.may_leave() => {}
                () = self.revoked() => {}
            }
            if self.identify_again().await.is_err() {
                return;
            }
        }
    }
}

impl Door {
    async fn ask(&self) -> Result<Principal, Unidentified> {
        let token = self.token.as_deref().ok_or(Unidentified::Unknown)?;
        timeout(LONGEST, self.sign_in.identify(token)).await.unwrap_or(Err(Unidentified::Unavailable))
    }
}
