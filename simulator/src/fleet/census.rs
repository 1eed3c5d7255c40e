use std::collections::HashMap;

use super::Fleet;
use super::class::Shape;
use super::machine::{Approval, Part};

/// The truth about one day: what a hub that compares the vendors perfectly could find. Each number counts machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Census {
    /// Ninja devices with `approvalStatus` APPROVED.
    pub ninja_approved: usize,
    /// Ninja devices that a list without a filter shows: all but the pending ones.
    pub ninja_listed: usize,
    /// ThreatLocker rows that are not deleted.
    pub threatlocker_listed: usize,
    /// ThreatLocker rows of machines that Ninja does not list.
    pub missing_ninja: usize,
    /// Surplus ThreatLocker rows of machines whose agent was installed anew.
    pub duplicate_threatlocker: usize,
    /// ThreatLocker rows under another organization than their Ninja device.
    pub site_mismatch: usize,
    /// ThreatLocker rows of machines that are spare at Ninja, by name or location.
    pub spare_mismatch: usize,
    /// Approved servers and workstations in use without ThreatLocker.
    pub missing_threatlocker: usize,
    /// Ninja devices with the name of another one in their organization.
    pub duplicate_ninja: usize,
    /// Machines whose labels differ between the vendors, host names used as labels aside.
    pub label_mismatch: usize,
    /// Listed Ninja devices not heard of for more than 30 days (those never heard of not counted).
    pub silent: usize,
}

impl Census {
    pub(crate) fn of(fleet: &Fleet) -> Self {
        let mut census = Self::default();
        let rows = census.count_agents(fleet);
        census.count_devices(fleet, &rows);
        census
    }

    /// Live rows by machine, newest installation last.
    fn count_agents(&mut self, fleet: &Fleet) -> HashMap<usize, usize> {
        let mut rows: HashMap<usize, usize> = HashMap::new();
        for agent in fleet.agents().iter().filter(|agent| !agent.deleted) {
            self.threatlocker_listed += 1;
            self.duplicate_threatlocker += usize::from(agent.superseded);
            let machine = fleet.machine(agent.machine);
            *rows.entry(agent.machine).or_default() += 1;
            let elapsed = fleet.elapsed();
            if !machine.known_to_ninja(elapsed) {
                self.missing_ninja += 1;
                continue;
            }
            self.site_mismatch += usize::from(agent.organization != machine.organization_on(elapsed));
            self.spare_mismatch += usize::from(machine.spare_on(elapsed));
        }
        rows
    }

    fn count_devices(&mut self, fleet: &Fleet, rows: &HashMap<usize, usize>) {
        for device in fleet.devices().iter().filter(|device| !device.ghost && device.status != Approval::Pending) {
            self.ninja_listed += 1;
            self.silent += usize::from(device.silence.is_some_and(|nights| nights > 30));
            if device.status != Approval::Approved {
                continue;
            }
            self.ninja_approved += 1;
            let machine = fleet.machine(device.machine);
            let covered = rows.contains_key(&device.machine);
            let twin = matches!(machine.part, Part::Twin { .. });
            self.duplicate_ninja += usize::from(twin);
            self.label_mismatch += usize::from(covered && machine.part == Part::TwoLabels);
            let wants = machine.class.shape() == Shape::Agent && !device.spare && !twin;
            self.missing_threatlocker += usize::from(wants && !covered);
        }
    }
}
