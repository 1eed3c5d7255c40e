//! Who is behind a connection: found out when it is initialised, and again for every operation, every few seconds, and
//! whenever somebody was shut out.

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::{extract::ConnectInfo, http::request::Parts};
use domain::access::Principal;
use serde_json::Value;
use tokio::{sync::watch, time::timeout};

use super::protocol::End;
use crate::http::{
    HttpOptions, caller,
    sign_in::{SignIn, Unidentified},
};

/// How long finding out may take; other operations of the connection wait for it.
const LONGEST: Duration = Duration::from_secs(5);

/// Who is behind a connection.
pub(super) struct Guest {
    /// `None` where nobody needs to sign in.
    door: Option<Door>,
    address: Option<IpAddr>,
    principal: Option<Principal>,
}

struct Door {
    sign_in: Arc<dyn SignIn>,
    revocations: watch::Receiver<()>,
    /// From the Authorization header of the upgrade, or of the payload of `connection_init`.
    token: Option<String>,
}

impl Guest {
    pub(super) fn new(options: &HttpOptions, parts: &Parts) -> Self {
        let door = options.sign_in.clone().map(|sign_in| Door {
            revocations: sign_in.revocations(),
            sign_in,
            token: caller::bearer(&parts.headers),
        });
        let connection = parts.extensions.get::<ConnectInfo<std::net::SocketAddr>>();
        let address = connection.map(|ConnectInfo(address)| address.ip().to_canonical());
        let principal = door.is_none().then(Principal::local_operator);
        Self { door, address, principal }
    }

    /// Reads who it is from the payload of `connection_init`, whose `authorization` is as the header of that name.
    pub(super) async fn introduce(&mut self, payload: Option<&Value>) -> Result<(), End> {
        let Some(door) = &mut self.door else { return Ok(()) };
        let member = |name| payload.and_then(|payload| payload.get(name)).and_then(Value::as_str);
        if let Some(given) = member("authorization").or_else(|| member("Authorization")) {
            door.token = caller::bearer_of(given);
        }
        match door.ask().await {
            Ok(principal) => self.principal = Some(principal),
            Err(Unidentified::Unknown) if door.token.is_none() => return Err(End::unauthorized()),
            Err(Unidentified::Unknown) => return Err(End::forbidden()),
            Err(Unidentified::Unavailable) => return Err(End::unavailable()),
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
    pub(super) async fn identify_again(&mut self) -> Result<Option<Principal>, End> {
        if let Some(door) = &self.door {
            match door.ask().await {
                Ok(principal) if self.principal.as_ref() == Some(&principal) => {}
                Ok(_) | Err(Unidentified::Unknown) => return Err(End::forbidden()),
                Err(Unidentified::Unavailable) => return Ok(None),
            }
        }
        Ok(self.principal.clone().map(|principal| principal.at(self.address)))
    }
}

impl Door {
    async fn ask(&self) -> Result<Principal, Unidentified> {
        let token = self.token.as_deref().ok_or(Unidentified::Unknown)?;
        timeout(LONGEST, self.sign_in.identify(token)).await.unwrap_or(Err(Unidentified::Unavailable))
    }
}
