//! From ThreatLocker's record to an observation (rules sections 4-6, vendor-apis.md 2.2, traps 36-43).

use std::collections::HashMap;

use domain::{
    collection::SetAside,
    observation::{Hardware, Network, Observation, OperatingSystem, Place, Protection},
};

use super::{VENDOR, wire::ComputerRow};
use crate::{
    assembly::{fits, not_present, unreadable},
    lenient::{Flag, Lenient, distinct},
    timestamp::{from_iso, lacks_zone},
};

/// Names by organization id (lower case), of the child list.
pub(super) type OrganizationNames = HashMap<String, Option<String>>;

/// A device, and whether one of its times came without a zone and was read as UTC.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) observation: Observation,
    pub(super) assumed_utc: bool,
}

/// The observation of a present computer; why it is none otherwise.
pub(super) fn observation(payload: String, names: &OrganizationNames) -> Result<Read, SetAside> {
    let object = payload.trim_start().starts_with('{');
    let Some(row) = object.then(|| serde_json::from_str::<ComputerRow>(&payload).ok()).flatten() else {
        return Err(unreadable(None, None, "the record is no computer object"));
    };
    // Never the computer name: that is a label that people edit (trap 36).
    let hostname = row.hostname.clean();
    let Some(key) = row.computer_id.clean().map(|id| id.to_lowercase()) else {
        return Err(unreadable(None, hostname, "no readable id"));
    };
    if row.is_deleted.0 == Some(Flag(true)) {
        return Err(not_present(Some(key), hostname, "deleted".to_owned()));
    }
    let display_name = row.computer_name.clean();
    let Some(hostname) = hostname else {
        return Err(unreadable(Some(key), None, "no host name"));
    };
    let sizes = fits(Some(&hostname), "host name")
        .and_then(|()| fits(display_name.as_deref(), "display name"))
        .and_then(|()| fits(Some(&key), "id"));
    sizes.map_err(|problem| {
        unreadable(Some(key.chars().take(64).collect()), Some(hostname.chars().take(64).collect()), problem)
    })?;
    let times = [&row.date_added, &row.install_date, &row.last_checkin];
    let assumed_utc = times.iter().any(|time| time.0.as_deref().is_some_and(lacks_zone));
    let observation = Observation {
        vendor: VENDOR,
        vendor_device_key: key,
        hostname,
        display_name,
        organization: organization(&row, names),
        location: None,
        device_status: (row.has_at_least_one_checkin.0 == Some(Flag(true))).then(|| "active".to_owned()),
        node_class: None,
        vendor_device_type: None,
        chassis: None,
        last_online: instant(&row.last_checkin),
        agent_installed_at: instant(&row.date_added),
        os: operating_system(&row),
        hardware: Hardware { serial_number: row.serial_number.clean(), ..Hardware::default() },
        network: network(&row),
        protection: protection(&row),
        payload,
    };
    Ok(Read { observation, assumed_utc })
}

fn instant(text: &Lenient<String>) -> Option<chrono::DateTime<chrono::Utc>> {
    text.0.as_deref().and_then(from_iso)
}

fn organization(row: &ComputerRow, names: &OrganizationNames) -> Option<Place> {
    let key = row.organization_id.clean()?.to_lowercase();
    let name = row.organization.clean().or_else(|| names.get(&key).cloned().flatten());
    Some(Place { key, name })
}

fn operating_system(row: &ComputerRow) -> OperatingSystem {
    let build = row.ip_operating_system.clean().and_then(|version| build(&version));
    OperatingSystem { name: row.operating_system.clean(), build, ..OperatingSystem::default() }
}

/// The build of a Windows version (`10.0.26100.5074` is `26100`). Windows builds have four digits at least, which the
/// third part of a macOS version never has.
fn build(version: &str) -> Option<String> {
    let part = version.split('.').nth(2)?.trim();
    (part.len() >= 4 && part.bytes().all(|byte| byte.is_ascii_digit())).then(|| part.to_owned())
}

fn network(row: &ComputerRow) -> Network {
    Network {
        mac_addresses: Vec::new(),
        ip_addresses: distinct(&row.last_checkin_local_ip_addresses.0, str::to_owned),
        public_ip: row.last_checkin_ip_address.clean(),
        last_user: row.username.clean(),
    }
}

fn protection(row: &ComputerRow) -> Protection {
    let flag = |field: &Lenient<Flag>| field.0.map(|Flag(on)| on);
    Protection {
        computer_group: row.group.clean(),
        security_mode: row.mode.clean(),
        deny_count_1d: row.deny_count_one_day.0,
        deny_count_3d: row.deny_count_three_days.0,
        deny_count_7d: row.deny_count_seven_days.0,
        install_date: instant(&row.install_date),
        is_locked_out: flag(&row.is_locked_out),
        is_isolated: flag(&row.is_isolated),
        agent_version: row.threat_locker_version.clean(),
        has_checked_in: flag(&row.has_at_least_one_checkin),
    }
}
