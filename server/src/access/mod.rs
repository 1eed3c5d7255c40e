//! Who is let in: users and their passwords, sessions, API tokens; and the record of what was done.
//!
//! It alone writes the tables of sign-in and of the audit log. It knows neither HTTP nor GraphQL, and decides no right: what
//! a role may do is said by `domain::access`. No secret is stored, only hashes; none is ever logged.

mod api_tokens;
mod attempts;
mod errors;
mod first_admin;
mod identities;
mod journal;
mod kept_key;
mod own_password;
mod password;
mod restriction;
mod secret;
mod sessions;
mod throttle;
mod tokens;
mod users;

use std::{fmt, sync::Arc};

use chrono::{DateTime, Utc};
use domain::{access::Principal, clock::Clock};
use secrecy::SecretString;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

pub use self::{
    api_tokens::{ApiTokenOrder, Issued},
    attempts::Attempt,
    errors::AccessError,
    identities::{Identity, NotLetIn},
    journal::{Act, ActKind, Journal, Outcome},
    kept_key::kept_key,
    own_password::{NotChanged, PasswordChange},
    sessions::{Grant, Refused},
    tokens::{AUDIENCE, ISSUER},
    users::{Credentials, NotDone, UserChange, UserOrder},
};
use self::{password::Passwords, throttle::Throttle, tokens::Signer};
use crate::inventory::{Database, Inventory};

/// Sign-in and what belongs to it. Cheap to clone: every clone is the same.
#[derive(Clone)]
pub struct Access {
    database: Database,
    clock: Arc<dyn Clock>,
    tasks: TaskTracker,
    journal: Journal,
    passwords: Passwords,
    signer: Signer,
    throttle: Arc<Throttle>,
    /// Told whenever a session or a token ends early, or what somebody may do changes.
    revocations: watch::Sender<()>,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").finish_non_exhaustive()
    }
}

impl Access {
    /// For this hub. Access tokens are signed by a key of the moment: they end with the process.
    pub fn new(inventory: &Inventory) -> Self {
        Self {
            database: inventory.database().clone(),
            clock: Arc::clone(&inventory.clock),
            tasks: inventory.tasks().clone(),
            journal: Journal::new(inventory),
            passwords: Passwords::default(),
            signer: Signer::new(&secret::make()),
            throttle: Arc::default(),
            revocations: watch::Sender::new(()),
        }
    }

    /// The same with access tokens that are signed by this key, which servers of one database share.
    #[must_use]
    pub fn with_key(self, key: &SecretString) -> Self {
        Self { signer: Signer::new(key), ..self }
    }

    /// The record of what was done.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Changes whenever somebody who was let in may not be any more.
    pub fn revocations(&self) -> watch::Receiver<()> {
        self.revocations.subscribe()
    }

    /// Who has this access token or API token, by what is stored at this instant; `None` when it is nobody's (any more). For
    /// requests, within a time limit of theirs.
    pub async fn identify(&self, token: &str) -> Result<Option<Principal>, AccessError> {
        let finding_out = async {
            if secret::is_api_token(token) {
                self.identify_service(token).await
            } else {
                self.identify_user(token).await
            }
        };
        self.database.watch_request(finding_out).await
    }

    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    fn tell_revocation(&self) {
        self.revocations.send_replace(());
    }
}
