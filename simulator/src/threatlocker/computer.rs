use super::listing::Entry;
use crate::dice::Luck;
use crate::fleet::class::Class;
use crate::fleet::hardware::vmware_compact;
use crate::fleet::machine::{Machine, Part};
use crate::fleet::{Agent, guid, people};
use crate::moment::Moment;
use crate::wire::{Object, Wire};
use crate::world::World;

/// Keys that every row has.
pub(crate) const REQUIRED: &[&str] =
    &["computerId", "computerName", "hostname", "organizationId", "organization", "totalRows"];

const MODES: [&str; 5] = ["Secure", "Secure", "Secure", "Application Control Learning Mode", "Monitor Only"];

impl World {
    pub(crate) fn organization_guid(&self, agent: &Agent) -> String {
        if agent.orphan {
            return guid(self.fleet.luck().of(990_001));
        }
        self.fleet.organizations()[agent.organization].guid.clone()
    }

    fn organization_name(&self, agent: &Agent) -> String {
        if agent.orphan {
            return "Contoso Pilot".to_owned();
        }
        self.fleet.organizations()[agent.organization].threatlocker_name.clone()
    }

    /// The row without `totalRows`, which belongs to the answer.
    pub(crate) fn computer_row(&self, entry: &Entry) -> Object {
        let edits = &self.edits.computers;
        match entry.agent {
            None => edits.over(&entry.id, edits.added_row(&entry.id).unwrap_or_default()),
            Some(at) if entry.edited => self.edited_computer(at),
            Some(at) => self.computer(&self.fleet.agents()[at]),
        }
    }

    pub(crate) fn edited_computer(&self, at: usize) -> Object {
        let agent = &self.fleet.agents()[at];
        self.edits.computers.over(&agent.id, self.computer(agent))
    }

    /// When the agent last checked in.
    pub(crate) fn last_checkin(&self, agent: &Agent) -> Moment {
        let luck = self.fleet.machine(agent.machine).luck.of(u64::from(agent.generation));
        let micros =
            i64::from(luck.within("checkin", 1, 1200)) * 1_000_000 + i64::from(luck.within("micros", 0, 999_999));
        Moment::nights_before(self.fleet.day(), agent.silence).minus_micros(micros)
    }

    fn date_added(&self, agent: &Agent, luck: Luck) -> Moment {
        let first = self.fleet.plan().first_day;
        Moment::nights_before(first, -agent.installed)
            .minus_micros(i64::from(luck.within("added", 3600, 36_000)) * 1_000_000)
    }

    fn computer(&self, agent: &Agent) -> Object {
        let machine = self.fleet.machine(agent.machine);
        let luck = machine.luck.of(2000 + u64::from(agent.generation));
        let mut row = Object::new();
        self.put_identity(agent, machine, luck, &mut row);
        self.put_times(agent, luck, &mut row);
        put_state(agent, machine, luck, &mut row);
        self.put_counts(luck, &mut row);
        put_versions(luck, &mut row);
        if agent.superseded || luck.chance("older row", 150) {
            // Rows of older agents have fewer keys.
            return row;
        }
        self.put_newer(agent, machine, luck, &mut row);
        row
    }

    fn put_identity(&self, agent: &Agent, machine: &Machine, luck: Luck, row: &mut Object) {
        let server = machine.class.is_server();
        let group = luck.of(u64::from(server)).roll("group") & 0xF;
        row.put("computerId", agent.id.clone())
            .put("computerName", agent.label.clone())
            .put("hostname", agent.host.clone());
        row.put("organizationId", self.organization_guid(agent)).put("organization", self.organization_name(agent));
        row.put("computerGroupId", format!("a06736bb-0000-4aa0-807e-0000000000{group:02x}"));
        row.put("group", if server { "Servers" } else { "Workstations" });
        row.put("username", format!("AZUREAD\\{}", people::account(machine.luck).to_uppercase()));
        row.put_some(
            "serialNumber",
            (!agent.superseded && luck.chance("has a serial", 550)).then(|| self.serial(machine)),
        );
        let (os_type, system, version) = operating_system(machine);
        row.put("osType", os_type).put("operatingSystem", system);
        row.put("ipOperatingSystem", if luck.chance("no version", 60) { "" } else { version });
        row.put("lastCheckinIPAddress", machine.public_ip());
        row.put("lastCheckinLocalIPAddresses", vec![Wire::from(machine.local_ip())]);
        row.put("application", "").put("appliesToType", "");
    }

    fn serial(&self, machine: &Machine) -> String {
        if let Some(placeholder) = machine.placeholder() {
            return placeholder.to_owned();
        }
        if machine.is_virtual() {
            return vmware_compact(machine.vmware_bytes());
        }
        let original = match machine.part {
            Part::Twin { of, .. } => Some(self.fleet.machine(of)),
            _ => None,
        };
        machine.plain_serial(machine.serial_luck(original))
    }

    fn put_times(&self, agent: &Agent, luck: Luck, row: &mut Object) {
        let added = self.date_added(agent, luck);
        let checkin = self.last_checkin(agent);
        let decimals = luck.pick("decimals", &[0, 0, 0, 2, 3, 6]);
        let zone = !luck.chance("no zone", 40);
        row.put("dateAdded", added.iso_text(0, zone)).put("dateCreated", Wire::Null);
        let install = if luck.chance("install date", 300) { Wire::from(added.iso_text(0, true)) } else { Wire::Null };
        row.put("installDate", install).put("lastCheckin", checkin.iso_text(decimals, zone));
        row.put("startDateTime", checkin.plus_secs(1).iso_text(0, true)).put("maintenanceEndDate", Wire::Null);
    }

    fn put_counts(&self, luck: Luck, row: &mut Object) {
        let tonight = luck.of(u64::from(self.fleet.elapsed().unsigned_abs()));
        let one = tonight.within("one day", 0, 6) * i32::from(luck.chance("noisy", 300));
        let three = one + one / 2;
        row.put("denyCountOneDay", one).put("denyCountThreeDays", three).put("denyCountSevenDays", three * 2);
    }

    fn put_newer(&self, agent: &Agent, machine: &Machine, luck: Luck, row: &mut Object) {
        let mut able = Object::new();
        for key in ["applicationControl", "networkControl", "storageControl", "elevation", "tamper"] {
            able.put(key, true);
        }
        able.put("detect", false);
        row.put("activeMaintenanceModes", Vec::<Wire>::new())
            .put("appControlLearningModeActive", luck.chance("learning", 30));
        row.put("maintenanceTicketRequiredParameter", "").put("maintenanceCapabilities", able).put("isElevated", false);
        row.put("fullCheckinDateTime", self.last_checkin(agent).minus_micros(180_000_000).iso_text(0, true));
        row.put("fullCheckinMemoryUsage", "0").put("fullCheckinIPAddress", machine.public_ip()).put("isIRChild", false);
    }

    /// `ComputerGetForEditById`, which has names of its own.
    pub(crate) fn computer_for_edit(&self, entry: &Entry) -> Object {
        let listed = self.computer_row(entry);
        let text = |key: &str| listed.text(key).unwrap_or_default().to_owned();
        let make = entry.agent.map_or_else(String::new, |at| {
            let make = self.fleet.machine(self.fleet.agents()[at].machine).make();
            format!("{} {}", make.manufacturer, make.model)
        });
        let mut row = Object::new();
        row.put("computerId", entry.id.clone()).put("name", text("computerName")).put("hostname", text("hostname"));
        row.put("organizationId", text("organizationId")).put("computerGroupId", text("computerGroupId"));
        row.put(
            "operatingSystemWithVersion",
            format!("{} {}", text("operatingSystem").trim_end(), text("ipOperatingSystem")),
        );
        row.put("makeAndModel", make).put("serialNumber", text("serialNumber")).put("usernames", text("username"));
        row
    }
}

fn put_state(agent: &Agent, machine: &Machine, luck: Luck, row: &mut Object) {
    let mode = if machine.luck.chance("not secure", 150) { luck.pick("mode", &MODES) } else { "Secure" };
    let learning = mode != "Secure";
    row.put("mode", mode).put("action", mode).put("driverStatusString", if learning { "" } else { "Active" });
    row.put("maintenanceTypeId", if learning { 3 } else { 0 }).put("maintenenceBannerIds", Vec::<Wire>::new());
    row.put("isDeleted", agent.deleted).put("isIsolated", luck.chance("isolated", 4));
    row.put("isLockedOut", luck.chance("locked out", 4)).put("isTamperProtectionDisabled", false);
    for key in [
        "isIsolationMode",
        "isLockDownMode",
        "isOpsAlertsDisabled",
        "isNeededReview",
        "isReadyToSecure",
        "isLearningMoreThanFourDays",
        "isLearningModeMoreThanSeven",
        "isLearningModeLongerThanFiveYears",
        "shouldRestart",
        "restartComputerNeeded",
        "uploadBaseFile",
        "hasComputerPassword",
        "hasConfigManagerProduct",
    ] {
        row.put(key, false);
    }
    row.put("isInheritFromGroup", true).put("progressBarLearning", 0);
    row.put("hasInstalationAtLeastSevenDaysAgo", true).put("hasZeroDeniesFourDays", luck.chance("quiet", 700));
    row.put("hasAtLeastOneCheckin", true).put("hasUnknownVersion", false);
}

fn put_versions(luck: Luck, row: &mut Object) {
    let modern = luck.chance("modern agent", 300);
    let id = if modern { Wire::from(guid(luck.of(7))) } else { Wire::Null };
    row.put("threatLockerVersion", if modern { "10.12.18.4926" } else { "10.3.4.3791/10.3.0.907AMD64" });
    row.put("threatLockerVersionId", id)
        .put("newThreatLockerVersion", "10.5.2")
        .put("targetThreatLockerVersion", "10.5.2");
    row.put("serviceVersion", if modern { "10.12.18.4926" } else { "10.3.4.3791" });
    row.put("versionMajor", 10).put("versionMinor", if modern { 12 } else { 3 });
}

/// osType, name (with the vendor's trailing space) and version, which the vendor calls an IP.
fn operating_system(machine: &Machine) -> (i32, &'static str, &'static str) {
    match machine.class {
        Class::Mac => (2, "macOS 15.5", "15.5"),
        Class::LinuxServer | Class::LinuxWorkstation => (3, "Ubuntu 24.04", "6.8.0"),
        Class::WindowsServer => (1, "Windows Server 2022 Standard", "10.0.20348.2700"),
        _ if machine.cpu().modern => (1, "Windows 11 Business ", "10.0.26100.5074"),
        _ => (1, "Windows 10 Pro ", "10.0.19045.5854"),
    }
}
