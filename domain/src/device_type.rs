//! What kind of machine a vendor record describes (rules section 5).

/// The kind of a device, as the hub names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DeviceType {
    /// A server with its own operating system.
    Server,
    /// A desktop or a laptop.
    Workstation,
    /// A machine that runs virtual machines.
    VirtualHost,
    /// A virtual machine, seen through its host.
    VirtualGuest,
    /// Network gear: switches, routers, firewalls, access points.
    Network,
    /// A telephone or a tablet with a mobile operating system.
    Mobile,
    /// A target of cloud monitoring; no machine of the client's.
    Cloud,
    /// Something else that is known: printers, desk telephones, unmanaged things.
    Other,
    /// Nobody said what it is.
    Unknown,
}

/// What each of Ninja's node classes is (vendor-apis.md 1.6). `MANAGED_DEVICE` says nothing and is decided by the other
/// facts, like a class that Ninja adds one day.
const NODE_CLASSES: [(&str, Option<DeviceType>); 33] = [
    ("WINDOWS_SERVER", Some(DeviceType::Server)),
    ("LINUX_SERVER", Some(DeviceType::Server)),
    ("MAC_SERVER", Some(DeviceType::Server)),
    ("NMS_SERVER", Some(DeviceType::Server)),
    ("WINDOWS_WORKSTATION", Some(DeviceType::Workstation)),
    ("LINUX_WORKSTATION", Some(DeviceType::Workstation)),
    ("MAC", Some(DeviceType::Workstation)),
    ("NMS_COMPUTER", Some(DeviceType::Workstation)),
    ("VMWARE_VM_HOST", Some(DeviceType::VirtualHost)),
    ("HYPERV_VMM_HOST", Some(DeviceType::VirtualHost)),
    ("NMS_VM_HOST", Some(DeviceType::VirtualHost)),
    ("VMWARE_VM_GUEST", Some(DeviceType::VirtualGuest)),
    ("HYPERV_VMM_GUEST", Some(DeviceType::VirtualGuest)),
    ("NMS_VIRTUAL_MACHINE", Some(DeviceType::VirtualGuest)),
    ("NMS_SWITCH", Some(DeviceType::Network)),
    ("NMS_ROUTER", Some(DeviceType::Network)),
    ("NMS_FIREWALL", Some(DeviceType::Network)),
    ("NMS_PRIVATE_NETWORK_GATEWAY", Some(DeviceType::Network)),
    ("NMS_DIAL_MANAGER", Some(DeviceType::Network)),
    ("NMS_WAP", Some(DeviceType::Network)),
    ("NMS_IPSLA", Some(DeviceType::Network)),
    ("NMS_APPLIANCE", Some(DeviceType::Network)),
    ("NMS_NETWORK_MANAGEMENT_AGENT", Some(DeviceType::Network)),
    ("ANDROID", Some(DeviceType::Mobile)),
    ("APPLE_IOS", Some(DeviceType::Mobile)),
    ("APPLE_IPADOS", Some(DeviceType::Mobile)),
    ("CLOUD_MONITOR_TARGET", Some(DeviceType::Cloud)),
    ("NMS_PRINTER", Some(DeviceType::Other)),
    ("NMS_SCANNER", Some(DeviceType::Other)),
    ("NMS_PHONE", Some(DeviceType::Other)),
    ("NMS_OTHER", Some(DeviceType::Other)),
    ("UNMANAGED_DEVICE", Some(DeviceType::Other)),
    ("MANAGED_DEVICE", None),
];

/// Words of an operating system's name that only desktops have; Linux alone says nothing.
const DESKTOP_WORDS: [&str; 10] = [
    "windows",
    "macos",
    "mac os",
    "os x",
    "linux desktop",
    "ubuntu desktop",
    "linux mint",
    "elementary os",
    "pop!_os",
    "workstation",
];

impl DeviceType {
    /// Every type, in the order of the codes in the documentation.
    pub const ALL: [Self; 9] = [
        Self::Server,
        Self::Workstation,
        Self::VirtualHost,
        Self::VirtualGuest,
        Self::Network,
        Self::Mobile,
        Self::Cloud,
        Self::Other,
        Self::Unknown,
    ];

    /// The code in table `device_type`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Workstation => "workstation",
            Self::VirtualHost => "virtual_host",
            Self::VirtualGuest => "virtual_guest",
            Self::Network => "network",
            Self::Mobile => "mobile",
            Self::Cloud => "cloud",
            Self::Other => "other",
            Self::Unknown => "unknown",
        }
    }

    /// The type with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|device_type| device_type.code() == code)
    }

    /// What a node class says by itself; `None` for a class that says nothing.
    pub fn of_node_class(node_class: &str) -> Option<Self> {
        let node_class = node_class.trim();
        NODE_CLASSES.iter().find(|(name, _)| name.eq_ignore_ascii_case(node_class)).and_then(|(_, found)| *found)
    }
}

/// The type of a device: by node class, else by the vendor's device type, else by the name of the operating system. Host
/// names are not asked: a switch called `happy-sw` is no application server.
pub fn classify(node_class: Option<&str>, vendor_device_type: Option<&str>, os_name: Option<&str>) -> DeviceType {
    node_class
        .and_then(DeviceType::of_node_class)
        .or_else(|| vendor_device_type.and_then(of_vendor_device_type))
        .or_else(|| os_name.and_then(of_os_name))
        .unwrap_or(DeviceType::Unknown)
}

/// Ninja's `deviceType`. `AgentDevice` is any machine with an agent, so it decides nothing.
fn of_vendor_device_type(word: &str) -> Option<DeviceType> {
    match word.trim().to_ascii_lowercase().as_str() {
        "vmhost" => Some(DeviceType::VirtualHost),
        "vmguest" => Some(DeviceType::VirtualGuest),
        _ => None,
    }
}

/// The operating system. Servers first, because `Windows Server 2022` is also Windows.
fn of_os_name(name: &str) -> Option<DeviceType> {
    let name = crate::text::fold(name);
    let has = |word: &str| name.contains(word);
    if has("server") {
        Some(DeviceType::Server)
    } else if has("android") || has("ipados") || is_apple_ios(&name) {
        Some(DeviceType::Mobile)
    } else if DESKTOP_WORDS.iter().any(|word| has(word)) {
        Some(DeviceType::Workstation)
    } else {
        None
    }
}

/// `iOS` as a word of its own, and not the one that Cisco's switches run.
fn is_apple_ios(folded: &str) -> bool {
    !folded.contains("cisco") && folded.split(|character: char| !character.is_alphanumeric()).any(|word| word == "ios")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The classes of vendor-apis.md 1.6 in the order of that page.
    const SPEC: &str = "WINDOWS_SERVER, WINDOWS_WORKSTATION, LINUX_WORKSTATION, MAC, ANDROID, APPLE_IOS,
        APPLE_IPADOS, VMWARE_VM_HOST, VMWARE_VM_GUEST, HYPERV_VMM_HOST, HYPERV_VMM_GUEST, LINUX_SERVER, MAC_SERVER,
        CLOUD_MONITOR_TARGET, NMS_SWITCH, NMS_ROUTER, NMS_FIREWALL, NMS_PRIVATE_NETWORK_GATEWAY, NMS_PRINTER, NMS_SCANNER,
        NMS_DIAL_MANAGER, NMS_WAP, NMS_IPSLA, NMS_COMPUTER, NMS_VM_HOST, NMS_APPLIANCE, NMS_OTHER, NMS_SERVER, NMS_PHONE,
        NMS_VIRTUAL_MACHINE, NMS_NETWORK_MANAGEMENT_AGENT, UNMANAGED_DEVICE, MANAGED_DEVICE";

    fn of_class(node_class: &str) -> DeviceType {
        classify(Some(node_class), None, None)
    }

    #[test]
    fn every_class_of_the_vendors_specification_is_in_the_table_and_all_but_one_decide() {
        let classes: Vec<_> = SPEC.split(',').map(str::trim).collect();
        assert_eq!(classes.len(), NODE_CLASSES.len());
        for class in classes {
            assert!(NODE_CLASSES.iter().any(|(name, _)| *name == class), "{class}");
            assert_eq!(of_class(class) == DeviceType::Unknown, class == "MANAGED_DEVICE", "{class}");
        }
    }

    #[test]
    fn the_class_decides_before_everything_else() {
        for (class, expected) in [
            ("WINDOWS_SERVER", DeviceType::Server),
            ("LINUX_WORKSTATION", DeviceType::Workstation),
            ("MAC", DeviceType::Workstation),
            ("MAC_SERVER", DeviceType::Server),
            ("VMWARE_VM_HOST", DeviceType::VirtualHost),
            ("HYPERV_VMM_GUEST", DeviceType::VirtualGuest),
            ("NMS_SWITCH", DeviceType::Network),
            ("APPLE_IPADOS", DeviceType::Mobile),
            ("CLOUD_MONITOR_TARGET", DeviceType::Cloud),
            ("NMS_PRINTER", DeviceType::Other),
            ("UNMANAGED_DEVICE", DeviceType::Other),
            (" windows_server ", DeviceType::Server),
        ] {
            assert_eq!(classify(Some(class), Some("VMGuest"), Some("Windows 11 Server")), expected, "{class}");
        }
    }

    #[test]
    fn a_class_that_says_nothing_leaves_it_to_the_vendors_device_type_and_that_to_the_system() {
        for class in [None, Some("MANAGED_DEVICE"), Some("SOMETHING_NEW"), Some("")] {
            assert_eq!(classify(class, Some("VMHost"), Some("Windows 11")), DeviceType::VirtualHost);
            assert_eq!(classify(class, Some("vmguest"), None), DeviceType::VirtualGuest);
            assert_eq!(classify(class, Some("AgentDevice"), Some("Windows 11")), DeviceType::Workstation);
            assert_eq!(classify(class, Some("AgentDevice"), None), DeviceType::Unknown);
        }
    }

    #[test]
    fn the_operating_system_decides_last() {
        for (os_name, expected) in [
            ("Windows 11 Business ", DeviceType::Workstation),
            ("Windows Server 2022 Standard", DeviceType::Server),
            ("Ubuntu 24.04 Server", DeviceType::Server),
            ("macOS Sequoia", DeviceType::Workstation),
            ("Mac OS X 10.15", DeviceType::Workstation),
            ("Ubuntu Desktop 24.04", DeviceType::Workstation),
            ("Fedora Linux 42 (Workstation Edition)", DeviceType::Workstation),
            ("Android 15", DeviceType::Mobile),
            ("iOS 18.1", DeviceType::Mobile),
            ("iPadOS 18", DeviceType::Mobile),
            ("Cisco IOS 15.2", DeviceType::Unknown),
            ("AxiOS", DeviceType::Unknown),
            ("Debian GNU/Linux 12", DeviceType::Unknown),
            ("", DeviceType::Unknown),
        ] {
            assert_eq!(classify(None, None, Some(os_name)), expected, "{os_name}");
        }
    }

    #[test]
    fn nothing_known_is_unknown() {
        assert_eq!(classify(None, None, None), DeviceType::Unknown);
    }

    #[test]
    fn every_code_names_its_type() {
        for device_type in DeviceType::ALL {
            assert_eq!(DeviceType::from_code(device_type.code()), Some(device_type));
        }
        assert_eq!(DeviceType::from_code("Server"), None);
    }
}
