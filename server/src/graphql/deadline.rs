//! Until when a request has to be answered: who carries it tells, and drops an execution that takes longer.

use std::time::Duration;

use tokio::time::Instant;

/// Until when a request has to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline(Instant);

impl Deadline {
    /// So long from now.
    pub fn within(limit: Duration) -> Self {
        Self(Instant::now() + limit)
    }

    /// The instant that is so much earlier; now, where that is over.
    pub(super) fn less(self, margin: Duration) -> Instant {
        self.0.checked_sub(margin).unwrap_or_else(Instant::now)
    }

    /// What is left until so much earlier; nothing where that is over.
    pub(super) fn left_but(self, margin: Duration) -> Duration {
        self.0.saturating_duration_since(Instant::now()).saturating_sub(margin)
    }
}
