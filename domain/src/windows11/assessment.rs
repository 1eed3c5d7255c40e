//! A whole machine, judged.

use super::{
    Finding, Installed, Verdict, architecture, cpu, firmware, memory, storage, tpm,
    version::{self},
};
use crate::observation::{Hardware, OperatingSystem};

/// What is said of one Windows workstation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessment {
    /// The verdict.
    pub verdict: Verdict,
    /// What is installed, seen from 24H2.
    pub installed: Installed,
    /// Every requirement, in the order of [`super::Requirement::ALL`], whatever the verdict: of a machine that runs 24H2
    /// already they tell whether Microsoft supports it there.
    pub findings: Vec<Finding>,
}

/// Judges a Windows workstation (see [`super::is_windows_workstation`]) by what was reported of it.
pub fn assess(os: &OperatingSystem, hardware: &Hardware) -> Assessment {
    let findings = vec![
        architecture::judge(os.architecture.as_deref()),
        memory::judge(hardware.memory_gib),
        storage::judge(hardware.volumes.as_deref()),
        cpu::requirement(hardware.cpu_model.as_deref(), hardware.model.as_deref()),
        tpm::judge(hardware.has_tpm, hardware.tpm_enabled, hardware.tpm_version.as_deref()),
        firmware::judge(hardware.secure_boot_available, hardware.secure_boot_enabled),
    ];
    let installed = version::installed(os.build.as_deref(), os.release_id.as_deref());
    Assessment { verdict: Verdict::of(installed, &findings), installed, findings }
}
