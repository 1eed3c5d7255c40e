//! What a machine is made of. Pure functions of its luck, shared by both vendors' rows so that they tell of one box.

use super::class::Class;
use super::machine::{Machine, Part};
use crate::dice::Luck;

/// A processor and when its kind appeared, which decides much about the rest.
pub(crate) struct Cpu {
    pub(crate) name: &'static str,
    pub(crate) hertz: i64,
    pub(crate) cores: i64,
    /// Microsoft supports Windows 11 24H2 on it.
    pub(crate) modern: bool,
}

const fn cpu(name: &'static str, hertz: i64, cores: i64, modern: bool) -> Cpu {
    Cpu { name, hertz, cores, modern }
}

const DESK_CPUS: &[Cpu] = &[
    cpu("12th Gen Intel(R) Core(TM) i5-12500", 3_200_000_000, 6, true),
    cpu("13th Gen Intel(R) Core(TM) i7-1355U", 1_700_000_000, 10, true),
    cpu("11th Gen Intel(R) Core(TM) i5-1135G7 @ 2.40GHz", 2_400_000_000, 4, true),
    cpu("Intel(R) Core(TM) i5-8500 CPU @ 3.00GHz", 3_000_000_000, 6, true),
    cpu("Intel(R) Core(TM) i7-10700 CPU @ 2.90GHz", 2_900_000_000, 8, true),
    cpu("Intel(R) Core(TM) Ultra 5 125U", 1_300_000_000, 12, true),
    cpu("AMD Ryzen 5 PRO 5650U with Radeon Graphics", 2_300_000_000, 6, true),
    cpu("AMD Ryzen 7 3700X 8-Core Processor", 3_600_000_000, 8, true),
    cpu("Intel(R) N100", 800_000_000, 4, true),
    cpu("Intel(R) Core(TM) i5-7500 CPU @ 3.40GHz", 3_400_000_000, 4, false),
    cpu("Intel(R) Core(TM) i3-6100 CPU @ 3.70GHz", 3_700_000_000, 2, false),
];
const SERVER_CPUS: &[Cpu] = &[
    cpu("Intel(R) Xeon(R) Gold 6258R CPU @ 2.70GHz", 2_694_000_000, 7, true),
    cpu("Intel(R) Xeon(R) Silver 4114 CPU @ 2.20GHz", 2_195_000_000, 10, false),
    cpu("Intel(R) Xeon(R) E-2234 CPU @ 3.60GHz", 3_600_000_000, 4, true),
];
const APPLE_CPU: Cpu = cpu("Apple M2", 3_490_000_000, 8, true);

/// Serial numbers that firmware tells when nobody wrote one.
pub(crate) const PLACEHOLDERS: &[&str] =
    &["To Be Filled By O.E.M.", "Default string", "System Serial Number", "0", "None", "0123456789", "............"];

/// Adapters that many hosts share: Hyper-V's default switch, a VPN client, a dock of the meeting room.
const SHARED_MACS: &[&str] = &["00:15:5D:00:00:01", "00:05:9A:3C:7A:00", "00:50:B6:9F:12:34"];
const OUIS: &[&str] = &["A4:BB:6D", "D0:67:26", "3C:52:82", "54:E1:AD", "B4:2E:99", "F4:8E:38"];

/// Manufacturer and model.
pub(crate) struct Make {
    pub(crate) manufacturer: &'static str,
    pub(crate) model: &'static str,
    pub(crate) chassis: &'static str,
}

const DESKS: &[Make] = &[
    Make { manufacturer: "Dell Inc.", model: "OptiPlex 7010", chassis: "DESKTOP" },
    Make { manufacturer: "Dell Inc.", model: "Latitude 5440", chassis: "LAPTOP" },
    Make { manufacturer: "LENOVO", model: "20U1A006IG", chassis: "LAPTOP" },
    Make { manufacturer: "HP", model: "HP ProDesk 400 G7", chassis: "DESKTOP" },
    Make { manufacturer: "Microsoft Corporation", model: "Surface Pro 9", chassis: "LAPTOP" },
];

impl Machine {
    /// Servers are virtual two times in three.
    pub(crate) fn is_virtual(&self) -> bool {
        self.class.is_server() && self.luck.chance("virtual", 650)
    }

    pub(crate) fn cpu(&self) -> &'static Cpu {
        if self.class == Class::Mac {
            return &APPLE_CPU;
        }
        let pool = if self.class.is_server() { SERVER_CPUS } else { DESK_CPUS };
        &pool[self.luck.below("cpu", pool.len())]
    }

    /// Physical memory in bytes.
    pub(crate) fn memory(&self) -> i64 {
        let gib = if self.class.is_server() {
            self.luck.pick("memory", &[16, 32, 64, 128])
        } else {
            self.luck.pick("memory", &[2, 8, 16, 16, 16, 32, 32, 64])
        };
        gib * 1024 * 1024 * 1024
    }

    /// Capacity of the system volume in bytes.
    pub(crate) fn system_volume(&self) -> i64 {
        self.luck
            .pick("volume", &[58_000_000_000, 255_000_000_000, 511_000_000_000, 511_000_000_000, 1_023_000_000_000])
    }

    pub(crate) fn make(&self) -> Make {
        if self.is_virtual() {
            return Make { manufacturer: "VMware, Inc.", model: "VMware7,1", chassis: "OTHER" };
        }
        if self.class == Class::Mac {
            return Make { manufacturer: "Apple Inc.", model: "Mac14,2", chassis: "LAPTOP" };
        }
        if self.class.is_server() {
            return Make { manufacturer: "Dell Inc.", model: "PowerEdge R650", chassis: "DESKTOP" };
        }
        let make = &DESKS[self.luck.below("make", DESKS.len())];
        Make { ..*make }
    }

    /// The luck that decides the serial number; a copied machine shares it with its original.
    pub(crate) fn serial_luck(&self, original: Option<&Machine>) -> Luck {
        match (self.part, original) {
            (Part::Twin { same_serial: true, .. }, Some(original)) => original.luck,
            _ => self.luck,
        }
    }

    /// A serial number as printed on the box.
    pub(crate) fn plain_serial(&self, luck: Luck) -> String {
        const DIGITS: &[u8] = b"0123456789BCDFGHJKLMNPQRSTVWXZ";
        let length = if self.make().manufacturer == "LENOVO" { 8 } else { 7 };
        let mut rest = luck.roll("serial") ^ u64::try_from(self.index).unwrap_or(0).rotate_left(40);
        if let (Part::Twin { of, same_serial: true }, true) = (self.part, luck != self.luck) {
            rest = luck.roll("serial") ^ u64::try_from(of).unwrap_or(0).rotate_left(40);
        }
        let digits = (0..length).map(|_| {
            let digit = DIGITS[usize::try_from(rest % DIGITS.len() as u64).unwrap_or(0)];
            rest /= DIGITS.len() as u64;
            digit as char
        });
        digits.collect()
    }

    /// The 16 bytes of a VMware machine's UUID.
    pub(crate) fn vmware_bytes(&self) -> [u8; 16] {
        let bytes = u128::from(self.luck.roll("vmware high")) << 64 | u128::from(self.luck.roll("vmware low"));
        bytes.to_be_bytes()
    }

    /// A placeholder that its firmware tells instead of a serial number.
    pub(crate) fn placeholder(&self) -> Option<&'static str> {
        (self.part == Part::PlaceholderSerial).then(|| self.luck.pick("placeholder", PLACEHOLDERS))
    }

    /// Its adapters as Windows spells them; some share a virtual one.
    pub(crate) fn macs(&self) -> Vec<String> {
        let mut macs = vec![self.mac(0)];
        if self.luck.chance("second adapter", 200) {
            macs.push(self.mac(1));
        }
        if self.class.shape() == super::class::Shape::Agent && self.luck.chance("shared adapter", 60) {
            macs.push(self.luck.pick("shared mac", SHARED_MACS).to_owned());
        }
        macs
    }

    fn mac(&self, number: u64) -> String {
        let tail = (u64::try_from(self.index).unwrap_or(0) * 4 + number) & 0xFF_FFFF;
        format!("{}:{:02X}:{:02X}:{:02X}", self.luck.pick("oui", OUIS), tail >> 16, (tail >> 8) & 0xFF, tail & 0xFF)
    }

    /// Private address inside its office.
    pub(crate) fn local_ip(&self) -> String {
        format!("10.{}.{}.{}", self.organization % 250, self.luck.below("net", 4), 10 + self.luck.below("ip", 240))
    }

    /// The address its organization has on the internet (from the blocks reserved for documentation).
    pub(crate) fn public_ip(&self) -> String {
        let block = if self.organization.is_multiple_of(2) { "203.0.113" } else { "198.51.100" };
        format!("{block}.{}", 1 + self.organization / 2 % 250)
    }
}

/// `VMware-56 4d aa ... ee ff-00 11 ...`: how the BIOS of a VMware guest spells it.
pub(crate) fn vmware_spaced(bytes: [u8; 16]) -> String {
    let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("VMware-{}-{}", hex[..8].join(" "), hex[8..].join(" "))
}

/// `VMware-564daabb...-0011...`: the same number as ThreatLocker has it.
pub(crate) fn vmware_compact(bytes: [u8; 16]) -> String {
    let number = u128::from_be_bytes(bytes);
    format!("VMware-{:016x}-{:016x}", number >> 64, number & u128::from(u64::MAX))
}
