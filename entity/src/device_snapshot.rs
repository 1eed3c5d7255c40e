//! A stored observation: one per identity, vendor and day.

use sea_orm::entity::prelude::*;

/// A row of `device_snapshot`.
#[derive(Clone, Debug, Default, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "device_snapshot")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Snapshot date.
    pub snapshot_date: Date,
    /// Vendor id.
    pub vendor_id: i64,
    /// Device identity id.
    pub device_identity_id: i64,
    /// Site id.
    pub site_id: Option<i64>,
    /// Device type id.
    pub device_type_id: Option<i64>,
    /// `None` for vendors that do not decide billing.
    pub billing_status_id: Option<i64>,
    /// Spare reason.
    pub spare_reason: Option<String>,
    /// As received.
    pub hostname: String,
    /// Empty when nothing of the name is left.
    pub canonical_hostname: String,
    /// Created at.
    pub created_at: DateTimeUtc,
    /// The vendor's name of the organization.
    pub organization_name: Option<String>,
    /// Display name.
    pub display_name: Option<String>,
    /// Device status.
    pub device_status: Option<String>,
    /// Location key.
    pub location_key: Option<String>,
    /// Location name.
    pub location_name: Option<String>,
    /// Device type name.
    pub device_type_name: Option<String>,
    /// Device chassis.
    pub device_chassis: Option<String>,
    /// Billable status name.
    pub billable_status_name: Option<String>,
    /// Node class.
    pub node_class: Option<String>,
    /// Last online.
    pub last_online: Option<DateTimeUtc>,
    /// When the vendor first listed the device.
    pub agent_install_timestamp: Option<DateTimeUtc>,
    /// Last user.
    pub last_user: Option<String>,
    /// Mac addresses.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub mac_addresses: Option<Json>,
    /// Ip addresses.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub ip_addresses: Option<Json>,
    /// Public ip.
    pub public_ip: Option<String>,
    /// The vendor's own organization id.
    pub organization_id: Option<String>,
    /// Computer group.
    pub computer_group: Option<String>,
    /// Security mode.
    pub security_mode: Option<String>,
    /// Deny count 1d.
    #[sea_orm(column_name = "deny_count_1d")]
    pub deny_count_1d: Option<i32>,
    /// Deny count 3d.
    #[sea_orm(column_name = "deny_count_3d")]
    pub deny_count_3d: Option<i32>,
    /// Deny count 7d.
    #[sea_orm(column_name = "deny_count_7d")]
    pub deny_count_7d: Option<i32>,
    /// Install date.
    pub install_date: Option<DateTimeUtc>,
    /// Is locked out.
    pub is_locked_out: Option<bool>,
    /// Is isolated.
    pub is_isolated: Option<bool>,
    /// Agent version.
    pub agent_version: Option<String>,
    /// Has checked in.
    pub has_checked_in: Option<bool>,
    /// Has tpm.
    pub has_tpm: Option<bool>,
    /// Tpm enabled.
    pub tpm_enabled: Option<bool>,
    /// Tpm version.
    pub tpm_version: Option<String>,
    /// Secure boot available.
    pub secure_boot_available: Option<bool>,
    /// Secure boot enabled.
    pub secure_boot_enabled: Option<bool>,
    /// Os name.
    pub os_name: Option<String>,
    /// Os architecture.
    pub os_architecture: Option<String>,
    /// Os build.
    pub os_build: Option<String>,
    /// Os release id.
    pub os_release_id: Option<String>,
    /// Cpu model.
    pub cpu_model: Option<String>,
    /// System manufacturer.
    pub system_manufacturer: Option<String>,
    /// System model.
    pub system_model: Option<String>,
    /// Serial number.
    pub serial_number: Option<String>,
    /// Memory gib.
    #[sea_orm(column_type = "Decimal(Some((10, 2)))", nullable)]
    pub memory_gib: Option<Decimal>,
    /// Volumes.
    pub volumes: Option<String>,
    /// `None`: not assessed.
    #[sea_orm(column_name = "windows_11_24h2_capable")]
    pub windows_11_24h2_capable: Option<bool>,
    /// Windows 11 24h2 deficiencies.
    #[sea_orm(column_name = "windows_11_24h2_deficiencies", column_type = "JsonBinary", nullable)]
    pub windows_11_24h2_deficiencies: Option<Json>,
    /// Whether Windows 11 24H2 may run: a code of `domain::windows11::Verdict`. `None`: no Windows workstation, or stored
    /// before the hub judged.
    #[sea_orm(column_name = "windows_11_verdict")]
    pub windows_11_verdict: Option<String>,
}

/// Joins that queries use.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// To `device_identity`.
    #[sea_orm(
        belongs_to = "super::device_identity::Entity",
        from = "Column::DeviceIdentityId",
        to = "super::device_identity::Column::Id"
    )]
    DeviceIdentity,
    /// To `site`.
    #[sea_orm(belongs_to = "super::site::Entity", from = "Column::SiteId", to = "super::site::Column::Id")]
    Site,
}

impl Related<super::device_identity::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::DeviceIdentity.def()
    }
}

impl Related<super::site::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Site.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
