//! The groups of facts inside a `DeviceSnapshot`.

use async_graphql::{Object, SimpleObject};
use entity::device_snapshot::Model;
use rust_decimal::prelude::ToPrimitive;

use super::{DateTime, stored::texts};

/// An organization or a location, as a vendor keeps it.
#[derive(Clone, Debug, SimpleObject)]
pub struct VendorPlace {
    /// The vendor's own id; null when the vendor gave a name only.
    key: Option<String>,
    /// The vendor's name; null when the vendor gave an id only.
    name: Option<String>,
}

impl VendorPlace {
    /// `None` when the vendor names neither.
    pub(super) fn new(key: Option<&str>, name: Option<&str>) -> Option<Self> {
        (key.is_some() || name.is_some()).then(|| Self { key: key.map(Into::into), name: name.map(Into::into) })
    }
}

/// The operating system.
#[derive(Clone, Copy, Debug)]
pub struct OperatingSystem<'a>(pub(super) &'a Model);

/// What a vendor said of the operating system. A field is null when it did not say.
#[Object]
impl OperatingSystem<'_> {
    /// Name: `Windows 11 Professional Edition`; null when not said.
    async fn name(&self) -> Option<&str> {
        self.0.os_name.as_deref()
    }

    /// Architecture as the vendor spells it: `64-bit`, `x64`, `ARM64`; null when not said.
    async fn architecture(&self) -> Option<&str> {
        self.0.os_architecture.as_deref()
    }

    /// Build: `26100`; null when not said.
    async fn build(&self) -> Option<&str> {
        self.0.os_build.as_deref()
    }

    /// Release: `24H2`; null when not said.
    async fn release_id(&self) -> Option<&str> {
        self.0.os_release_id.as_deref()
    }
}

/// The hardware.
#[derive(Clone, Copy, Debug)]
pub struct Hardware<'a>(pub(super) &'a Model);

/// What a vendor said of the hardware. A field is null when it did not say: never "no", never zero.
#[Object]
impl Hardware<'_> {
    /// Serial number as received, placeholders included; null when not said.
    async fn serial_number(&self) -> Option<&str> {
        self.0.serial_number.as_deref()
    }

    /// Manufacturer; null when not said.
    async fn manufacturer(&self) -> Option<&str> {
        self.0.system_manufacturer.as_deref()
    }

    /// Model; null when not said.
    async fn model(&self) -> Option<&str> {
        self.0.system_model.as_deref()
    }

    /// Name of the first processor; null when not said.
    async fn cpu_model(&self) -> Option<&str> {
        self.0.cpu_model.as_deref()
    }

    /// Memory in GiB, to two decimals; null when not said.
    async fn memory_gib(&self) -> Option<f64> {
        self.0.memory_gib.and_then(|memory| memory.to_f64())
    }

    /// Volumes: `C:: 475.9GB, D:: 100.0GB`; null when not said.
    async fn volumes(&self) -> Option<&str> {
        self.0.volumes.as_deref()
    }

    /// Whether it has a TPM; null when not said.
    async fn has_tpm(&self) -> Option<bool> {
        self.0.has_tpm
    }

    /// Whether the TPM is switched on; null when not said.
    async fn tpm_enabled(&self) -> Option<bool> {
        self.0.tpm_enabled
    }

    /// TPM version as reported; null when not said.
    async fn tpm_version(&self) -> Option<&str> {
        self.0.tpm_version.as_deref()
    }

    /// Whether the firmware can do Secure Boot; null when not said.
    async fn secure_boot_available(&self) -> Option<bool> {
        self.0.secure_boot_available
    }

    /// Whether Secure Boot is on; null when not said.
    async fn secure_boot_enabled(&self) -> Option<bool> {
        self.0.secure_boot_enabled
    }
}

/// The network.
#[derive(Clone, Copy, Debug)]
pub struct NetworkFacts<'a>(pub(super) &'a Model);

/// What a vendor said of the network.
#[Object]
impl NetworkFacts<'_> {
    /// MAC addresses as received; null when not said.
    async fn mac_addresses(&self) -> Option<Vec<String>> {
        self.0.mac_addresses.as_ref().map(texts)
    }

    /// Local addresses as received; null when not said.
    async fn ip_addresses(&self) -> Option<Vec<String>> {
        self.0.ip_addresses.as_ref().map(texts)
    }

    /// The address that the vendor saw it from; null when not said.
    async fn public_ip(&self) -> Option<&str> {
        self.0.public_ip.as_deref()
    }

    /// The user who last signed in; null when not said.
    async fn last_user(&self) -> Option<&str> {
        self.0.last_user.as_deref()
    }
}

/// The protection.
#[derive(Clone, Copy, Debug)]
pub struct Protection<'a>(pub(super) &'a Model);

/// What a protection vendor said. A field is null when it did not say.
#[Object]
impl Protection<'_> {
    /// Policy group; null when not said.
    async fn computer_group(&self) -> Option<&str> {
        self.0.computer_group.as_deref()
    }

    /// Mode in the vendor's words (`Secure`, `Monitor Only`); null when not said.
    async fn security_mode(&self) -> Option<&str> {
        self.0.security_mode.as_deref()
    }

    /// Denied actions in the last day; null when not said.
    #[graphql(name = "denyCount1d")]
    async fn deny_count_1d(&self) -> Option<i32> {
        self.0.deny_count_1d
    }

    /// Denied actions in the last three days; null when not said.
    #[graphql(name = "denyCount3d")]
    async fn deny_count_3d(&self) -> Option<i32> {
        self.0.deny_count_3d
    }

    /// Denied actions in the last seven days; null when not said.
    #[graphql(name = "denyCount7d")]
    async fn deny_count_7d(&self) -> Option<i32> {
        self.0.deny_count_7d
    }

    /// When the agent says that it was installed; null when not said.
    async fn install_date(&self) -> Option<DateTime> {
        self.0.install_date.map(DateTime)
    }

    /// Whether an operator locked it out; null when not said.
    async fn is_locked_out(&self) -> Option<bool> {
        self.0.is_locked_out
    }

    /// Whether it is isolated from the network; null when not said.
    async fn is_isolated(&self) -> Option<bool> {
        self.0.is_isolated
    }

    /// Version of the agent; null when not said.
    async fn agent_version(&self) -> Option<&str> {
        self.0.agent_version.as_deref()
    }

    /// Whether it has ever checked in; null when not said.
    async fn has_checked_in(&self) -> Option<bool> {
        self.0.has_checked_in
    }
}
