//! One device as one vendor showed it at one moment, normalised, not stored yet.
//!
//! `None` always means "the vendor did not say", never "no" or zero.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::vendor::Vendor;

/// A vendor's organization, or a location inside one: the vendor's own id and, where known, its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The vendor's own id, as text.
    pub key: String,
    /// The vendor's name for it, trimmed; `None` when the vendor names the id but lists no such place.
    pub name: Option<String>,
}

/// One device as one vendor showed it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// Who showed it.
    pub vendor: Vendor,
    /// The vendor's own id of the device: Ninja's `id`, ThreatLocker's `computerId` (lower case). Never blank.
    pub vendor_device_key: String,
    /// Host name as received, cleaned of control characters and trimmed. Never blank, at most 255 characters.
    pub hostname: String,
    /// The name people gave it, at most 255 characters.
    pub display_name: Option<String>,
    /// The client organization it is filed under.
    pub organization: Option<Place>,
    /// The location inside the organization.
    pub location: Option<Place>,
    /// The vendor's word for its state (`online`, `offline`, `active`).
    pub device_status: Option<String>,
    /// Ninja's `nodeClass`.
    pub node_class: Option<String>,
    /// Ninja's `deviceType` (`AgentDevice`, `VMHost`, `VMGuest`).
    pub vendor_device_type: Option<String>,
    /// Chassis as the vendor knows it (`Desktop`, `Laptop`).
    pub chassis: Option<String>,
    /// When the vendor last heard from the device.
    pub last_online: Option<DateTime<Utc>>,
    /// When the vendor first listed the device (Ninja `created`, ThreatLocker `dateAdded`).
    pub agent_installed_at: Option<DateTime<Utc>>,
    /// Operating system.
    pub os: OperatingSystem,
    /// Hardware.
    pub hardware: Hardware,
    /// Network.
    pub network: Network,
    /// What only a protection vendor says.
    pub protection: Protection,
    /// The vendor's record as received (JSON text), kept for the latest day only.
    pub payload: String,
}

/// What the vendor says of the operating system.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatingSystem {
    /// Name, trimmed: `Windows 11 Professional Edition`.
    pub name: Option<String>,
    /// Build: `26100`.
    pub build: Option<String>,
    /// Release: `24H2`.
    pub release_id: Option<String>,
    /// Architecture as spelt by the vendor: `64-bit`, `x64`, `ARM64`.
    pub architecture: Option<String>,
}

/// What the vendor says of the hardware.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hardware {
    /// Serial number as received, trimmed; placeholders are refused later, by [`crate::serial::key`].
    pub serial_number: Option<String>,
    /// Manufacturer.
    pub manufacturer: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Name of the first processor.
    pub cpu_model: Option<String>,
    /// Memory in GiB, two decimals.
    pub memory_gib: Option<Decimal>,
    /// Volumes in the predecessor's spelling: `C:: 475.9GB, D:: 100.0GB`.
    pub volumes: Option<String>,
    /// A TPM is there.
    pub has_tpm: Option<bool>,
    /// The TPM is switched on.
    pub tpm_enabled: Option<bool>,
    /// TPM version as reported: `2.0, 0, 1.38`.
    pub tpm_version: Option<String>,
    /// The firmware can do Secure Boot.
    pub secure_boot_available: Option<bool>,
    /// Secure Boot is on.
    pub secure_boot_enabled: Option<bool>,
}

/// What the vendor says of the network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// MAC addresses as received, doubles removed.
    pub mac_addresses: Vec<String>,
    /// Local addresses as received.
    pub ip_addresses: Vec<String>,
    /// The address the vendor saw it from.
    pub public_ip: Option<String>,
    /// The last signed-in user.
    pub last_user: Option<String>,
}

/// What a protection vendor says; all `None` for others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protection {
    /// Policy group.
    pub computer_group: Option<String>,
    /// Mode: `Secure`, `Monitor Only`; free text of the vendor.
    pub security_mode: Option<String>,
    /// Denied actions in the last day.
    pub deny_count_1d: Option<i32>,
    /// Denied actions in the last three days.
    pub deny_count_3d: Option<i32>,
    /// Denied actions in the last seven days.
    pub deny_count_7d: Option<i32>,
    /// When the agent says it was installed (ThreatLocker `installDate`; often not said).
    pub install_date: Option<DateTime<Utc>>,
    /// Locked out by an operator.
    pub is_locked_out: Option<bool>,
    /// Isolated from the network.
    pub is_isolated: Option<bool>,
    /// Agent version.
    pub agent_version: Option<String>,
    /// It has checked in at least once.
    pub has_checked_in: Option<bool>,
}
