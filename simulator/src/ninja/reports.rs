use super::details::{processor_count, volume_count};
use super::filter::Filter;
use super::listing::Entry;
use crate::fleet::machine::{Machine, Part};
use crate::moment::Moment;
use crate::wire::{Object, Wire};
use crate::world::World;

use super::cursor::Place;

/// The reports under `/v2/queries/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Report {
    ComputerSystems,
    OperatingSystems,
    Processors,
    Volumes,
    NetworkInterfaces,
    DeviceHealth,
    CustomFields,
}

impl Report {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "computer-systems" => Self::ComputerSystems,
            "operating-systems" => Self::OperatingSystems,
            "processors" => Self::Processors,
            "volumes" => Self::Volumes,
            "network-interfaces" => Self::NetworkInterfaces,
            "device-health" => Self::DeviceHealth,
            "custom-fields" => Self::CustomFields,
            _ => return None,
        })
    }
}

impl World {
    /// Every row the report has for the devices that the filter admits.
    pub(crate) fn report_places(&self, report: Report, filter: &Filter) -> Vec<Place> {
        let list = self.device_list();
        let admitted = list.entries().iter().filter(|entry| filter.admits(entry));
        admitted.flat_map(|entry| (0..self.row_count(report, entry)).map(|number| (entry.id, number))).collect()
    }

    fn row_count(&self, report: Report, entry: &Entry) -> usize {
        let custom = &self.edits.custom_fields;
        match report {
            Report::DeviceHealth => return 1,
            Report::CustomFields => {
                return usize::from(self.has_custom_fields(entry) && !custom.removes(&entry.id.to_string()));
            }
            _ => {}
        }
        let machine = entry.device.map(|at| self.fleet.machine(self.fleet.devices()[at].machine));
        match machine {
            Some(machine) if !entry.edited => {
                if entry.has_inventory(self) {
                    fleet_rows(report, machine)
                } else {
                    0
                }
            }
            _ => self.report_rows(report, entry).len(),
        }
    }

    /// One row as it is now; `None` when the device has left since the report was begun.
    pub(crate) fn report_row(&self, report: Report, (id, number): Place) -> Option<Object> {
        let list = self.device_list();
        let entry = list.find(id)?;
        let row = match report {
            Report::DeviceHealth => self.health(entry),
            Report::CustomFields => {
                let mut row = Object::new();
                row.put("deviceId", id).put("fields", self.custom_fields(entry));
                row
            }
            _ => self.report_rows(report, entry).into_iter().nth(number)?,
        };
        Some(row)
    }

    /// The rows of a report that repeats parts of the detailed row.
    fn report_rows(&self, report: Report, entry: &Entry) -> Vec<Object> {
        let detailed = self.detailed(entry);
        let part = |key: &str| match detailed.get(key) {
            Some(Wire::Object(object)) => vec![object.clone()],
            Some(Wire::List(items)) => items.iter().filter_map(as_object).collect(),
            _ => Vec::new(),
        };
        let rows = match report {
            Report::ComputerSystems => part("system").into_iter().map(with_asset).collect(),
            Report::OperatingSystems => part("os"),
            Report::Processors => part("processors"),
            Report::Volumes => part("volumes").into_iter().map(with_letter).collect(),
            Report::NetworkInterfaces => return self.interfaces(entry, &detailed),
            Report::DeviceHealth | Report::CustomFields => Vec::new(),
        };
        let at = Moment::night_of(self.fleet.day()).minus_micros(600_000_000 + (entry.id % 600) * 1_000_000);
        let stamped = |mut row: Object| {
            row.put("deviceId", entry.id).put("timestamp", at);
            row
        };
        rows.into_iter().map(stamped).collect()
    }

    /// One interface for each MAC. This report has no timestamp.
    fn interfaces(&self, entry: &Entry, detailed: &Object) -> Vec<Object> {
        let (Some(Wire::List(macs)), true) = (detailed.get("macAddresses"), detailed.get("os").is_some()) else {
            return Vec::new();
        };
        let host = entry.device.map_or_else(String::new, |at| self.fleet.devices()[at].host.clone());
        let ip = match detailed.get("ipAddresses") {
            Some(Wire::List(ips)) => ips.first().cloned(),
            _ => None,
        };
        let rows = macs.iter().enumerate().map(|(number, mac)| {
            let mut row = Object::new();
            row.put("adapterName", "Intel(R) Ethernet Connection").put("defaultGateway", "10.20.0.1");
            row.put("interfaceType", "Ethernet")
                .put("dnsHostName", host.clone())
                .put("dnsServers", "10.20.0.2, 10.20.0.3");
            row.put("interfaceIndex", (12 + number).to_string()).put("interfaceName", "Ethernet");
            row.put("ipAddress", if number == 0 { ip.iter().cloned().collect() } else { Vec::<Wire>::new() });
            row.put("linkSpeed", "1000000000").put("macAddress", vec![mac.clone()]).put("mtu", "1500");
            row.put("status", if number == 0 { "Up" } else { "Down" }).put("subnetMask", "255.255.255.0");
            row.put("deviceId", entry.id);
            row
        });
        rows.collect()
    }

    fn health(&self, entry: &Entry) -> Object {
        let luck = self.fleet.luck().of(entry.id.unsigned_abs()).of(u64::from(self.fleet.elapsed().unsigned_abs()));
        let pending = luck.within("patches", 0, 4);
        let mut row = Object::new();
        row.put("activeThreatsCount", 0).put("quarantinedThreatsCount", 0).put("blockedThreatsCount", 0);
        row.put("failedOSPatchesCount", 0).put("pendingOSPatchesCount", pending);
        row.put("alertCount", i32::from(luck.chance("alert", 80))).put("activeJobCount", 0);
        row.put("failedSoftwarePatchesCount", 0).put("pendingSoftwarePatchesCount", 0);
        row.put_some("pendingRebootReason", (pending > 2).then_some("WINDOWS_PM"));
        row.put("productsInstallationStatuses", Object::new())
            .put("offline", entry.offline)
            .put("parentOffline", false);
        row.put("healthStatus", if pending > 2 { "NEEDS_ATTENTION" } else { "HEALTHY" });
        row.put("installationIssuesCount", 0).put("deviceId", entry.id);
        row
    }

    fn has_custom_fields(&self, entry: &Entry) -> bool {
        self.edits.custom_fields.touches(&entry.id.to_string()) || entry.has_inventory(self)
    }

    /// The values of the device's custom fields, as both the report and the device's own call show them.
    pub(crate) fn custom_fields(&self, entry: &Entry) -> Object {
        let edits = &self.edits.custom_fields;
        let id = entry.id.to_string();
        if edits.removes(&id) {
            return Object::new();
        }
        let machine = entry.device.map(|at| self.fleet.machine(self.fleet.devices()[at].machine));
        let fields = match machine {
            Some(machine) if machine.class.is_windows() && entry.has_inventory(self) => self.security(machine),
            _ => Object::new(),
        };
        edits.over(&id, fields)
    }

    /// What the readiness script wrote: text mostly, blank where it failed, a boolean where somebody set the field by
    /// hand, nothing where it never ran.
    fn security(&self, machine: &Machine) -> Object {
        let luck = machine.luck;
        let mut fields = Object::new();
        if luck.chance("script never ran", 60) {
            return fields;
        }
        let tpm = machine.cpu().modern || luck.chance("old tpm", 500);
        let secure = tpm && !luck.chance("legacy boot", 40);
        let version = match (tpm, machine.cpu().modern) {
            (true, true) => "2.0, 0, 1.59",
            (true, false) => "1.2, 2, 3",
            (false, _) => "0.0",
        };
        let flag = |topic: &str, value: bool| {
            if luck.chance(topic, 30) {
                Wire::from("")
            } else if luck.of(1).chance(topic, 30) {
                Wire::Bool(value)
            } else {
                Wire::from(if value { "true" } else { "false" })
            }
        };
        let enabled = tpm && !luck.chance("tpm off", 40);
        fields.put("hastpm", flag("hastpm", tpm)).put("tpmenabled", flag("tpmenabled", enabled));
        fields.put("tpmversion", if luck.chance("tpmversion", 30) { "" } else { version });
        fields.put_some("securebootavailable", (!luck.chance("no sba", 20)).then(|| flag("sba", secure)));
        fields.put_some("securebootenabled", (!luck.chance("no sbe", 20)).then(|| flag("sbe", secure)));
        if luck.chance("audited", 100) {
            let audit = Moment::night_of(self.fleet.day()).millis();
            fields
                .put("lastAudit", audit)
                .put("drives", vec![Wire::from("C:"), Wire::from("D:")])
                .put("site", Wire::Null);
        }
        fields
    }
}

fn fleet_rows(report: Report, machine: &Machine) -> usize {
    if matches!(machine.part, Part::NeverSeen { .. }) {
        return 0;
    }
    match report {
        Report::Processors => processor_count(machine),
        Report::Volumes => volume_count(machine),
        Report::NetworkInterfaces => machine.macs().len(),
        _ => 1,
    }
}

fn as_object(item: &Wire) -> Option<Object> {
    match item {
        Wire::Object(object) => Some(object.clone()),
        _ => None,
    }
}

fn with_asset(mut system: Object) -> Object {
    system.put("assetSerialNumber", "");
    system
}

/// The report names a volume's letter and not its device twice.
fn with_letter(mut volume: Object) -> Object {
    volume.remove("nodeId");
    let letter = volume.text("name").filter(|name| name.ends_with(':')).map(str::to_owned);
    volume.put_some("driveLetter", letter);
    volume
}

/// BitLocker as `include=bl` adds it to a row of the volumes report.
pub(crate) fn bitlocker() -> Object {
    let mut status = Object::new();
    status.put("conversionStatus", "FULLY_ENCRYPTED").put("encryptionMethod", "XTS_AES_256");
    status.put("protectionStatus", "ON").put("lockStatus", "UNLOCKED").put("initializedForProtection", true);
    status
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::Report;
    use crate::fleet::Fleet;
    use crate::ninja::filter::Filter;
    use crate::plan::FleetPlan;
    use crate::world::World;

    #[test]
    fn the_places_of_a_report_are_the_rows_it_has() {
        let plan = FleetPlan::default();
        let world = World::new(Fleet::at(&plan, NaiveDate::from_ymd_opt(2026, 9, 20).unwrap()));
        for report in [Report::ComputerSystems, Report::Processors, Report::Volumes, Report::NetworkInterfaces] {
            let places = world.report_places(report, &Filter::default());
            let list = world.device_list();
            let shown: usize = list
                .entries()
                .iter()
                .filter(|entry| !entry.is_pending())
                .map(|entry| world.report_rows(report, entry).len())
                .sum();
            assert_eq!(places.len(), shown, "{report:?}");
            assert!(places.iter().all(|&place| world.report_row(report, place).is_some()));
        }
    }
}
