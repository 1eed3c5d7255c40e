//! From the installed version and the requirements to one word.

use super::{Finding, Installed, Outcome};

/// Whether a Windows workstation may run Windows 11 24H2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// Every requirement is met.
    Capable,
    /// At least one requirement is known not to be met.
    NotCapable,
    /// It runs 24H2 already.
    AlreadyThere,
    /// It runs something newer.
    Newer,
    /// No requirement is known to fail, and at least one is not known to be met.
    NotEnoughData,
}

impl Verdict {
    /// Every verdict, in the order of the documentation.
    pub const ALL: [Self; 5] = [Self::Capable, Self::NotCapable, Self::AlreadyThere, Self::Newer, Self::NotEnoughData];

    /// The code in column `windows_11_verdict`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Capable => "capable",
            Self::NotCapable => "not_capable",
            Self::AlreadyThere => "already_there",
            Self::Newer => "newer",
            Self::NotEnoughData => "not_enough_data",
        }
    }

    /// The verdict with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.code() == code)
    }

    /// What column `windows_11_24h2_capable` says: true for a machine that may run 24H2 or does, false for one that may
    /// not, `None` where that is not known or is not the question any more.
    pub const fn capable(self) -> Option<bool> {
        match self {
            Self::Capable | Self::AlreadyThere => Some(true),
            Self::NotCapable => Some(false),
            Self::Newer | Self::NotEnoughData => None,
        }
    }

    /// What is installed decides first: Windows runs there, whatever the lists say. Else one requirement that is known to
    /// fail makes the machine not capable, and only then one that is unknown makes it unknown.
    pub(super) fn of(installed: Installed, findings: &[Finding]) -> Self {
        let some = |outcome| findings.iter().any(|finding| finding.outcome == outcome);
        match installed {
            Installed::Release24H2 => Self::AlreadyThere,
            Installed::Newer => Self::Newer,
            Installed::OlderOrUnknown if some(Outcome::NotMet) => Self::NotCapable,
            Installed::OlderOrUnknown if some(Outcome::NotEnoughData) => Self::NotEnoughData,
            Installed::OlderOrUnknown => Self::Capable,
        }
    }
}
