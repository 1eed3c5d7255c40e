//! The outside systems that list devices. Adding one is a variant here, a row by migration and a folder of collectors.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// An outside system that lists devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Vendor {
    /// NinjaOne (NinjaRMM): what is managed. It is the reference: it decides billing, and others are linked to it.
    Ninja,
    /// ThreatLocker: what is protected.
    ThreatLocker,
}

impl Vendor {
    /// Every vendor, the reference first.
    pub const ALL: [Self; 2] = [Self::Ninja, Self::ThreatLocker];

    /// The vendor that decides billing and that the others' devices are linked to (rules sections 5 and 7).
    pub const REFERENCE: Self = Self::Ninja;

    /// The name in table `vendor`, by which its row is looked up.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ninja => "Ninja",
            Self::ThreatLocker => "ThreatLocker",
        }
    }

    /// The word of the command line, of fingerprints and of logs.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Ninja => "ninja",
            Self::ThreatLocker => "threatlocker",
        }
    }
}

impl fmt::Display for Vendor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A word that names no vendor.
#[derive(Debug, thiserror::Error)]
#[error("unknown vendor `{0}`; known: ninja, threatlocker")]
pub struct UnknownVendor(String);

impl FromStr for Vendor {
    type Err = UnknownVendor;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|vendor| vendor.slug().eq_ignore_ascii_case(word.trim()))
            .ok_or_else(|| UnknownVendor(word.to_owned()))
    }
}
