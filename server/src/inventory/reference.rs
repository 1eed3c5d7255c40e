//! The rows that everything refers to: vendors, device types and billing statuses, looked up by name once at start.

use std::collections::HashMap;

use domain::{billing::Billing, device_type::DeviceType, vendor::Vendor};
use entity::{billing_status, device_type, vendor};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait};

/// Ids of vendors and codes in this database.
#[derive(Clone, Debug)]
pub struct Reference {
    vendors: HashMap<Vendor, i64>,
    device_types: HashMap<DeviceType, i64>,
    billings: HashMap<Billing, i64>,
}

impl Reference {
    pub(crate) async fn load(connection: &impl ConnectionTrait) -> Result<Self, DbErr> {
        let vendors = vendor::Entity::find().all(connection).await?;
        let types = device_type::Entity::find().all(connection).await?;
        let billings = billing_status::Entity::find().all(connection).await?;
        let known = Self {
            vendors: pick(Vendor::ALL, |v| vendors.iter().find(|row| row.name == v.name()).map(|row| row.id)),
            device_types: pick(DeviceType::ALL, |t| types.iter().find(|row| row.code == t.code()).map(|row| row.id)),
            billings: pick(Billing::ALL, |b| billings.iter().find(|row| row.code == b.code()).map(|row| row.id)),
        };
        let missing = known.vendors.len() < Vendor::ALL.len()
            || known.device_types.len() < DeviceType::ALL.len()
            || known.billings.len() < Billing::ALL.len();
        if missing {
            return Err(DbErr::Custom("a vendor, device type or billing status has no row; run `migrate`".into()));
        }
        Ok(known)
    }

    /// The id of a vendor's row.
    pub fn vendor_id(&self, vendor: Vendor) -> i64 {
        self.vendors[&vendor]
    }

    /// Vendors as `exceptions.vendors` has them: a bit for each, at the place of its id.
    pub fn vendor_bits(&self, vendors: impl IntoIterator<Item = Vendor>) -> i64 {
        vendors.into_iter().fold(0, |bits, vendor| bits | 1 << self.vendor_id(vendor))
    }

    /// The vendor of a row's id; `None` for the predecessor's legacy vendors.
    pub fn vendor(&self, id: i64) -> Option<Vendor> {
        self.vendors.iter().find(|(_, known)| **known == id).map(|(vendor, _)| *vendor)
    }

    /// The id of a device type's row.
    pub fn device_type_id(&self, device_type: DeviceType) -> i64 {
        self.device_types[&device_type]
    }

    /// The device type of a row's id.
    pub fn device_type(&self, id: i64) -> Option<DeviceType> {
        self.device_types.iter().find(|(_, known)| **known == id).map(|(device_type, _)| *device_type)
    }

    /// The id of a billing status's row.
    pub fn billing_id(&self, billing: Billing) -> i64 {
        self.billings[&billing]
    }

    /// The billing status of a row's id.
    pub fn billing(&self, id: i64) -> Option<Billing> {
        self.billings.iter().find(|(_, known)| **known == id).map(|(billing, _)| *billing)
    }
}

fn pick<K: Copy + Eq + std::hash::Hash, const N: usize>(all: [K; N], id: impl Fn(K) -> Option<i64>) -> HashMap<K, i64> {
    all.into_iter().filter_map(|key| id(key).map(|id| (key, id))).collect()
}
