//! One vendor's device over time.

use sea_orm::entity::prelude::*;

/// A row of `device_identity`.
#[derive(Clone, Debug, Default, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "device_identity")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Vendor id.
    pub vendor_id: i64,
    /// Ninja's device id, ThreatLocker's computerId.
    pub vendor_device_key: String,
    /// First seen date.
    pub first_seen_date: Date,
    /// Last seen date.
    pub last_seen_date: Date,
    /// The machine; `None` only until the first linking.
    pub device_id: Option<i64>,
    /// How it was linked to the reference identity, or by a person to another one; `None` for one that was linked to none.
    pub link_rule: Option<String>,
    /// What the rule rested on.
    pub link_evidence: Option<String>,
}

/// Joins that queries use.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// To `device`.
    #[sea_orm(belongs_to = "super::device::Entity", from = "Column::DeviceId", to = "super::device::Column::Id")]
    Device,
}

impl Related<super::device::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Device.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
