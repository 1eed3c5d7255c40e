//! Faults of the simulated vendors, by the hub's own word for a vendor.

use domain::vendor::Vendor;
use simulator::{Effect, Fault};

use crate::World;

/// The path of a vendor's list of devices, as the simulator spells it.
pub const fn list_path(vendor: Vendor) -> &'static str {
    match vendor {
        Vendor::Ninja => "/v2/devices-detailed",
        Vendor::ThreatLocker => "/Computer/ComputerGetByAllParameters",
    }
}

/// A vendor's fault at every call.
pub fn at_every_call(vendor: Vendor, effect: &Effect) -> Fault {
    Fault::new(effect.clone()).of(simulated(vendor))
}

/// A vendor's fault where it lists its devices.
pub fn at_the_list(vendor: Vendor, effect: &Effect) -> Fault {
    at_every_call(vendor, effect).on(list_path(vendor))
}

const fn simulated(vendor: Vendor) -> simulator::Vendor {
    match vendor {
        Vendor::Ninja => simulator::Vendor::Ninja,
        Vendor::ThreatLocker => simulator::Vendor::ThreatLocker,
    }
}

impl World {
    /// Takes devices out of the vendor's fleet until that many are left.
    pub fn shrink(&self, vendor: Vendor, left: usize) {
        let keys = self.present_keys(vendor);
        self.simulator.edit(|vendors| {
            for key in keys.iter().skip(left) {
                match (vendor, key.parse()) {
                    (Vendor::Ninja, Ok(id)) => vendors.ninja_device(id).remove(),
                    _ => vendors.threatlocker_computer(key).remove(),
                }
            }
        });
    }

    /// This fault and no other, from now on.
    pub fn strike(&self, fault: Fault) {
        self.simulator.with_switches(|switches| switches.faults = vec![fault]);
    }
}
