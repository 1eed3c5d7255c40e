//! What an invoice lacks.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::vendor::Vendor;

/// Why an invoice should wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum GapKind {
    /// A vendor's organization with devices at month end is no client that can be billed, or devices are in none.
    UnmappedOrganization,
    /// A day that the invoice is counted by is not stored.
    MissingDay,
    /// No organization has a name that the configuration calls the MSP's own: whoever had it is billed.
    UnknownInternalOrganization,
}

/// One thing that an invoice lacks. Its members are in the order of the canonical form, like those of all that is hashed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// The client that a vendor's organization is mapped to, but that Ninja does not have; `None` for one that is mapped to
    /// no client, and for the other kinds. It is left out of the text when it is `None`: closed months have no such member
    /// from before it was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The day that is missing; `None` for an organization.
    pub day: Option<NaiveDate>,
    /// The devices that the organization has at month end; `None` for a day and for an internal organization.
    pub devices: Option<i64>,
    /// What kind.
    pub kind: GapKind,
    /// The vendor's name for the organization, or the one that is configured; `None` for a day, and for the devices in no
    /// organization.
    pub name: Option<String>,
    /// The vendor's own id of the organization; `None` for a day, for the devices in no organization, and for an internal
    /// organization.
    #[serde(rename = "siteKey")]
    pub site_key: Option<String>,
    /// Whose organization, or whose day. Ninja names the internal organizations.
    pub vendor: Vendor,
}

impl Gap {
    /// A day that has no complete collection.
    pub const fn missing_day(vendor: Vendor, day: NaiveDate) -> Self {
        let kind = GapKind::MissingDay;
        Self { client: None, day: Some(day), devices: None, kind, name: None, site_key: None, vendor }
    }

    /// A name of the configuration that no organization has.
    pub const fn unknown_internal(name: String) -> Self {
        let (kind, vendor) = (GapKind::UnknownInternalOrganization, Vendor::REFERENCE);
        Self { client: None, day: None, devices: None, kind, name: Some(name), site_key: None, vendor }
    }

    /// In a sentence.
    pub fn message(&self) -> String {
        let (vendor, devices) = (self.vendor, self.devices.unwrap_or_default());
        let name = self.name.as_deref();
        match (self.kind, name, &self.client) {
            (GapKind::MissingDay, ..) => {
                let day = self.day.map(|day| day.to_string()).unwrap_or_default();
                format!("{day} has no complete collection of {vendor}, and it is the day that is billed by")
            }
            (GapKind::UnknownInternalOrganization, ..) => {
                let name = name.unwrap_or_default();
                format!(
                    "no organization is called `{name}`, which the configuration says is internal: under another name it \
                     is billed"
                )
            }
            (GapKind::UnmappedOrganization, Some(name), Some(client)) => format!(
                "`{name}` of {vendor} has {devices} devices at month end, and its client `{client}` is nobody at {}",
                Vendor::REFERENCE
            ),
            (GapKind::UnmappedOrganization, Some(name), None) => {
                format!("`{name}` of {vendor} has {devices} devices at month end and is mapped to no client")
            }
            (GapKind::UnmappedOrganization, None, _) => {
                format!("{devices} devices of {vendor} are in no organization at month end")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unmapped(name: Option<&str>, client: Option<&str>) -> Gap {
        let day = Gap::missing_day(Vendor::ThreatLocker, NaiveDate::default());
        Gap {
            client: client.map(str::to_owned),
            day: None,
            devices: Some(3),
            kind: GapKind::UnmappedOrganization,
            name: name.map(str::to_owned),
            ..day
        }
    }

    #[test]
    fn each_gap_is_told_as_what_it_is() {
        let internal = Gap::unknown_internal("Our Own".to_owned());
        let day = Gap::missing_day(Vendor::Ninja, "2026-03-31".parse().unwrap());
        for (gap, sentence) in [
            (unmapped(Some("X"), None), "`X` of ThreatLocker has 3 devices at month end and is mapped to no client"),
            (
                unmapped(Some("X"), Some("Y")),
                "`X` of ThreatLocker has 3 devices at month end, and its client `Y` is nobody at Ninja",
            ),
            (unmapped(None, None), "3 devices of ThreatLocker are in no organization at month end"),
            (day, "2026-03-31 has no complete collection of Ninja, and it is the day that is billed by"),
            (
                internal,
                "no organization is called `Our Own`, which the configuration says is internal: under another name it is \
                 billed",
            ),
        ] {
            assert_eq!(gap.message(), sentence);
        }
    }
}
