use super::listing::Entry;
use crate::wire::Object;
use crate::world::World;

/// How many check-ins are kept for each computer.
const KEPT: i64 = 60;

impl World {
    /// The computer's check-ins, newest first: a heartbeat every ten minutes, every sixth one full.
    pub(crate) fn checkins(&self, entry: &Entry, hide_heartbeat: bool) -> Vec<Object> {
        let Some(agent) = entry.agent.map(|at| &self.fleet.agents()[at]) else { return Vec::new() };
        let last = self.last_checkin(agent);
        let machine = self.fleet.machine(agent.machine);
        let rows = (0..KEPT).filter(|number| !hide_heartbeat || number % 6 == 0).map(|number| {
            let mut row = Object::new();
            row.put("computerCheckinId", 123_456_789 - number).put("computerId", entry.id.clone());
            row.put("dateTime", last.minus_micros(number * 600_000_000).iso_text(6, true));
            row.put("ipAddress", machine.public_ip()).put("driverStatus", "Active").put("tlVersion", "10.3.4.3791");
            row.put("operatingSystem", "Windows 11 Business").put("memoryUsage", 210).put("memoryUsageUnit", "MB");
            row.put("checkinType", if number % 6 == 0 { "Full" } else { "Heartbeat" });
            row
        });
        rows.collect()
    }
}
