//! Which columns the fields of a `DeviceSnapshot` show, so that a page reads no others.

use async_graphql::SelectionField;
use entity::device_snapshot::Column;
use sea_orm::Iterable;

use super::DeviceSnapshot;

/// What cursors, ids and loaders need, whatever is asked for.
const ALWAYS: [Column; 3] = [Column::SnapshotDate, Column::DeviceIdentityId, Column::CanonicalHostname];

impl DeviceSnapshot {
    /// The columns behind these fields: all, if one of them is not known here.
    pub(in crate::graphql) fn columns(fields: &[SelectionField<'_>]) -> Vec<Column> {
        let mut columns = ALWAYS.to_vec();
        for field in fields {
            let shown = match field.name() {
                "os" => shown_by(field.selection_set(), os),
                "hardware" => shown_by(field.selection_set(), hardware),
                name => own(name).map(<[Column]>::to_vec),
            };
            match shown {
                Some(shown) => columns.extend(shown),
                None => return Column::iter().collect(),
            }
        }
        columns.sort_unstable_by_key(|column| *column as u8);
        columns.dedup_by_key(|column| *column as u8);
        columns
    }
}

fn shown_by<'a>(
    fields: impl Iterator<Item = SelectionField<'a>>,
    by: impl Fn(&str) -> Option<&'static [Column]>,
) -> Option<Vec<Column>> {
    let shown: Option<Vec<_>> = fields.map(|field| by(field.name())).collect();
    shown.map(|shown| shown.concat())
}

fn own(field: &str) -> Option<&'static [Column]> {
    Some(match field {
        "id" | "date" | "vendorDeviceKey" | "device" | "canonicalHostname" | "__typename" => &[],
        "vendor" => &[Column::VendorId],
        "organization" => &[Column::SiteId],
        "vendorOrganization" => &[Column::OrganizationId, Column::OrganizationName],
        "location" => &[Column::LocationKey, Column::LocationName],
        "hostname" => &[Column::Hostname],
        "displayName" => &[Column::DisplayName],
        "deviceType" => &[Column::DeviceTypeId],
        "billing" => &[Column::BillingStatusId],
        "spareReason" => &[Column::SpareReason],
        "status" => &[Column::DeviceStatus],
        "vendorDeviceType" => &[Column::DeviceTypeName],
        "nodeClass" => &[Column::NodeClass],
        "chassis" => &[Column::DeviceChassis],
        "lastOnline" => &[Column::LastOnline],
        "agentInstalledAt" => &[Column::AgentInstallTimestamp],
        "windows11" => &[Column::Windows11Verdict, Column::Windows1124h2Deficiencies],
        "network" => &[Column::MacAddresses, Column::IpAddresses, Column::PublicIp, Column::LastUser],
        "storedAt" => &[Column::CreatedAt],
        _ => return None,
    })
}

fn os(field: &str) -> Option<&'static [Column]> {
    Some(match field {
        "__typename" => &[],
        "name" => &[Column::OsName],
        "architecture" => &[Column::OsArchitecture],
        "build" => &[Column::OsBuild],
        "releaseId" => &[Column::OsReleaseId],
        _ => return None,
    })
}

fn hardware(field: &str) -> Option<&'static [Column]> {
    Some(match field {
        "__typename" => &[],
        "serialNumber" => &[Column::SerialNumber],
        "manufacturer" => &[Column::SystemManufacturer],
        "model" => &[Column::SystemModel],
        "cpuModel" => &[Column::CpuModel],
        "memoryGib" => &[Column::MemoryGib],
        "volumes" => &[Column::Volumes],
        "hasTpm" => &[Column::HasTpm],
        "tpmEnabled" => &[Column::TpmEnabled],
        "tpmVersion" => &[Column::TpmVersion],
        "secureBootAvailable" => &[Column::SecureBootAvailable],
        "secureBootEnabled" => &[Column::SecureBootEnabled],
        _ => return None,
    })
}
