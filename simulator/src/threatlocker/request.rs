use serde::Deserialize;

/// The zeros that stand for "all".
pub(crate) const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

/// `ComputerParameterDto`, with the vendor's defaults and nothing besides.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct ComputerParameters {
    pub(crate) search_text: String,
    pub(crate) search_by: Option<i64>,
    pub(crate) computer_group: String,
    pub(crate) computer_id: String,
    pub(crate) order_by: String,
    pub(crate) is_ascending: bool,
    pub(crate) page_size: usize,
    pub(crate) page_number: usize,
    pub(crate) child_organizations: bool,
    // Accepted; rows always have their last check-in
    show_last_check_in: bool,
    pub(crate) show_deleted: bool,
    pub(crate) action: String,
    // Accepted; the simulator keeps no such state
    kind_of_action: String,
    pub(crate) threatlocker_version: String,
    // Accepted; the answer is the same list
    is_export: bool,
}

impl Default for ComputerParameters {
    fn default() -> Self {
        Self {
            search_text: String::new(),
            search_by: None,
            computer_group: NOBODY.to_owned(),
            computer_id: NOBODY.to_owned(),
            order_by: "computername".to_owned(),
            is_ascending: true,
            page_size: 25,
            page_number: 1,
            child_organizations: false,
            show_last_check_in: true,
            show_deleted: false,
            action: String::new(),
            kind_of_action: String::new(),
            threatlocker_version: "All".to_owned(),
            is_export: false,
        }
    }
}

/// The body of `OrganizationGetChildOrganizationsByParameters`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct OrganizationParameters {
    pub(crate) page_number: usize,
    pub(crate) page_size: usize,
    pub(crate) search_text: String,
    pub(crate) order_by: String,
    pub(crate) is_ascending: bool,
    pub(crate) include_all_children: bool,
    pub(crate) child_organizations: bool,
}

impl Default for OrganizationParameters {
    fn default() -> Self {
        Self {
            page_number: 1,
            page_size: 25,
            search_text: String::new(),
            order_by: "name".to_owned(),
            is_ascending: true,
            include_all_children: false,
            child_organizations: false,
        }
    }
}

/// The body of `ComputerCheckinGetByParameters`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct CheckinParameters {
    pub(crate) computer_id: String,
    pub(crate) page_size: usize,
    pub(crate) page_number: usize,
    pub(crate) hide_heartbeat: bool,
    // Accepted; the totals come in the header anyway
    show_total_count: bool,
}

impl Default for CheckinParameters {
    fn default() -> Self {
        Self {
            computer_id: String::new(),
            page_size: 25,
            page_number: 1,
            hide_heartbeat: false,
            show_total_count: false,
        }
    }
}

/// What the computer list can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum OrderBy {
    ComputerName,
    Group,
    Action,
    LastCheckin,
    InstallDate,
    DeniedThreeDays,
    UpdateChannel,
    Version,
}

impl OrderBy {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "" | "computername" => Self::ComputerName,
            "group" => Self::Group,
            "action" => Self::Action,
            "lastcheckin" => Self::LastCheckin,
            "computerinstalldate" => Self::InstallDate,
            "deniedcountthreedays" => Self::DeniedThreeDays,
            "updatechannel" => Self::UpdateChannel,
            "threatlockerversion" => Self::Version,
            _ => return None,
        })
    }

    /// The row's key that decides.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::ComputerName => "computerName",
            Self::Group | Self::UpdateChannel => "group",
            Self::Action => "action",
            Self::LastCheckin => "lastCheckin",
            Self::InstallDate => "dateAdded",
            Self::DeniedThreeDays => "denyCountThreeDays",
            Self::Version => "threatLockerVersion",
        }
    }
}
