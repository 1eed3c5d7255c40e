//! Putting a collection together: what is missing, what was set aside, what the operator should know.

use domain::{
    collection::{Collection, Completeness, SetAside, SetAsideReason},
    observation::{Observation, Place},
    vendor::Vendor,
};

use crate::error::CollectError;

/// Most characters of a host name, display name and other stored names.
pub(crate) const NAME_LENGTH: usize = 255;

/// Whether a list was read to its end.
#[derive(Debug)]
pub(crate) enum End {
    /// The vendor showed that nothing follows.
    Proved,
    /// Something may be missing, and why.
    Unproved(String),
}

impl End {
    /// The end of a list whose reading failed after some rows were seen.
    pub(crate) fn failed(error: &CollectError) -> Self {
        Self::Unproved(error.to_string())
    }
}

/// What a run learned beside the devices.
#[derive(Debug, Default)]
pub(crate) struct Remarks {
    reasons: Vec<String>,
    notes: Vec<String>,
    set_aside: Vec<SetAside>,
}

impl Remarks {
    /// The collection is partial because of this.
    pub(crate) fn missing(&mut self, what: &str, why: impl std::fmt::Display) {
        self.reasons.push(format!("{what}: {why}"));
    }

    /// The collection is partial when the list's end was not proved.
    pub(crate) fn ended(&mut self, what: &str, end: &End) {
        if let End::Unproved(why) = end {
            self.missing(what, why);
        }
    }

    /// Nothing is missing, but the operator should know.
    pub(crate) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// A record that is not among the observations.
    pub(crate) fn set_aside(&mut self, record: SetAside) {
        self.set_aside.push(record);
    }

    /// The collection of a run that brought these devices and organizations, in the order of their keys.
    pub(crate) fn into_collection(
        self,
        vendor: Vendor,
        mut observations: Vec<Observation>,
        mut organizations: Vec<Place>,
    ) -> Collection {
        observations.sort_by(|a, b| a.vendor_device_key.cmp(&b.vendor_device_key));
        organizations.sort_by(|a, b| a.key.cmp(&b.key));
        let completeness = if self.reasons.is_empty() {
            Completeness::Complete
        } else {
            Completeness::Partial { reasons: self.reasons }
        };
        Collection { vendor, observations, organizations, set_aside: self.set_aside, completeness, notes: self.notes }
    }
}

/// A record that cannot be read.
pub(crate) fn unreadable(key: Option<String>, hostname: Option<String>, detail: impl Into<String>) -> SetAside {
    SetAside { vendor_device_key: key, hostname, reason: SetAsideReason::Unreadable, detail: detail.into() }
}

/// A record of a device that the vendor does not call present.
pub(crate) fn not_present(key: Option<String>, hostname: Option<String>, detail: String) -> SetAside {
    SetAside { vendor_device_key: key, hostname, reason: SetAsideReason::NotPresent, detail }
}

/// Checks a name against the length that can be kept. Nothing is cut: the part that is cut off could be the one that
/// decides (`spare`).
pub(crate) fn fits(name: Option<&str>, what: &str) -> Result<(), String> {
    match name.map(|name| name.chars().count()) {
        Some(length) if length > NAME_LENGTH => Err(format!("{what} of {length} characters, at most {NAME_LENGTH}")),
        _ => Ok(()),
    }
}

/// The device of a record that is the only one of a request; what cannot be read is an error there, since nothing else
/// would show it.
pub(crate) fn present_one(record: Result<Observation, SetAside>) -> Result<Option<Observation>, String> {
    match record {
        Ok(observation) => Ok(Some(observation)),
        Err(aside) if aside.reason == SetAsideReason::NotPresent => Ok(None),
        Err(aside) => Err(format!("a record that cannot be read: {}", aside.detail)),
    }
}
