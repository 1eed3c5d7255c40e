//! A physical machine, with what its sources say of it now.

use sea_orm::entity::prelude::*;

/// A row of `device`.
#[derive(Clone, Debug, Default, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "device")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Host name of its leading source: the reference vendor's where present.
    pub hostname: String,
    /// Canonical hostname.
    pub canonical_hostname: String,
    /// Display name.
    pub display_name: Option<String>,
    /// Organization id.
    pub organization_id: Option<i64>,
    /// Device type id.
    pub device_type_id: Option<i64>,
    /// `None` while no vendor that decides billing lists it.
    pub billing_status_id: Option<i64>,
    /// Spare reason.
    pub spare_reason: Option<String>,
    /// Listed on the latest stored day of at least one vendor.
    pub present: bool,
    /// First seen date.
    pub first_seen_date: Date,
    /// Last seen date.
    pub last_seen_date: Date,
    /// The device that took over its identities.
    pub merged_into_id: Option<i64>,
}

/// Joins that queries use.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// To `organization`.
    #[sea_orm(
        belongs_to = "super::organization::Entity",
        from = "Column::OrganizationId",
        to = "super::organization::Column::Id"
    )]
    Organization,
}

impl ActiveModelBehavior for ActiveModel {}
