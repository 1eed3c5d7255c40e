//! `AuditEvent`: what somebody did, or tried to.

use async_graphql::{Enum, Object};
use entity::audit_event;

use super::{DateTime, scalars::count, stored::known};
use crate::{
    access::{ActKind, Outcome},
    graphql::errors::Fault,
};

/// What kind of thing was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "ActKind")]
pub enum AuditKind {
    /// A mutation.
    Mutation,
    /// A file of rows.
    Export,
    /// Signing in or out, and staying signed in.
    SignIn,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Outcome")]
pub enum AuditOutcome {
    /// It was done; of an export, that it began to be sent.
    Done,
    /// The hub refused it: a wrong password, a missing right, an input that makes no sense.
    Refused,
    /// The hub failed.
    Failed,
    /// It was stopped, or its answer lost, before the hub knew what came of it.
    BrokenOff,
}

/// What somebody did, or tried to.
#[derive(Clone, Debug)]
pub struct AuditEvent(pub audit_event::Model);

/// What somebody did, or tried to. It is never changed and never deleted.
#[Object]
impl AuditEvent {
    /// The number of its row; a greater one was written later.
    async fn number(&self) -> i32 {
        count(self.0.id)
    }

    /// When it ended.
    async fn at(&self) -> DateTime {
        self.0.at.into()
    }

    /// Who: the name of a user, `token:` and the name of an API token, `local operator` on a hub without sign-in, or
    /// `(unknown)` for a name that nobody has.
    async fn actor(&self) -> &str {
        &self.0.actor
    }

    /// The address that it came from; null when that is not known.
    async fn address(&self) -> Option<&str> {
        self.0.address.as_deref()
    }

    /// What kind of thing it was.
    async fn kind(&self) -> Result<AuditKind, Fault> {
        known("audit kind", &self.0.kind, |code| ActKind::from_code(code).map(Into::into))
    }

    /// Which mutation, which file, or `signIn`, `refresh`, `signOut`.
    async fn operation(&self) -> &str {
        &self.0.operation
    }

    /// The ids and names in its arguments, and of a file which rows it has, in 500 characters at most; null when there are
    /// none.
    async fn target(&self) -> Option<&str> {
        self.0.target.as_deref()
    }

    /// SHA-256 of its arguments without passwords in hexadecimal, the same for the same arguments; null for sign-ins, and for
    /// files of all rows.
    async fn arguments_digest(&self) -> Option<&str> {
        self.0.arguments_digest.as_deref()
    }

    /// What came of it.
    async fn outcome(&self) -> Result<AuditOutcome, Fault> {
        known("audit outcome", &self.0.outcome, |code| Outcome::from_code(code).map(Into::into))
    }

    /// Why it was not done, as the codes of the answer where there are some; null when it was, or nothing is known.
    async fn detail(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }
}
