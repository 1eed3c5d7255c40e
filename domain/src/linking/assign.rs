//! Gives each machine its device id, and lets it keep the one it had.

use crate::{linking::Linking, vendor::Vendor};

/// One identity with the device it belonged to so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// The identity.
    pub identity_id: i64,
    /// Whose identity it is.
    pub vendor: Vendor,
    /// The device it belonged to; `None` for a new identity.
    pub device_id: Option<i64>,
}

/// The identities of one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceAssignment {
    /// The device they belong to from now on; `None` means a new device.
    pub device_id: Option<i64>,
    /// Its identities, ascending.
    pub identities: Vec<i64>,
}

/// Groups identities into devices.
pub fn assign_devices(_members: &[Member], _linking: &Linking) -> Vec<DeviceAssignment> {
    todo!()
}
