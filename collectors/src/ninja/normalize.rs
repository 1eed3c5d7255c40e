//! From Ninja's record to an observation (rules sections 4-6, vendor-apis.md 1.6, traps 14-23).

use std::{collections::HashMap, net::IpAddr};

use domain::{
    collection::SetAside,
    observation::{Hardware, Network, Observation, OperatingSystem, Place, Protection},
    serial,
};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::de::DeserializeOwned;

use super::{
    VENDOR,
    wire::{CustomFields, DeviceRow, PlaceRow, RoleRow, Volume},
};
use crate::{
    assembly::{fits, not_present, unreadable},
    lenient::{Exact, Flag, Id, Lenient, Word, clean, distinct},
    timestamp::from_epoch_seconds,
};

/// 2^30: memory and volumes are in GiB.
const GIB: i64 = 1 << 30;

/// What other lists say about devices.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    /// Names by organization id.
    pub(super) organizations: HashMap<i64, Option<String>>,
    /// Names by location id.
    pub(super) locations: HashMap<i64, Option<String>>,
    /// Chassis by role id.
    pub(super) roles: HashMap<i64, String>,
    /// Custom fields by device id.
    pub(super) custom_fields: HashMap<i64, CustomFields>,
}

/// Names by id, of a list of organizations or locations.
pub(super) fn names(rows: &[String]) -> HashMap<i64, Option<String>> {
    let rows = rows.iter().filter_map(|row| object::<PlaceRow>(row));
    rows.filter_map(|row| Some((row.id.0?.0, row.name.clean()))).collect()
}

/// Chassis by id, of a list of roles.
pub(super) fn role_chassis(rows: &[String]) -> HashMap<i64, String> {
    let rows = rows.iter().filter_map(|row| object::<RoleRow>(row));
    rows.filter_map(|row| Some((row.id.0?.0, chassis_word(&row.chassis_type)?))).collect()
}

/// A record, read; what is no object is none.
pub(super) fn device(payload: &str) -> Option<DeviceRow> {
    object(payload)
}

/// Whether only the role can tell the chassis.
pub(super) fn wants_role(row: &DeviceRow) -> bool {
    row.node_role_id.0.is_some() && stated_chassis(row).is_none()
}

/// The observation of a present device; why it is none otherwise.
pub(super) fn observation(payload: String, around: &Surroundings) -> Result<Observation, SetAside> {
    let Some(row) = device(&payload) else {
        let id = serde_json::from_str::<PlaceRow>(&payload).ok().and_then(|row| row.id.0);
        return Err(unreadable(id.map(|Id(id)| id.to_string()), None, "the record is no device object"));
    };
    let hostname = hostname(&row);
    let Some(Id(id)) = row.id.0 else {
        return Err(unreadable(None, hostname, "no readable id"));
    };
    let key = id.to_string();
    if let Some(status) = unapproved(&row) {
        return Err(not_present(Some(key), hostname, format!("approval status {status}")));
    }
    let display_name = row.display_name.clean();
    let Some(hostname) = hostname else {
        return Err(unreadable(Some(key), None, "no host name"));
    };
    let sizes = fits(Some(&hostname), "host name").and_then(|()| fits(display_name.as_deref(), "display name"));
    sizes.map_err(|problem| unreadable(Some(key.clone()), Some(hostname.chars().take(64).collect()), problem))?;
    Ok(Observation {
        vendor: VENDOR,
        vendor_device_key: key,
        hostname,
        display_name,
        organization: place(row.organization_id.0, &around.organizations),
        location: place(row.location_id.0, &around.locations),
        device_status: row.offline.0.map(|Flag(offline)| if offline { "offline" } else { "online" }.to_owned()),
        node_class: row.node_class.clean(),
        vendor_device_type: row.device_type.clean(),
        chassis: chassis(&row, around),
        last_online: row.last_contact.0.and_then(from_epoch_seconds),
        agent_installed_at: row.created.0.and_then(from_epoch_seconds),
        os: operating_system(&row),
        hardware: hardware(&row, around.custom_fields.get(&id)),
        network: network(&row),
        protection: Protection::default(),
        payload,
    })
}

fn object<T: DeserializeOwned>(payload: &str) -> Option<T> {
    // A derived struct also reads lists by position.
    payload.trim_start().starts_with('{').then(|| serde_json::from_str(payload).ok()).flatten()
}

/// The status of a device that is not present; nothing said counts as approved, as in the vendor's own filter.
pub(super) fn unapproved(row: &DeviceRow) -> Option<String> {
    let status = row.approval_status.clean()?;
    (!status.eq_ignore_ascii_case("APPROVED")).then(|| status.chars().take(40).collect())
}

/// The best name the record has; one that is an address only when there is nothing better.
pub(super) fn hostname(row: &DeviceRow) -> Option<String> {
    let mut names = vec![row.dns_name.clean(), row.system_name.clean(), row.netbios_name.clean()];
    if !is_agent_class(row.node_class.clean().as_deref()) {
        names.extend([row.name.clean(), row.display_name.clean()]);
    }
    let names: Vec<String> = names.into_iter().flatten().collect();
    let is_no_address = |name: &&String| name.parse::<IpAddr>().is_err();
    names.iter().find(is_no_address).or(names.first()).cloned()
}

/// Whether devices of the class run an agent, which always knows its own host name: their labels are no names.
fn is_agent_class(class: Option<&str>) -> bool {
    class.is_none_or(|class| ["WINDOWS_", "MAC", "LINUX_"].iter().any(|family| class.starts_with(family)))
}

fn place(id: Option<Id>, names: &HashMap<i64, Option<String>>) -> Option<Place> {
    let Id(id) = id?;
    Some(Place { key: id.to_string(), name: names.get(&id).cloned().flatten() })
}

fn stated_chassis(row: &DeviceRow) -> Option<&str> {
    row.system.0.as_ref()?.chassis_type.0.as_deref().filter(|word| !word.trim().is_empty())
}

/// Desktop or laptop: the machine's own word, else its role's.
fn chassis(row: &DeviceRow, around: &Surroundings) -> Option<String> {
    match &row.system.0 {
        Some(system) if stated_chassis(row).is_some() => chassis_word(&system.chassis_type),
        _ => around.roles.get(&row.node_role_id.0?.0).cloned(),
    }
}

fn chassis_word(word: &Lenient<String>) -> Option<String> {
    let word = word.clean()?;
    ["Desktop", "Laptop"].into_iter().find(|known| known.eq_ignore_ascii_case(&word)).map(str::to_owned)
}

fn operating_system(row: &DeviceRow) -> OperatingSystem {
    let word = |word: &Lenient<Word>| word.0.as_ref().and_then(|Word(text)| clean(text));
    let Some(os) = &row.os.0 else {
        let (name, build) = (row.release_name.clean(), word(&row.build_number));
        return OperatingSystem { name, build, ..OperatingSystem::default() };
    };
    OperatingSystem {
        name: os.name.clean().or_else(|| row.release_name.clean()),
        build: word(&os.build_number).or_else(|| word(&row.build_number)),
        release_id: word(&os.release_id),
        architecture: os.architecture.clean(),
    }
}

fn hardware(row: &DeviceRow, fields: Option<&CustomFields>) -> Hardware {
    let system = row.system.0.as_ref();
    let field = |name| fields.and_then(|fields| custom_field(fields, name));
    let flag = |name| field(name).and_then(|raw| serde_json::from_str::<Flag>(raw).ok()).map(|Flag(on)| on);
    Hardware {
        serial_number: serial_number(row),
        manufacturer: system.and_then(|system| system.manufacturer.clean()).or_else(|| row.vendor.clean()),
        model: system.and_then(|system| system.model.clean()).or_else(|| row.model.clean()),
        cpu_model: row.processors.0.first().and_then(|cpu| cpu.name.clean()).or_else(|| row.cpu_model.clean()),
        memory_gib: memory_gib(row),
        volumes: volumes(&row.volumes.0),
        has_tpm: flag("hastpm"),
        tpm_enabled: flag("tpmenabled"),
        tpm_version: field("tpmversion").and_then(tpm_version),
        secure_boot_available: flag("securebootavailable"),
        secure_boot_enabled: flag("securebootenabled"),
    }
}

/// The value of a custom field as sent; the name's letter case does not matter.
fn custom_field<'a>(fields: &'a CustomFields, name: &str) -> Option<&'a str> {
    let exact = fields.get(name);
    let found = exact.or_else(|| fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value));
    found.map(|value| value.get())
}

/// The version as reported; the script that fills the field writes `0.0` where there is no TPM.
fn tpm_version(raw: &str) -> Option<String> {
    let Word(text) = serde_json::from_str(raw).ok()?;
    clean(&text).map(|version| if version == "0.0" { "No TPM".to_owned() } else { version })
}

/// The first serial number that says which machine it is, else the first one that says anything.
fn serial_number(row: &DeviceRow) -> Option<String> {
    let system = row.system.0.as_ref();
    let candidates = [
        system.and_then(|system| system.serial_number.clean()),
        system.and_then(|system| system.bios_serial_number.clean()),
        row.service_tag.clean(),
    ];
    let good = candidates.iter().flatten().find(|serial| serial::key(serial).is_some());
    good.or(candidates.iter().flatten().next()).cloned()
}

fn memory_gib(row: &DeviceRow) -> Option<Decimal> {
    let capacity = row.memory.0.as_ref().and_then(|memory| memory.capacity.0).and_then(|bytes| gib(bytes, 2));
    let physical = || row.system.0.as_ref()?.total_physical_memory.0.and_then(|bytes| gib(bytes, 2));
    capacity.or_else(physical).or_else(|| row.memory_size.0.and_then(|bytes| gib(bytes, 2)))
}

/// Bytes in GiB; zero and less mean that the vendor does not know, and what no column can hold is no size.
fn gib(Exact(bytes): Exact, decimals: u32) -> Option<Decimal> {
    let largest = Decimal::from(99_999_999);
    let gib = bytes.checked_div(Decimal::from(GIB))?;
    let known = bytes > Decimal::ZERO && gib <= largest;
    known.then(|| {
        let mut rounded = gib.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero);
        rounded.rescale(decimals);
        rounded
    })
}

/// The predecessor's spelling: `C:: 475.9GB, D:: 100.0GB`.
fn volumes(volumes: &[Volume]) -> Option<String> {
    let texts: Vec<String> = volumes.iter().filter_map(volume).collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

fn volume(volume: &Volume) -> Option<String> {
    let name = volume.name.clean().or_else(|| volume.drive_letter.clean())?;
    Some(match volume.capacity.0.and_then(|bytes| gib(bytes, 1)) {
        Some(size) => format!("{name}: {size}GB"),
        None => name,
    })
}

fn network(row: &DeviceRow) -> Network {
    let digits = |mac: &str| mac.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
    Network {
        mac_addresses: distinct(&row.mac_addresses.0, digits),
        ip_addresses: distinct(&row.ip_addresses.0, str::to_owned),
        public_ip: row.public_ip.clean(),
        last_user: row.last_logged_in_user.clean(),
    }
}
