//! What one run of a collector brought back, with whether it is complete and what it could not read (rules section 4).

use serde::{Deserialize, Serialize};

use crate::{
    observation::{Observation, Place},
    vendor::Vendor,
};

/// The result of one run of a collector. An error on the way is part of it, never an empty list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Collection {
    /// The vendor that was read.
    pub vendor: Vendor,
    /// The devices that are present, one per vendor device key, in the order of their keys.
    pub observations: Vec<Observation>,
    /// Every organization the vendor lists, with or without devices.
    pub organizations: Vec<Place>,
    /// Records that are not among the observations, and why.
    pub set_aside: Vec<SetAside>,
    /// Whether all of the vendor's devices were seen.
    pub completeness: Completeness,
    /// What the operator should know though nothing is missing (an optional report the instance does not offer).
    pub notes: Vec<String>,
}

/// Whether a collection saw everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Completeness {
    /// The end of every list was proved.
    Complete,
    /// Something is missing.
    Partial {
        /// What is missing, in words; at least one.
        reasons: Vec<String>,
    },
}

/// A record that was left out of the day's devices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetAside {
    /// The vendor's id, where it could be read.
    pub vendor_device_key: Option<String>,
    /// The host name, where it could be read.
    pub hostname: Option<String>,
    /// Which kind of trouble.
    pub reason: SetAsideReason,
    /// The trouble in words, without the record's contents.
    pub detail: String,
}

/// Why a record was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetAsideReason {
    /// The record could not be read: no id, no host name, a field of the wrong kind, a name that is too long.
    Unreadable,
    /// The vendor says that it is not a present device: pending, staged, decommissioned, deleted.
    NotPresent,
}
