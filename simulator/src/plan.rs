use chrono::NaiveDate;

/// What world to simulate. Two equal plans give the same world on every machine and in every version of this crate
/// that does not say otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetPlan {
    /// Every roll of the world derives from it.
    pub seed: u64,
    /// Client organizations at each vendor; at least 1.
    pub organizations: usize,
    /// Ninja devices with `approvalStatus` APPROVED on the first day.
    pub ninja_devices: usize,
    /// ThreatLocker computers that are not deleted, on the first day.
    pub threatlocker_devices: usize,
    /// The day with the counts above. Days before it show the same fleet with earlier contact times.
    pub first_day: NaiveDate,
    /// Whether the fleet changes from day to day. Without it only contact times move.
    pub evolve: bool,
    /// Whether Ninja also knows PENDING (hidden by default), STAGED and DECOMMISSIONED devices (listed by default).
    pub unapproved: bool,
}

impl FleetPlan {
    /// A fleet that never changes and lists exactly these counts at each vendor: for tests that count.
    pub fn plain(ninja_devices: usize, threatlocker_devices: usize) -> Self {
        Self { ninja_devices, threatlocker_devices, evolve: false, unapproved: false, ..Self::default() }
    }
}

impl Default for FleetPlan {
    fn default() -> Self {
        Self {
            seed: 1,
            organizations: 40,
            ninja_devices: 760,
            threatlocker_devices: 400,
            first_day: NaiveDate::from_ymd_opt(2026, 9, 1).unwrap_or_default(),
            evolve: true,
            unapproved: true,
        }
    }
}
