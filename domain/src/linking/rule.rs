//! The ways in which two identities are found to be one machine.

/// How a link was made (rules section 7). The order is the order in which the rules are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LinkRule {
    /// A person linked them, or linked both to the same third.
    Person,
    /// Same serial number.
    SerialNumber,
    /// Same MAC address.
    MacAddress,
    /// Same canonical host name inside one organization.
    HostnameInOrganization,
    /// One side's name is the other's, cut at 15 characters, inside one organization.
    CutHostnameInOrganization,
    /// Same canonical host name across organizations, unique on both sides.
    UniqueHostname,
}

impl LinkRule {
    /// Every rule, in the order in which they are tried.
    pub const ALL: [Self; 6] = [
        Self::Person,
        Self::SerialNumber,
        Self::MacAddress,
        Self::HostnameInOrganization,
        Self::CutHostnameInOrganization,
        Self::UniqueHostname,
    ];

    /// The code that is stored with a link.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::SerialNumber => "serial_number",
            Self::MacAddress => "mac_address",
            Self::HostnameInOrganization => "hostname_in_organization",
            Self::CutHostnameInOrganization => "cut_hostname_in_organization",
            Self::UniqueHostname => "unique_hostname",
        }
    }

    /// The rule with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.code() == code)
    }

    /// The rule in one sentence, for people who ask why.
    pub const fn description(self) -> &'static str {
        match self {
            Self::Person => "A person linked them.",
            Self::SerialNumber => "Both report the same serial number.",
            Self::MacAddress => "Both report the same MAC address.",
            Self::HostnameInOrganization => "Both have the same host name inside one organization.",
            Self::CutHostnameInOrganization => {
                "One host name is the other cut at 15 characters, inside one organization, and nothing else fits."
            }
            Self::UniqueHostname => {
                "Both have the same host name, no other device of either vendor has it, and no serial number speaks \
                 against it."
            }
        }
    }
}
