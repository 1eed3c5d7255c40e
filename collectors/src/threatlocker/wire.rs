//! ThreatLocker's requests and answers as sent (vendor-apis.md 2.2 and 6.2). Absent, null and wrong-typed fields all read
//! as "not said"; keys that nobody reads (the misspelt ones among them) stay in the payload.

use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

use crate::{
    answer::Answer,
    lenient::{Exact, Flag, Lenient, LenientList},
    retry::Failure,
};

const NO_ID: &str = "00000000-0000-0000-0000-000000000000";

/// The body of `ComputerGetByAllParameters`. Ordered by name: by last check-in the rows move between pages (trap 29).
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ComputerQuery {
    pub(super) search_text: String,
    pub(super) computer_id: String,
    pub(super) page_size: u32,
    pub(super) page_number: u64,
    computer_group: &'static str,
    order_by: &'static str,
    child_organizations: bool,
    action: &'static str,
    is_ascending: bool,
    kind_of_action: &'static str,
    show_last_check_in: bool,
    show_deleted: bool,
    search_by: u8,
    threatlocker_version: &'static str,
    is_export: bool,
}

impl ComputerQuery {
    /// All computers, those of child organizations included: a parent key owns none itself (trap 31).
    pub(super) fn all(page_size: u32) -> Self {
        Self {
            search_text: String::new(),
            computer_id: NO_ID.to_owned(),
            page_size,
            page_number: 1,
            computer_group: NO_ID,
            order_by: "computername",
            child_organizations: true,
            action: "",
            is_ascending: true,
            kind_of_action: "",
            show_last_check_in: true,
            show_deleted: false,
            search_by: 1,
            threatlocker_version: "All",
            is_export: false,
        }
    }
}

/// The body of `OrganizationGetChildOrganizationsByParameters`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrganizationQuery {
    pub(super) page_size: u32,
    pub(super) page_number: u64,
    search_text: &'static str,
    order_by: &'static str,
    is_ascending: bool,
    include_all_children: bool,
    child_organizations: bool,
}

impl OrganizationQuery {
    pub(super) fn all(page_size: u32) -> Self {
        Self {
            page_size,
            page_number: 1,
            search_text: "",
            order_by: "name",
            is_ascending: true,
            include_all_children: true,
            child_organizations: true,
        }
    }
}

/// A body that asks for a page by number.
pub(super) trait Numbered: Serialize + Clone + Send + Sync {
    /// The same question for another page; the first one is 1.
    fn numbered(&self, page: u64) -> Self;
}

impl Numbered for ComputerQuery {
    fn numbered(&self, page: u64) -> Self {
        Self { page_number: page, ..self.clone() }
    }
}

impl Numbered for OrganizationQuery {
    fn numbered(&self, page: u64) -> Self {
        Self { page_number: page, ..self.clone() }
    }
}

/// A page of any list.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// The records as received.
    pub(super) rows: Vec<String>,
    /// How many rows the whole list has, by the header.
    pub(super) total_items: Option<u64>,
    /// How many pages, by the header.
    pub(super) total_pages: Option<u64>,
}

/// The `Pagination` header, lower-cased: its letter case varies, inside as well (trap 28).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Pagination {
    #[serde(rename = "totalitems")]
    total_items: Lenient<Exact>,
    #[serde(rename = "totalpages")]
    total_pages: Lenient<Exact>,
}

impl Page {
    /// Zero bytes are the vendor's other way to say "no rows" (trap 33).
    pub(super) fn read(answer: &Answer) -> Result<Self, Failure> {
        let rows = if answer.is_empty() { Vec::new() } else { answer.records()? };
        let header = answer.headers.get("pagination").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let pagination: Pagination = serde_json::from_str(&header.to_ascii_lowercase()).unwrap_or_default();
        let number = |field: Lenient<Exact>| field.0.and_then(|Exact(number)| number.to_u64());
        Ok(Self { rows, total_items: number(pagination.total_items), total_pages: number(pagination.total_pages) })
    }
}

/// What paging needs of a row of either list.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ListedRow {
    pub(super) computer_id: Lenient<String>,
    pub(super) computer_name: Lenient<String>,
    pub(super) hostname: Lenient<String>,
    pub(super) organization_id: Lenient<String>,
    pub(super) total_rows: Lenient<Exact>,
}

/// A computer.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ComputerRow {
    pub(super) computer_id: Lenient<String>,
    pub(super) computer_name: Lenient<String>,
    pub(super) hostname: Lenient<String>,
    pub(super) organization_id: Lenient<String>,
    pub(super) organization: Lenient<String>,
    pub(super) group: Lenient<String>,
    pub(super) mode: Lenient<String>,
    pub(super) username: Lenient<String>,
    pub(super) serial_number: Lenient<String>,
    pub(super) operating_system: Lenient<String>,
    /// An OS version, in spite of its name.
    pub(super) ip_operating_system: Lenient<String>,
    #[serde(rename = "lastCheckinIPAddress")]
    pub(super) last_checkin_ip_address: Lenient<String>,
    #[serde(rename = "lastCheckinLocalIPAddresses")]
    pub(super) last_checkin_local_ip_addresses: LenientList<String>,
    pub(super) date_added: Lenient<String>,
    pub(super) install_date: Lenient<String>,
    pub(super) last_checkin: Lenient<String>,
    pub(super) is_deleted: Lenient<Flag>,
    pub(super) is_isolated: Lenient<Flag>,
    pub(super) is_locked_out: Lenient<Flag>,
    pub(super) has_at_least_one_checkin: Lenient<Flag>,
    pub(super) deny_count_one_day: Lenient<i32>,
    pub(super) deny_count_three_days: Lenient<i32>,
    pub(super) deny_count_seven_days: Lenient<i32>,
    pub(super) threat_locker_version: Lenient<String>,
}

/// An organization of the child list.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct OrganizationRow {
    pub(super) organization_id: Lenient<String>,
    pub(super) name: Lenient<String>,
    pub(super) display_name: Lenient<String>,
    pub(super) parent_id: Lenient<String>,
    pub(super) organization_parents: LenientList<ParentRow>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ParentRow {
    pub(super) organization_id: Lenient<String>,
}
