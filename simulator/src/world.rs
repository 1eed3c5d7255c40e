use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use chrono::NaiveDate;
use serde_json::Value;

use crate::edits::{Edits, Record};
use crate::fleet::Fleet;
use crate::ninja::listing::DeviceList;
use crate::threatlocker::listing::ComputerList;
use crate::threatlocker::request::OrderBy;

/// Both vendors' records: the fleet of the day, and what was changed by hand on top of it.
pub struct World {
    pub(crate) fleet: Fleet,
    pub(crate) edits: VendorEdits,
    device_list: OnceLock<Arc<DeviceList>>,
    computer_list: OnceLock<Arc<ComputerList>>,
    orders: Mutex<HashMap<OrderBy, Arc<Vec<usize>>>>,
}

/// Changes by hand, one ledger for each kind of record.
#[derive(Debug, Clone, Default)]
pub(crate) struct VendorEdits {
    pub(crate) devices: Edits,
    pub(crate) custom_fields: Edits,
    pub(crate) ninja_organizations: Edits,
    pub(crate) locations: Edits,
    pub(crate) computers: Edits,
    pub(crate) threatlocker_organizations: Edits,
}

impl World {
    pub(crate) fn new(fleet: Fleet) -> Self {
        Self {
            fleet,
            edits: VendorEdits::default(),
            device_list: OnceLock::new(),
            computer_list: OnceLock::new(),
            orders: Mutex::default(),
        }
    }

    pub(crate) fn move_to(&mut self, day: NaiveDate) {
        self.fleet.move_to(day);
        self.changed();
    }

    /// Forgets what was derived from the records; called after every change.
    pub(crate) fn changed(&mut self) {
        self.device_list = OnceLock::new();
        self.computer_list = OnceLock::new();
        self.orders.get_mut().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub(crate) fn device_list(&self) -> Arc<DeviceList> {
        Arc::clone(self.device_list.get_or_init(|| Arc::new(DeviceList::of(self))))
    }

    pub(crate) fn computer_list(&self) -> Arc<ComputerList> {
        Arc::clone(self.computer_list.get_or_init(|| Arc::new(ComputerList::of(self))))
    }

    /// The positions of the computer list in that order, sorted once for each state of the world.
    pub(crate) fn computer_order(&self, order: OrderBy) -> Arc<Vec<usize>> {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(orders.entry(order).or_insert_with(|| Arc::new(self.computer_list().sorted(self, order))))
    }

    /// The fleet under the changes.
    pub fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// The detailed rows of all Ninja devices, pending ones included, in ascending order of id.
    pub fn ninja_devices(&self) -> Vec<Value> {
        let list = self.device_list();
        list.entries().iter().filter(|entry| !entry.ghost).map(|entry| self.detailed(entry).to_value()).collect()
    }

    /// Ninja's organizations, as `/v2/organizations` lists them.
    pub fn ninja_organizations(&self) -> Vec<Value> {
        self.organization_rows().iter().map(crate::wire::Object::to_value).collect()
    }

    /// The rows of all ThreatLocker computers, deleted ones included, in order of name.
    pub fn threatlocker_computers(&self) -> Vec<Value> {
        let list = self.computer_list();
        let order = self.computer_order(OrderBy::ComputerName);
        order.iter().map(|&at| self.computer_row(&list.entries()[at]).to_value()).collect()
    }

    /// ThreatLocker's child organizations.
    pub fn threatlocker_organizations(&self) -> Vec<Value> {
        self.child_organizations().iter().map(crate::wire::Object::to_value).collect()
    }

    /// The Ninja device with that id, to be changed. Paths are those of the detailed row.
    pub fn ninja_device(&mut self, id: i64) -> Record<'_> {
        Record { edits: &mut self.edits.devices, id: id.to_string() }
    }

    /// The custom fields of a Ninja device, to be changed; [`Record::remove`] leaves the device out of the report.
    pub fn ninja_custom_fields(&mut self, device: i64) -> Record<'_> {
        Record { edits: &mut self.edits.custom_fields, id: device.to_string() }
    }

    /// The Ninja organization with that id, to be changed.
    pub fn ninja_organization(&mut self, id: i64) -> Record<'_> {
        Record { edits: &mut self.edits.ninja_organizations, id: id.to_string() }
    }

    /// The Ninja location with that id, to be changed.
    pub fn ninja_location(&mut self, id: i64) -> Record<'_> {
        Record { edits: &mut self.edits.locations, id: id.to_string() }
    }

    /// The ThreatLocker row with that `computerId`, to be changed.
    pub fn threatlocker_computer(&mut self, id: &str) -> Record<'_> {
        Record { edits: &mut self.edits.computers, id: id.to_owned() }
    }

    /// The ThreatLocker child organization with that id, to be changed.
    pub fn threatlocker_organization(&mut self, id: &str) -> Record<'_> {
        Record { edits: &mut self.edits.threatlocker_organizations, id: id.to_owned() }
    }

    /// Renames the machine behind a Ninja device: its own name everywhere, its label not.
    pub fn rename_ninja_device(&mut self, id: i64, host: &str) {
        let cut: String = host.chars().take(15).collect();
        let mut device = self.ninja_device(id);
        device.set("systemName", cut.clone()).set("netbiosName", cut.to_uppercase()).drop_key("dnsName");
        device.set("system.name", host);
    }

    /// Files a Ninja device under another organization, keeping the location id it had.
    pub fn move_ninja_device(&mut self, id: i64, organization: i64) {
        self.ninja_device(id).set("organizationId", organization);
    }

    /// Renames a ThreatLocker computer, label included.
    pub fn rename_computer(&mut self, id: &str, host: &str) {
        self.threatlocker_computer(id).set("hostname", host).set("computerName", host);
    }

    /// Files a ThreatLocker computer under another organization.
    pub fn move_computer(&mut self, id: &str, organization: &str, name: &str) {
        self.threatlocker_computer(id).set("organizationId", organization).set("organization", name);
    }

    /// Adds a Ninja device as given: a detailed row with an `id`.
    ///
    /// # Panics
    /// When the row has no whole number as `id`.
    pub fn add_ninja_device(&mut self, row: Value) {
        let id = whole(&row, "id");
        self.edits.devices.add(id, row);
    }

    /// Adds a Ninja organization as given: a row with an `id`.
    ///
    /// # Panics
    /// When the row has no whole number as `id`.
    pub fn add_ninja_organization(&mut self, row: Value) {
        let id = whole(&row, "id");
        self.edits.ninja_organizations.add(id, row);
    }

    /// Adds a ThreatLocker computer as given: a row with a `computerId`.
    ///
    /// # Panics
    /// When the row has no text as `computerId`.
    pub fn add_computer(&mut self, row: Value) {
        let id = text(&row, "computerId");
        self.edits.computers.add(id, row);
    }

    /// Adds a ThreatLocker child organization as given: a row with an `organizationId`.
    ///
    /// # Panics
    /// When the row has no text as `organizationId`.
    pub fn add_threatlocker_organization(&mut self, row: Value) {
        let id = text(&row, "organizationId");
        self.edits.threatlocker_organizations.add(id, row);
    }

    /// Undoes every change made by hand.
    pub fn forget_edits(&mut self) {
        self.edits = VendorEdits::default();
    }
}

#[expect(clippy::expect_used, reason = "a test that adds a row without an id is wrong and must hear it")]
fn whole(row: &Value, key: &str) -> String {
    row.get(key).and_then(Value::as_i64).expect("the added row has a whole number as its id").to_string()
}

#[expect(clippy::expect_used, reason = "a test that adds a row without an id is wrong and must hear it")]
fn text(row: &Value, key: &str) -> String {
    row.get(key).and_then(Value::as_str).expect("the added row has a text as its id").to_owned()
}
