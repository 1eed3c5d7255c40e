//! What Windows 11 24H2 asks of a machine.
//!
//! Source: <https://learn.microsoft.com/en-us/windows/whats-new/windows-11-requirements>.

/// One thing that Windows 11 24H2 asks of a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Requirement {
    /// A 64-bit system.
    Architecture,
    /// Memory.
    Memory,
    /// Room on the system volume.
    Storage,
    /// A processor on Microsoft's lists.
    Processor,
    /// A TPM 2.0 that is switched on.
    Tpm,
    /// Firmware that can do Secure Boot.
    SecureBoot,
}

impl Requirement {
    /// Every requirement, in the order in which they are shown.
    pub const ALL: [Self; 6] =
        [Self::Architecture, Self::Memory, Self::Storage, Self::Processor, Self::Tpm, Self::SecureBoot];

    /// Its name in stored assessments: the predecessor's, so that what reads them goes on doing so.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Architecture => "64-bit OS",
            Self::Memory => "Memory",
            Self::Storage => "Storage",
            Self::Processor => "CPU Support",
            Self::Tpm => "TPM 2.0",
            Self::SecureBoot => "Secure Boot",
        }
    }

    /// The requirement of this title.
    pub fn from_title(title: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|requirement| requirement.title() == title)
    }

    /// What is needed, in words.
    pub const fn need(self) -> &'static str {
        match self {
            Self::Architecture => "64-bit",
            Self::Memory => "4 GiB or more",
            Self::Storage => "64 GB or more on the system volume",
            Self::Processor => "on Microsoft's lists of supported processors",
            Self::Tpm => "TPM 2.0, switched on",
            Self::SecureBoot => "UEFI firmware that can do Secure Boot",
        }
    }
}
