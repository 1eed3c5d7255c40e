use super::catalog::{policy_of, role_of};
use super::listing::Entry;
use crate::fleet::class::{Class, Shape};
use crate::fleet::machine::{Machine, Part};
use crate::fleet::{Device, guid, people};
use crate::moment::Moment;
use crate::wire::{Object, Wire};
use crate::world::World;

/// Keys that every device row has. The rest is optional, and may be absent.
pub(crate) const REQUIRED: &[&str] = &["id", "organizationId", "nodeClass", "approvalStatus", "systemName"];
/// Optional keys of the basic row.
pub(crate) const OPTIONAL: &[&str] = &[
    "uid",
    "assignedOwnerUid",
    "parentDeviceId",
    "locationId",
    "nodeRoleId",
    "rolePolicyId",
    "policyId",
    "offline",
    "displayName",
    "dnsName",
    "netbiosName",
    "created",
    "lastContact",
    "lastUpdate",
    "userData",
    "tags",
    "maintenance",
    "references",
];
/// Optional keys that only the detailed row has.
pub(crate) const OPTIONAL_DETAILED: &[&str] = &[
    "ipAddresses",
    "macAddresses",
    "publicIP",
    "notes",
    "deviceType",
    "os",
    "system",
    "memory",
    "processors",
    "volumes",
    "lastLoggedInUser",
];

impl World {
    /// When the device was last heard of; `None` for never.
    pub(crate) fn last_contact(&self, device: &Device) -> Option<Moment> {
        let nights = device.silence?;
        let luck = self.fleet.machine(device.machine).luck;
        let before =
            i64::from(luck.within("contact", 1, 900)) * 1_000_000 + i64::from(luck.within("millis", 0, 1000)) * 1000;
        Some(Moment::nights_before(self.fleet.day(), nights).minus_micros(before))
    }

    pub(crate) fn is_offline(&self, device: &Device) -> bool {
        let machine = self.fleet.machine(device.machine);
        device.silence != Some(0) && machine.class.shape() != Shape::Bare
    }

    pub(crate) fn created(&self, device: &Device) -> Moment {
        let machine = self.fleet.machine(device.machine);
        let first = self.fleet.plan().first_day;
        let micros = i64::from(machine.luck.within("created", 0, 30_000_000)) * 1000
            + i64::from(machine.luck.within("micros", 0, 1000));
        Moment::nights_before(first, -machine.life.joined).minus_micros(micros)
    }

    /// The basic row: what `/v2/devices` lists.
    pub(crate) fn basic(&self, entry: &Entry) -> Object {
        let Some(device) = entry.device.map(|at| &self.fleet.devices()[at]) else {
            return Self::without_details(self.added_device(entry.id));
        };
        if entry.edited {
            return Self::without_details(self.edited_device(entry.device.unwrap_or_default()));
        }
        self.basic_of(device)
    }

    /// The detailed row: what `/v2/devices-detailed` and `/v2/device/{id}` show.
    pub(crate) fn detailed(&self, entry: &Entry) -> Object {
        match entry.device {
            None => self.added_device(entry.id),
            Some(at) if entry.edited => self.edited_device(at),
            Some(at) => self.detailed_of(&self.fleet.devices()[at]),
        }
    }

    fn added_device(&self, id: i64) -> Object {
        let id = id.to_string();
        self.edits.devices.over(&id, self.edits.devices.added_row(&id).unwrap_or_default())
    }

    pub(crate) fn edited_device(&self, at: usize) -> Object {
        let device = &self.fleet.devices()[at];
        self.edits.devices.over(&device.id.to_string(), self.detailed_of(device))
    }

    fn without_details(mut row: Object) -> Object {
        for key in OPTIONAL_DETAILED {
            row.remove(key);
        }
        row
    }

    pub(super) fn basic_of(&self, device: &Device) -> Object {
        let machine = self.fleet.machine(device.machine);
        let luck = machine.luck;
        let mut row = Object::new();
        row.put("id", device.id);
        row.put_some("uid", (!luck.chance("no uid", 80)).then(|| guid(luck.of(1))));
        row.put_some("parentDeviceId", machine.parent.map(|parent| self.fleet.machine(parent).id));
        row.put("organizationId", device.organization_id).put("locationId", device.location_id);
        row.put("nodeClass", machine.class.name()).put("nodeRoleId", role_of(machine.class));
        row.put("rolePolicyId", policy_of(machine.class));
        row.put_some("policyId", luck.chance("own policy", 100).then_some(91_i64));
        row.put("approvalStatus", device.status.name()).put("offline", self.is_offline(device));
        self.put_names(device, machine, &mut row);
        row.put("created", self.created(device));
        match (self.last_contact(device), machine.part) {
            (Some(at), _) => _ = row.put("lastContact", at).put("lastUpdate", at),
            (None, Part::NeverSeen { zeros: true }) => _ = row.put("lastContact", 0).put("lastUpdate", 0),
            (None, _) => {}
        }
        if luck.chance("tagged", 150) {
            let tag = luck.pick("tag", &["vip", "kiosk", "lab"]);
            row.put("tags", vec![Wire::from(tag)]);
        }
        if luck.of(u64::from(self.fleet.elapsed().unsigned_abs())).chance("maintenance", 8) {
            row.put("maintenance", self.maintenance());
        }
        row
    }

    fn maintenance(&self) -> Object {
        let start = Moment::night_of(self.fleet.day()).whole_secs();
        let mut maintenance = Object::new();
        maintenance.put("status", "IN_MAINTENANCE").put("start", start).put("end", start.plus_secs(9000));
        maintenance.put("reasonMessage", "patching");
        maintenance
    }

    fn put_names(&self, device: &Device, machine: &Machine, row: &mut Object) {
        row.put_some("displayName", device.display.clone());
        match machine.class.shape() {
            Shape::Agent => self.put_computer_names(device, machine, row),
            Shape::VmHost => {
                row.put_some("displayName", device.display.is_none().then(|| machine.local_ip()));
                row.put("systemName", format!("{}.{}", device.host, self.home(device).domain()));
                row.put("dnsName", machine.local_ip());
            }
            Shape::VmGuest | Shape::Network => _ = row.put("systemName", device.host.clone()),
            Shape::Bare => {
                row.put_some("displayName", device.display.is_none().then(|| bare_label(machine)));
                row.put_some("systemName", (machine.class != Class::Unmanaged).then(|| device.host.clone()));
                row.put_some("dnsName", (machine.class == Class::CloudTarget).then_some("www.example.com"));
            }
        }
    }

    fn put_computer_names(&self, device: &Device, machine: &Machine, row: &mut Object) {
        let cut: String = device.host.chars().take(15).collect();
        let was_cut = cut != device.host;
        let joined = machine.luck.chance("in a domain", 700);
        let dns = if machine.class == Class::Mac {
            Some(device.host.clone())
        } else if was_cut && machine.luck.chance("cut and no dns name", 500) {
            None
        } else if joined || was_cut {
            Some(format!("{}.{}", device.host, self.home(device).domain()))
        } else {
            Some(device.host.clone())
        };
        row.put_some("netbiosName", machine.class.is_windows().then(|| cut.to_uppercase()));
        row.put("systemName", cut).put_some("dnsName", dns);
    }

    pub(super) fn home(&self, device: &Device) -> &crate::fleet::organizations::Organization {
        &self.fleet.organizations()[device.organization]
    }
}

fn bare_label(machine: &Machine) -> String {
    match machine.class {
        Class::Unmanaged => {
            machine.luck.pick("thing", &["Meeting room TV", "Door controller", "Time clock", "Old NAS"]).to_owned()
        }
        Class::CloudTarget => "https://www.example.com".to_owned(),
        _ => format!("{}'s phone", people::person(machine.luck)),
    }
}
