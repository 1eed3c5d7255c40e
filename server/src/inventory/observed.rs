//! From an observation to a row of `device_snapshot`: type, billing and Windows 11 readiness are decided, texts fitted to
//! their columns.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    billing::{self, BillingDecision, BillingFacts, BillingRules},
    device_type, hostname,
    observation::Observation,
    vendor::Vendor,
};
use entity::device_snapshot::ActiveModel;
use rust_decimal::Decimal;
use sea_orm::ActiveValue::{NotSet, Set};
use serde_json::Value;

use super::{reference::Reference, windows11};

/// What every row of a day shares.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DayContext<'a> {
    pub(crate) date: NaiveDate,
    pub(crate) stored_at: DateTime<Utc>,
    pub(crate) reference: &'a Reference,
    pub(crate) billing: &'a BillingRules,
}

/// The row of an observation.
pub(crate) fn row(day: &DayContext<'_>, seen: &Observation, identity_id: i64, site_id: Option<i64>) -> ActiveModel {
    let os = &seen.os;
    let device_type =
        device_type::classify(seen.node_class.as_deref(), seen.vendor_device_type.as_deref(), os.name.as_deref());
    let billing = decide_billing(seen, day.billing);
    let identified = ActiveModel {
        id: NotSet,
        snapshot_date: Set(day.date),
        vendor_id: Set(day.reference.vendor_id(seen.vendor)),
        device_identity_id: Set(identity_id),
        site_id: Set(site_id),
        device_type_id: Set(Some(day.reference.device_type_id(device_type))),
        billing_status_id: Set(billing.map(|decision| day.reference.billing_id(decision.billing))),
        spare_reason: Set(billing.and_then(|decision| decision.spare_reason).map(|reason| reason.code().to_owned())),
        hostname: Set(clip(&seen.hostname, 255)),
        canonical_hostname: Set(clip(&hostname::canonical(&seen.hostname).unwrap_or_default(), 255)),
        created_at: Set(day.stored_at),
        device_type_name: Set(Some(device_type.code().to_owned())),
        billable_status_name: Set(billing.map(|decision| decision.billing.code().to_owned())),
        ..Default::default()
    };
    let described = with_machine(with_protection(with_vendor_words(identified, seen), seen), seen);
    windows11::judged(described, seen, device_type)
}

/// Billing is the reference vendor's to decide; others' rows have none.
fn decide_billing(seen: &Observation, rules: &BillingRules) -> Option<BillingDecision> {
    (seen.vendor == Vendor::REFERENCE).then(|| {
        let facts = BillingFacts {
            node_class: seen.node_class.as_deref(),
            vendor_device_type: seen.vendor_device_type.as_deref(),
            display_name: seen.display_name.as_deref(),
            location: seen.location.as_ref(),
        };
        billing::decide(&facts, rules)
    })
}

fn with_vendor_words(row: ActiveModel, seen: &Observation) -> ActiveModel {
    let organization = seen.organization.as_ref();
    let location = seen.location.as_ref();
    ActiveModel {
        organization_id: Set(organization.map(|place| clip(&place.key, 255))),
        organization_name: Set(organization.and_then(|place| fit(place.name.as_ref(), 255))),
        location_key: Set(location.map(|place| clip(&place.key, 255))),
        location_name: Set(location.and_then(|place| fit(place.name.as_ref(), 255))),
        display_name: Set(fit(seen.display_name.as_ref(), 255)),
        device_status: Set(fit(seen.device_status.as_ref(), 100)),
        device_chassis: Set(fit(seen.chassis.as_ref(), 100)),
        node_class: Set(fit(seen.node_class.as_ref(), 100)),
        last_online: Set(seen.last_online),
        agent_install_timestamp: Set(seen.agent_installed_at),
        last_user: Set(fit(seen.network.last_user.as_ref(), 1000)),
        mac_addresses: Set(list(&seen.network.mac_addresses)),
        ip_addresses: Set(list(&seen.network.ip_addresses)),
        public_ip: Set(fit(seen.network.public_ip.as_ref(), 100)),
        ..row
    }
}

fn with_protection(row: ActiveModel, seen: &Observation) -> ActiveModel {
    let protection = &seen.protection;
    ActiveModel {
        computer_group: Set(fit(protection.computer_group.as_ref(), 255)),
        security_mode: Set(fit(protection.security_mode.as_ref(), 100)),
        deny_count_1d: Set(protection.deny_count_1d),
        deny_count_3d: Set(protection.deny_count_3d),
        deny_count_7d: Set(protection.deny_count_7d),
        install_date: Set(protection.install_date),
        is_locked_out: Set(protection.is_locked_out),
        is_isolated: Set(protection.is_isolated),
        agent_version: Set(fit(protection.agent_version.as_ref(), 100)),
        has_checked_in: Set(protection.has_checked_in),
        ..row
    }
}

fn with_machine(row: ActiveModel, seen: &Observation) -> ActiveModel {
    let hardware = &seen.hardware;
    ActiveModel {
        has_tpm: Set(hardware.has_tpm),
        tpm_enabled: Set(hardware.tpm_enabled),
        tpm_version: Set(fit(hardware.tpm_version.as_ref(), 100)),
        secure_boot_available: Set(hardware.secure_boot_available),
        secure_boot_enabled: Set(hardware.secure_boot_enabled),
        os_name: Set(fit(seen.os.name.as_ref(), 255)),
        os_architecture: Set(fit(seen.os.architecture.as_ref(), 100)),
        os_build: Set(fit(seen.os.build.as_ref(), 100)),
        os_release_id: Set(fit(seen.os.release_id.as_ref(), 100)),
        cpu_model: Set(fit(hardware.cpu_model.as_ref(), 255)),
        system_manufacturer: Set(fit(hardware.manufacturer.as_ref(), 255)),
        system_model: Set(fit(hardware.model.as_ref(), 255)),
        serial_number: Set(fit(hardware.serial_number.as_ref(), 255)),
        memory_gib: Set(hardware.memory_gib.filter(|gib| *gib < Decimal::from(100_000_000))),
        volumes: Set(fit(hardware.volumes.as_ref(), 10_000)),
        ..row
    }
}

/// A text as its column can hold it: no control characters (PostgreSQL refuses NUL), at most so many characters.
pub(crate) fn clip(text: &str, most: usize) -> String {
    text.chars().filter(|character| !character.is_control()).take(most).collect()
}

fn fit(text: Option<&String>, most: usize) -> Option<String> {
    text.map(|text| clip(text, most))
}

fn list(texts: &[String]) -> Option<Value> {
    (!texts.is_empty()).then(|| texts.iter().map(|text| Value::from(clip(text, 255))).collect())
}

/// A vendor's record as JSON that PostgreSQL's jsonb accepts: NUL characters inside texts are dropped.
pub(crate) fn payload(text: &str) -> Value {
    let mut value = serde_json::from_str(text).unwrap_or_else(|_| Value::from(clip(text, 100_000)));
    if text.contains("\\u0000") {
        drop_nuls(&mut value);
    }
    value
}

fn drop_nuls(value: &mut Value) {
    match value {
        Value::String(text) => text.retain(|character| character != '\0'),
        Value::Array(items) => items.iter_mut().for_each(drop_nuls),
        Value::Object(fields) => {
            let kept = std::mem::take(fields).into_iter().map(|(key, mut value)| {
                drop_nuls(&mut value);
                (key.replace('\0', ""), value)
            });
            *fields = kept.collect();
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
