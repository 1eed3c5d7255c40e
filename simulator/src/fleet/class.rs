/// Ninja's `nodeClass`, as far as this fleet has machines of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Class {
    WindowsServer,
    WindowsWorkstation,
    LinuxServer,
    LinuxWorkstation,
    Mac,
    Android,
    AppleIos,
    AppleIpados,
    VmwareHost,
    VmwareGuest,
    HypervHost,
    HypervGuest,
    CloudTarget,
    NmsSwitch,
    NmsFirewall,
    NmsPrinter,
    NmsWap,
    NmsPhone,
    NmsOther,
    Unmanaged,
    /// A class that no published list names.
    Unheard,
}

/// Which shape Ninja's detailed payload takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// An agent runs on it: `os`, `system`, `memory` and so on.
    Agent,
    /// Flat hypervisor facts, serial in `serviceTag`.
    VmHost,
    /// Flat guest facts.
    VmGuest,
    /// Seen over the network: addresses, nothing else.
    Network,
    /// Only the basic keys.
    Bare,
}

impl Class {
    pub(crate) const ALL: [Self; 21] = [
        Self::WindowsServer,
        Self::WindowsWorkstation,
        Self::LinuxServer,
        Self::LinuxWorkstation,
        Self::Mac,
        Self::Android,
        Self::AppleIos,
        Self::AppleIpados,
        Self::VmwareHost,
        Self::VmwareGuest,
        Self::HypervHost,
        Self::HypervGuest,
        Self::CloudTarget,
        Self::NmsSwitch,
        Self::NmsFirewall,
        Self::NmsPrinter,
        Self::NmsWap,
        Self::NmsPhone,
        Self::NmsOther,
        Self::Unmanaged,
        Self::Unheard,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::WindowsServer => "WINDOWS_SERVER",
            Self::WindowsWorkstation => "WINDOWS_WORKSTATION",
            Self::LinuxServer => "LINUX_SERVER",
            Self::LinuxWorkstation => "LINUX_WORKSTATION",
            Self::Mac => "MAC",
            Self::Android => "ANDROID",
            Self::AppleIos => "APPLE_IOS",
            Self::AppleIpados => "APPLE_IPADOS",
            Self::VmwareHost => "VMWARE_VM_HOST",
            Self::VmwareGuest => "VMWARE_VM_GUEST",
            Self::HypervHost => "HYPERV_VMM_HOST",
            Self::HypervGuest => "HYPERV_VMM_GUEST",
            Self::CloudTarget => "CLOUD_MONITOR_TARGET",
            Self::NmsSwitch => "NMS_SWITCH",
            Self::NmsFirewall => "NMS_FIREWALL",
            Self::NmsPrinter => "NMS_PRINTER",
            Self::NmsWap => "NMS_WAP",
            Self::NmsPhone => "NMS_PHONE",
            Self::NmsOther => "NMS_OTHER",
            Self::Unmanaged => "UNMANAGED_DEVICE",
            Self::Unheard => "EDGE_COMPUTE_NODE",
        }
    }

    pub(crate) fn shape(self) -> Shape {
        match self {
            Self::WindowsServer | Self::WindowsWorkstation | Self::LinuxServer | Self::LinuxWorkstation | Self::Mac => {
                Shape::Agent
            }
            Self::VmwareHost | Self::HypervHost => Shape::VmHost,
            Self::VmwareGuest | Self::HypervGuest => Shape::VmGuest,
            Self::NmsSwitch
            | Self::NmsFirewall
            | Self::NmsPrinter
            | Self::NmsWap
            | Self::NmsPhone
            | Self::NmsOther
            | Self::Unheard => Shape::Network,
            Self::Android | Self::AppleIos | Self::AppleIpados | Self::CloudTarget | Self::Unmanaged => Shape::Bare,
        }
    }

    pub(crate) fn is_server(self) -> bool {
        matches!(self, Self::WindowsServer | Self::LinuxServer)
    }

    pub(crate) fn is_windows(self) -> bool {
        matches!(self, Self::WindowsServer | Self::WindowsWorkstation)
    }

    /// The part of a host name that tells what the machine is for.
    pub(crate) fn stem(self) -> &'static str {
        match self {
            Self::WindowsServer => "SRV",
            Self::WindowsWorkstation => "WS",
            Self::LinuxServer => "lnx",
            Self::LinuxWorkstation => "ubu",
            Self::Mac => "MBP",
            Self::Android | Self::AppleIos => "PHONE",
            Self::AppleIpados => "IPAD",
            Self::VmwareHost => "esx",
            Self::VmwareGuest | Self::HypervGuest => "VM",
            Self::HypervHost => "HV",
            Self::CloudTarget => "web",
            Self::NmsSwitch => "SW",
            Self::NmsFirewall => "FW",
            Self::NmsPrinter => "PRN",
            Self::NmsWap => "AP",
            Self::NmsPhone => "TEL",
            Self::NmsOther => "NET",
            Self::Unmanaged => "TV",
            Self::Unheard => "EDGE",
        }
    }
}
