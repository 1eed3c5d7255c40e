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
    /// Named differently by people.
    DisplayNameMismatch,
    /// Managed but not protected.
    MissingTl,
    /// One machine managed twice.
    DuplicateNinja,
    /// Linked to nothing because several fit equally.
    AmbiguousMatch,
    /// Listed, but silent for long.
    StaleDevice,
}

impl ExceptionType {
    /// Every type, in the order of the documentation.
    pub const ALL: [Self; 9] = [
        Self::MissingNinja,
        Self::DuplicateTl,
        Self::SiteMismatch,
        Self::SpareMismatch,
        Self::DisplayNameMismatch,
        Self::MissingTl,
        Self::DuplicateNinja,
        Self::AmbiguousMatch,
        Self::StaleDevice,
    ];

    /// The code in table `exceptions` and in fingerprints.
    pub const fn code(self) -> &'static str {
        match self {
            Self::MissingNinja => "MISSING_NINJA",
            Self::DuplicateTl => "DUPLICATE_TL",
            Self::SiteMismatch => "SITE_MISMATCH",
            Self::SpareMismatch => "SPARE_MISMATCH",
            Self::DisplayNameMismatch => "DISPLAY_NAME_MISMATCH",
            Self::MissingTl => "MISSING_TL",
            Self::DuplicateNinja => "DUPLICATE_NINJA",
            Self::AmbiguousMatch => "AMBIGUOUS_MATCH",
            Self::StaleDevice => "STALE_DEVICE",
        }
    }

    /// The type with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|exception_type| exception_type.code() == code)
    }

    /// How bad it is.
    pub const fn severity(self) -> Severity {
        match self {
            Self::MissingNinja | Self::SiteMismatch | Self::MissingTl => Severity::High,
            Self::SpareMismatch | Self::DuplicateNinja | Self::AmbiguousMatch => Severity::Medium,
            Self::DuplicateTl | Self::DisplayNameMismatch | Self::StaleDevice => Severity::Low,
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
            Self::DisplayNameMismatch => {
                "People named the same machine differently in Ninja and in ThreatLocker: agree on one display name. A \
                 name that is only the machine's own host name counts as none."
            }
            Self::MissingTl => {
                "A billable Ninja server or workstation that is linked to no ThreatLocker device: install the \
                 ThreatLocker agent, or mark the machine as spare."
            }
            Self::DuplicateNinja => {
                "Ninja lists several devices with one host name or one serial number in one organization: keep the one \
                 most recently in contact and remove this one."
            }
            Self::AmbiguousMatch => {
                "Several Ninja devices fit this device equally, so it was linked to none: link it to the right one, or \
                 remove what makes them look alike."
            }
            Self::StaleDevice => {
                "The vendor still lists the device but has not heard from it for longer than the setting allows: find \
                 the machine, or remove the entry."
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
