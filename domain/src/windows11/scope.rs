//! Which devices the question is put to: Windows workstations, as the reference vendor tells them.

use crate::{device_type::DeviceType, text::fold, vendor::Vendor};

/// Ninja's class of a Windows workstation: known from its first day, before its first inventory names the system.
const WORKSTATION_CLASS: &str = "WINDOWS_WORKSTATION";

/// Whether a record is of a Windows workstation that is judged. Only the reference vendor reports hardware: another vendor's
/// record of the same machine would be "not enough data" for ever.
///
/// A workstation whose system nobody named yet is one of Windows if its class says so: it is judged, and lacks data.
pub fn is_windows_workstation(
    vendor: Vendor,
    device_type: DeviceType,
    node_class: Option<&str>,
    os_name: Option<&str>,
) -> bool {
    vendor == Vendor::REFERENCE
        && device_type == DeviceType::Workstation
        && match os_name.map(fold).filter(|name| !name.trim().is_empty()) {
            Some(name) => name.contains("windows") && !name.contains("server"),
            None => node_class.is_some_and(|class| class.trim().eq_ignore_ascii_case(WORKSTATION_CLASS)),
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_workstations_of_the_reference_vendor_are_judged_and_nothing_else() {
        use DeviceType::{Server, Unknown, VirtualGuest, Workstation};
        for (vendor, device_type, class, os_name, expected) in [
            (Vendor::Ninja, Workstation, Some("WINDOWS_WORKSTATION"), Some("Windows 11 Professional Edition"), true),
            (Vendor::Ninja, Workstation, None, Some("Microsoft WINDOWS 10 Pro"), true),
            (Vendor::Ninja, Workstation, Some("WINDOWS_WORKSTATION"), None, true),
            (Vendor::Ninja, Workstation, Some("windows_workstation "), Some("  "), true),
            (Vendor::Ninja, Workstation, None, None, false),
            (Vendor::Ninja, Workstation, Some("MAC"), Some("macOS 15.5"), false),
            (Vendor::Ninja, Workstation, Some("LINUX_WORKSTATION"), Some("Ubuntu 24.04.2 LTS"), false),
            (Vendor::Ninja, Workstation, Some("WINDOWS_WORKSTATION"), Some("Windows Server 2022"), false),
            (Vendor::Ninja, Server, Some("WINDOWS_SERVER"), Some("Windows Server 2022"), false),
            (Vendor::Ninja, VirtualGuest, Some("VMWARE_VM_GUEST"), Some("Windows 10"), false),
            (Vendor::Ninja, Unknown, None, Some("Windows 11"), false),
            (Vendor::ThreatLocker, Workstation, None, Some("Windows 11 Business"), false),
        ] {
            let judged = is_windows_workstation(vendor, device_type, class, os_name);
            assert_eq!(judged, expected, "{vendor:?} {device_type:?} {class:?} {os_name:?}");
        }
    }
}
