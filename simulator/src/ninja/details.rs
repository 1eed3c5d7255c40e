//! What the detailed row adds to the basic one: a shape for each kind of device.

use crate::fleet::class::{Class, Shape};
use crate::fleet::hardware::vmware_spaced;
use crate::fleet::machine::{Machine, Part};
use crate::fleet::{Device, people};
use crate::moment::Moment;
use crate::wire::{Object, Wire};
use crate::world::World;

impl World {
    pub(crate) fn detailed_of(&self, device: &Device) -> Object {
        let machine = self.fleet.machine(device.machine);
        let mut row = self.basic_of(device);
        match machine.class.shape() {
            Shape::Agent => self.put_agent_details(device, machine, &mut row),
            Shape::VmHost => self.put_host_details(device, machine, &mut row),
            Shape::VmGuest => self.put_guest_details(device, machine, &mut row),
            Shape::Network => {
                row.put("ipAddresses", vec![Wire::from(machine.local_ip())]);
                row.put("macAddresses", vec![Wire::from(machine.macs().swap_remove(0))]);
            }
            Shape::Bare => put_warranty(machine, &mut row),
        }
        row
    }

    fn put_agent_details(&self, device: &Device, machine: &Machine, row: &mut Object) {
        if device.silence.is_none() {
            // Never finished its first inventory.
            row.put("deviceType", "AgentDevice");
            return;
        }
        let ips = [machine.local_ip(), format!("fe80::1c2d:3e4f:{:x}:7c8d", machine.index & 0xFFFF)];
        row.put("ipAddresses", ips.to_vec()).put("macAddresses", machine.macs());
        row.put("publicIP", machine.public_ip());
        if machine.luck.chance("noted", 40) {
            let mut note = Object::new();
            note.put("text", "ask for Amy before rebooting");
            row.put("notes", vec![Wire::from(note)]);
        }
        row.put("os", self.os(machine)).put("system", self.system(device, machine));
        let mut memory = Object::new();
        memory.put("capacity", machine.memory());
        row.put("memory", memory).put("processors", processors(machine)).put("volumes", volumes(device.id, machine));
        row.put_some("lastLoggedInUser", last_user(self.home(device).code.as_str(), machine));
        row.put("deviceType", "AgentDevice");
    }

    /// The operating system, as in the detailed row and in its report.
    pub(crate) fn os(&self, machine: &Machine) -> Object {
        let luck = machine.luck;
        let (manufacturer, name, build, release) = system_software(machine);
        let booted = Moment::nights_before(self.fleet.day(), luck.within("booted", 1, 40)).whole_secs();
        let mut os = Object::new();
        os.put("manufacturer", manufacturer).put("name", name);
        os.put("architecture", luck.pick("spelling", &["64-bit", "64-bit", "64-bit", "x64", "AMD64"]));
        os.put("lastBootTime", booted).put("buildNumber", build).put("releaseId", release);
        os.put("servicePackMajorVersion", 0).put("servicePackMinorVersion", 0);
        os.put("locale", "en-US").put("language", "English").put("needsReboot", luck.chance("reboot", 150));
        os
    }

    /// The box, as in the detailed row and in its report.
    pub(crate) fn system(&self, device: &Device, machine: &Machine) -> Object {
        let make = machine.make();
        let (bios, serial) = self.serials(machine);
        let server = machine.class.is_server();
        let mut system = Object::new();
        system.put("name", device.host.clone()).put("manufacturer", make.manufacturer).put("model", make.model);
        system.put("biosSerialNumber", bios).put("serialNumber", serial);
        system.put(
            "domain",
            if machine.class.is_windows() { self.home(device).code.clone() } else { "WORKGROUP".to_owned() },
        );
        system.put("domainRole", if server { "Member Server" } else { "Member Workstation" });
        system.put("numberOfProcessors", if server { 2 } else { 1 }).put("totalPhysicalMemory", machine.memory());
        system.put("virtualMachine", machine.is_virtual()).put("chassisType", make.chassis);
        system
    }

    /// BIOS serial number and serial number.
    fn serials(&self, machine: &Machine) -> (String, String) {
        if let Some(placeholder) = machine.placeholder() {
            return (placeholder.to_owned(), placeholder.to_owned());
        }
        if machine.is_virtual() {
            return (vmware_spaced(machine.vmware_bytes()), "None".to_owned());
        }
        let original = match machine.part {
            Part::Twin { of, .. } => Some(self.fleet.machine(of)),
            _ => None,
        };
        let serial = machine.plain_serial(machine.serial_luck(original));
        if machine.luck.chance("padded serial", 30) {
            return (format!(" {serial} "), serial);
        }
        (serial.clone(), serial)
    }

    fn put_host_details(&self, device: &Device, machine: &Machine, row: &mut Object) {
        let vmware = machine.class == Class::VmwareHost;
        let macs: Vec<String> =
            machine.macs().iter().flat_map(|mac| [mac.to_lowercase(), mac.to_lowercase()]).collect();
        row.put("ipAddresses", vec![Wire::from(machine.local_ip())]).put("macAddresses", macs);
        row.put("cpuMhz", 2195).put("cpuModel", "Intel(R) Xeon(R) Silver 4114 CPU @ 2.20GHz");
        row.put("htActive", true).put("htAvailable", true);
        row.put(
            "lastBootTime",
            Moment::nights_before(self.fleet.day(), 90 + machine.luck.within("booted", 0, 300)).whole_secs(),
        );
        row.put("memorySize", 102_715_461_632_i64)
            .put("model", "ProLiant DL380 Gen10")
            .put("name", device.host.clone());
        row.put("cpuPackages", 2)
            .put("cpuThreads", 40)
            .put("serviceTag", machine.plain_serial(machine.luck))
            .put("vendor", "HPE");
        row.put("releaseName", if vmware { "VMware ESXi 8.0.1 build-21813344" } else { "Hyper-V Server 2022" });
        row.put("version", if vmware { "8.0.1" } else { "10.0.20348" });
        row.put("buildNumber", if vmware { "21813344" } else { "20348" }).put("deviceType", "VMHost");
    }

    fn put_guest_details(&self, device: &Device, machine: &Machine, row: &mut Object) {
        row.put("ipAddresses", vec![Wire::from(machine.local_ip())]);
        row.put("name", device.host.clone()).put("powerState", "POWERED_ON").put("numCpu", 2);
        row.put("memorySize", machine.memory()).put("guestOs", "Microsoft Windows Server 2022 (64-bit)");
        row.put("lastBootTime", Moment::nights_before(self.fleet.day(), 20).whole_secs()).put("deviceType", "VMGuest");
    }
}

fn put_warranty(machine: &Machine, row: &mut Object) {
    if machine.class != Class::Unmanaged {
        return;
    }
    let mut warranty = Object::new();
    warranty.put("startDate", Wire::Raw("1700000000.000000000".to_owned()));
    warranty.put("endDate", Wire::Raw("1794608000.000000000".to_owned()));
    let mut references = Object::new();
    references.put("warranty", warranty);
    row.put("references", references);
}

/// Manufacturer, name, build number and release of the operating system.
fn system_software(machine: &Machine) -> (&'static str, &'static str, &'static str, &'static str) {
    const MICROSOFT: &str = "Microsoft Corporation";
    match machine.class {
        Class::Mac => ("Apple Inc.", "macOS 15.5", "24F74", "15.5"),
        Class::LinuxServer | Class::LinuxWorkstation => ("Canonical Ltd.", "Ubuntu 24.04.2 LTS", "6.8.0-60", "24.04"),
        Class::WindowsServer => machine.luck.pick(
            "os",
            &[
                (MICROSOFT, "Windows Server 2022 Standard Edition", "20348", "21H2"),
                (MICROSOFT, "Windows Server 2019 Standard Edition", "17763", "1809"),
                (MICROSOFT, "Windows Server 2016 Standard Edition", "14393", "1607"),
            ],
        ),
        _ if !machine.cpu().modern => (MICROSOFT, "Windows 10 Professional Edition", "19045", "22H2"),
        _ => machine.luck.pick(
            "os",
            &[
                (MICROSOFT, "Windows 11 Professional Edition", "26100", "24H2"),
                (MICROSOFT, "Windows 11 Professional Edition", "26100", "24H2"),
                (MICROSOFT, "Windows 11 Professional Edition", "26200", "25H2"),
                (MICROSOFT, "Windows 11 Professional Edition", "22631", "23H2"),
                (MICROSOFT, "Windows 11 Enterprise Edition", "22621", "22H2"),
                (MICROSOFT, "Windows 10 Professional Edition", "19045", "22H2"),
            ],
        ),
    }
}

fn last_user(code: &str, machine: &Machine) -> Option<String> {
    (!machine.luck.chance("nobody logged in", 120)).then(|| format!("{code}\\{}", people::account(machine.luck)))
}

/// One entry for each processor; clocks in Hz.
pub(crate) fn processors(machine: &Machine) -> Vec<Wire> {
    let cpu = machine.cpu();
    let one = || {
        let mut row = Object::new();
        row.put("architecture", if machine.class == Class::Mac { "ARM64" } else { "x64" });
        row.put("maxClockSpeed", cpu.hertz).put("clockSpeed", cpu.hertz).put("name", cpu.name);
        row.put("numCores", cpu.cores).put("numLogicalCores", cpu.cores * 2);
        Wire::from(row)
    };
    (0..processor_count(machine)).map(|_| one()).collect()
}

pub(crate) fn processor_count(machine: &Machine) -> usize {
    if machine.class.is_server() { 2 } else { 1 }
}

pub(crate) fn volume_count(machine: &Machine) -> usize {
    if machine.class.is_server() || machine.luck.chance("second volume", 250) { 2 } else { 1 }
}

/// The volumes, the system's first; sizes in bytes.
pub(crate) fn volumes(id: i64, machine: &Machine) -> Vec<Wire> {
    (0..volume_count(machine)).map(|number| Wire::from(volume(id, machine, number))).collect()
}

fn volume(id: i64, machine: &Machine, number: usize) -> Object {
    let luck = machine.luck.of(number as u64);
    let capacity = if number == 0 { machine.system_volume() } else { 2_000_000_000_000 };
    let name = match (machine.class.is_windows(), number) {
        (true, 0) => "C:",
        (true, _) => "D:",
        (false, 0) => "/",
        (false, _) => "/data",
    };
    let mut row = Object::new();
    row.put("nodeId", id).put("name", name).put("label", "").put("deviceType", "Local Disk");
    row.put("fileSystem", if machine.class.is_windows() { "NTFS" } else { "ext4" });
    row.put("autoMount", false).put("compressed", false).put("capacity", capacity);
    row.put("freeSpace", capacity / 100 * i64::from(luck.within("free", 5, 80)));
    row.put("serialNumber", format!("{:08X}", luck.roll("volume serial") & 0xFFFF_FFFF));
    row
}
