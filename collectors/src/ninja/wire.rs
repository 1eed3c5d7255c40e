//! Ninja's answers as sent (vendor-apis.md 1.6 and 6.1). Absent, null and wrong-typed fields all read as "not said".

use std::collections::HashMap;

use chrono::TimeDelta;
use rust_decimal::prelude::ToPrimitive;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    answer::{Answer, raw_text},
    lenient::{Exact, Flag, Id, Lenient, LenientList, Word},
    retry::Failure,
};

/// What is wrong with an answer of the token URL that grants nothing.
pub(super) const NO_ACCESS_TOKEN: &str = "no access token in it";

/// The token URL's answer.
#[derive(Debug)]
pub(super) struct TokenAnswer {
    /// Missing only beside a refresh token, which must be kept even then.
    pub(super) access_token: Option<SecretString>,
    pub(super) refresh_token: Option<SecretString>,
    expires_in: Option<Exact>,
}

#[derive(Deserialize)]
struct TokenBody {
    #[serde(default)]
    access_token: Lenient<String>,
    #[serde(default)]
    refresh_token: Lenient<String>,
    #[serde(default)]
    expires_in: Lenient<Exact>,
}

impl TokenAnswer {
    /// Reads the body; not tried again when it makes no sense: the refresh token may have been replaced.
    pub(super) fn read(answer: &Answer) -> Result<Self, Failure> {
        let body: TokenBody = answer.json().map_err(|failure| Failure::last(failure.error))?;
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty()).map(SecretString::from);
        let (access_token, refresh_token) = (filled(body.access_token.0), filled(body.refresh_token.0));
        if access_token.is_none() && refresh_token.is_none() {
            return Err(Failure::last(answer.unexpected(NO_ACCESS_TOKEN)));
        }
        Ok(Self { access_token, refresh_token, expires_in: body.expires_in.0 })
    }

    /// How long the access token lives, where the answer says so; never believed beyond a day.
    pub(super) fn life(&self) -> Option<TimeDelta> {
        let seconds = self.expires_in?.0.to_i64()?;
        (seconds > 0).then(|| TimeDelta::seconds(seconds.min(86_400)))
    }
}

/// A device of `devices-detailed` or `device/{id}`: agent, VM host, guest, network gear and unmanaged ones in one shape.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct DeviceRow {
    pub(super) id: Lenient<Id>,
    pub(super) organization_id: Lenient<Id>,
    pub(super) location_id: Lenient<Id>,
    pub(super) node_class: Lenient<String>,
    pub(super) node_role_id: Lenient<Id>,
    pub(super) approval_status: Lenient<String>,
    pub(super) offline: Lenient<Flag>,
    pub(super) display_name: Lenient<String>,
    pub(super) system_name: Lenient<String>,
    pub(super) dns_name: Lenient<String>,
    pub(super) netbios_name: Lenient<String>,
    pub(super) created: Lenient<Exact>,
    pub(super) last_contact: Lenient<Exact>,
    pub(super) ip_addresses: LenientList<String>,
    pub(super) mac_addresses: LenientList<String>,
    #[serde(rename = "publicIP", alias = "publicIp")]
    pub(super) public_ip: Lenient<String>,
    pub(super) device_type: Lenient<String>,
    pub(super) os: Lenient<Os>,
    pub(super) system: Lenient<System>,
    pub(super) memory: Lenient<Memory>,
    pub(super) processors: LenientList<Processor>,
    pub(super) volumes: LenientList<Volume>,
    pub(super) last_logged_in_user: Lenient<String>,
    // The flat shape of VM hosts.
    pub(super) name: Lenient<String>,
    pub(super) vendor: Lenient<String>,
    pub(super) model: Lenient<String>,
    pub(super) service_tag: Lenient<String>,
    pub(super) release_name: Lenient<String>,
    pub(super) build_number: Lenient<Word>,
    pub(super) cpu_model: Lenient<String>,
    pub(super) memory_size: Lenient<Exact>,
}

/// Operating system of an agent device.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Os {
    pub(super) name: Lenient<String>,
    pub(super) architecture: Lenient<String>,
    pub(super) build_number: Lenient<Word>,
    pub(super) release_id: Lenient<Word>,
}

/// Computer system of an agent device.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct System {
    pub(super) manufacturer: Lenient<String>,
    pub(super) model: Lenient<String>,
    pub(super) bios_serial_number: Lenient<String>,
    pub(super) serial_number: Lenient<String>,
    pub(super) total_physical_memory: Lenient<Exact>,
    pub(super) chassis_type: Lenient<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Memory {
    /// Bytes.
    pub(super) capacity: Lenient<Exact>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Processor {
    pub(super) name: Lenient<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Volume {
    pub(super) name: Lenient<String>,
    pub(super) drive_letter: Lenient<String>,
    /// Bytes.
    pub(super) capacity: Lenient<Exact>,
}

/// An organization or location.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PlaceRow {
    pub(super) id: Lenient<Id>,
    pub(super) name: Lenient<String>,
}

/// A device role.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct RoleRow {
    pub(super) id: Lenient<Id>,
    pub(super) chassis_type: Lenient<String>,
}

/// A page of `/v2/queries/*`.
#[derive(Debug)]
pub(super) struct ReportPage {
    pub(super) cursor: Option<Cursor>,
    pub(super) rows: Vec<CustomFieldsRow>,
}

/// Where a report goes on: an object, or on some instances the bare name.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Cursor {
    pub(super) name: Lenient<String>,
    pub(super) offset: Lenient<Id>,
    pub(super) count: Lenient<Id>,
}

/// A device's row of the custom-fields report.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct CustomFieldsRow {
    pub(super) device_id: Lenient<Id>,
    pub(super) fields: Lenient<CustomFields>,
}

/// Values by name; their kinds vary inside one map, so each stays as sent until somebody wants it.
pub(super) type CustomFields = HashMap<String, Box<RawValue>>;

#[derive(Deserialize)]
struct ReportBody {
    #[serde(default)]
    cursor: Option<Box<RawValue>>,
    results: Vec<Box<RawValue>>,
}

impl ReportPage {
    pub(super) fn read(answer: &Answer) -> Result<Self, Failure> {
        let body: ReportBody = answer.json()?;
        let rows = body.results.iter().map(|row| serde_json::from_str(row.get()).unwrap_or_default()).collect();
        Ok(Self { cursor: body.cursor.as_deref().and_then(cursor), rows })
    }
}

fn cursor(raw: &RawValue) -> Option<Cursor> {
    let named = |name| Cursor { name: Lenient(Some(name)), ..Cursor::default() };
    let object = || raw.get().starts_with('{').then(|| serde_json::from_str(raw.get()).ok()).flatten();
    let cursor = serde_json::from_str(raw.get()).ok().map(named).or_else(object)?;
    cursor.name.0.as_deref().is_some_and(|name| !name.is_empty()).then_some(cursor)
}

/// The rows of a search: a bare list, or `devices` inside an object.
pub(super) fn search_rows(answer: &Answer) -> Result<Vec<String>, Failure> {
    #[derive(Deserialize)]
    struct Found {
        devices: Vec<Box<RawValue>>,
    }
    if !answer.text().trim_start().starts_with('{') {
        return answer.records();
    }
    Ok(answer.json::<Found>()?.devices.into_iter().map(raw_text).collect())
}

/// One record as received.
pub(super) fn record(answer: &Answer) -> Result<String, Failure> {
    Ok(raw_text(answer.json::<Box<RawValue>>()?))
}
