//! The names of what checks find.

use serde::{Deserialize, Serialize};

/// What kind of trouble a finding, and the exception it becomes, is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExceptionType {
    /// Protected but not managed.
    MissingNinja,
    /// One machine protected twice.
    DuplicateTl,
    /// Filed under different organizations.
    SiteMismatch,
    /// Protected though it is spare.
    SpareMismatch,
}

impl ExceptionType {
    /// Every type, in the order of the documentation.
    pub const ALL: [Self; 4] = [Self::MissingNinja, Self::DuplicateTl, Self::SiteMismatch, Self::SpareMismatch];

    /// The code in table `exceptions` and in fingerprints.
    pub const fn code(self) -> &'static str {
        match self {
            Self::MissingNinja => "MISSING_NINJA",
            Self::DuplicateTl => "DUPLICATE_TL",
            Self::SiteMismatch => "SITE_MISMATCH",
            Self::SpareMismatch => "SPARE_MISMATCH",
        }
    }

    /// The type with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|exception_type| exception_type.code() == code)
    }

    /// How bad it is.
    pub const fn severity(self) -> Severity {
        match self {
            Self::MissingNinja | Self::SiteMismatch => Severity::High,
            Self::SpareMismatch => Severity::Medium,
            Self::DuplicateTl => Severity::Low,
        }
    }

    /// What it means and what to do, for a technician.
    pub const fn description(self) -> &'static str {
        match self {
            Self::MissingNinja => {
                "A ThreatLocker device that is linked to no Ninja device: install the Ninja agent, or remove a \
                 ThreatLocker entry whose machine is gone."
            }
            Self::DuplicateTl => {
                "ThreatLocker lists several devices with one host name in one organization: keep the newest and remove \
                 this one."
            }
            Self::SiteMismatch => {
                "Ninja and ThreatLocker file the same machine under different organizations: move it in the one that \
                 is wrong."
            }
            Self::SpareMismatch => {
                "ThreatLocker protects a machine that is spare in Ninja: remove the ThreatLocker agent, or put the \
                 machine back into service in Ninja."
            }
        }
    }
}

/// How bad an exception is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Untidy: nobody is harmed by waiting.
    Low,
    /// Wrong, and it costs somebody something.
    Medium,
    /// A machine is unmanaged or unprotected, or a client is billed for another's.
    High,
}

impl Severity {
    /// Every severity, the least first.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    /// The number that is stored, so that worse sorts after better.
    pub const fn rank(self) -> i16 {
        match self {
            Self::Low => 1,
            Self::Medium => 2,
            Self::High => 3,
        }
    }

    /// The severity of a stored number.
    pub fn from_rank(rank: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.rank() == rank)
    }
}
