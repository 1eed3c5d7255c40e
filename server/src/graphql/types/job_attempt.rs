//! `JobAttempt`: a server's work on a run.

use async_graphql::{Enum, Object};
use entity::job_attempt::Model;

use super::{DateTime, stored::optional};
use crate::graphql::errors::Fault;

/// What became of a server's work on a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum JobAttemptOutcome {
    /// It ended the run; the run says how.
    Ended,
    /// The server was silent for longer than its lease, or lost the database: what it did was not stored.
    Lost,
    /// The server stopped in good order and gave the run back; what it did was not stored.
    HandedBack,
}

impl JobAttemptOutcome {
    fn from_code(code: &str) -> Option<Self> {
        match code {
            "lost" => Some(Self::Lost),
            "handed_back" => Some(Self::HandedBack),
            ended => crate::inventory::jobs::JobStatus::from_code(ended).map(|_| Self::Ended),
        }
    }
}

/// A server's work on a run.
#[derive(Clone, Debug)]
pub struct JobAttempt(pub Model);

/// A server's work on a run, from taking it to its end or loss.
#[Object]
impl JobAttempt {
    /// Counted from 1.
    async fn number(&self) -> i32 {
        self.0.number
    }

    /// The server's process, by a name that it made up when it started.
    async fn holder(&self) -> &str {
        &self.0.holder
    }

    /// When it took the run.
    async fn began_at(&self) -> DateTime {
        self.0.began_at.into()
    }

    /// When it ended; of one that was lost, when another server found that. Null while it is at work.
    async fn ended_at(&self) -> Option<DateTime> {
        self.0.ended_at.map(DateTime)
    }

    /// What became of it; null while it is at work.
    async fn outcome(&self) -> Result<Option<JobAttemptOutcome>, Fault> {
        optional("outcome of an attempt", self.0.outcome.as_deref(), JobAttemptOutcome::from_code)
    }
}
