//! The states of batches and runs, and what gives orders.

/// The state of a batch or a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobStatus {
    /// Waits for its turn.
    Queued,
    /// At work.
    Running,
    /// Ended as it should.
    Completed,
    /// Something was missing: what was stored before stands.
    Partial,
    /// Complete, but so much smaller than the last that a person must decide.
    Held,
    /// Ended by a fault.
    Failed,
    /// Ended by a person.
    Cancelled,
    /// Not done, for a reason that is no fault.
    Skipped,
}

impl JobStatus {
    /// Every status.
    pub const ALL: [Self; 8] = [
        Self::Queued,
        Self::Running,
        Self::Completed,
        Self::Partial,
        Self::Held,
        Self::Failed,
        Self::Cancelled,
        Self::Skipped,
    ];

    /// The code that is stored.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Partial => "partial",
            Self::Held => "held",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Skipped => "skipped",
        }
    }

    /// The status of a stored code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }

    /// Whether nothing more will happen.
    pub const fn has_ended(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }

    /// How much attention an end deserves: a batch ends like its worst run.
    pub(super) const fn weight(self) -> u8 {
        match self {
            Self::Completed => 0,
            Self::Skipped => 1,
            Self::Cancelled => 2,
            Self::Held => 3,
            Self::Partial => 4,
            Self::Failed => 5,
            Self::Queued | Self::Running => 6,
        }
    }
}

/// What gave an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trigger {
    /// The scheduler.
    Timer,
    /// A GraphQL mutation.
    Mutation,
    /// The command line.
    CommandLine,
}

impl Trigger {
    /// The code that is stored.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Timer => "timer",
            Self::Mutation => "mutation",
            Self::CommandLine => "command_line",
        }
    }
}
