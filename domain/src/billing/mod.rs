//! What the reference vendor's facts say of billing (rules section 5).
//!
//! It refuses to know devices, days or organizations: whoever asks brings the facts of one device and whether its
//! organization is internal.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{device_type::DeviceType, observation::Place, text::fold};

/// Whether a device is billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Billing {
    /// It is billed.
    Billable,
    /// It is not: see [`SpareReason`].
    Spare,
    /// A fact that decides is missing, so nobody is billed by accident.
    Unknown,
}

impl Billing {
    /// Every status, in the order of table `billing_status`.
    pub const ALL: [Self; 3] = [Self::Billable, Self::Spare, Self::Unknown];

    /// The code in table `billing_status`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Billable => "billable",
            Self::Spare => "spare",
            Self::Unknown => "unknown",
        }
    }

    /// The status with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|billing| billing.code() == code)
    }
}

/// Why a device is spare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpareReason {
    /// It is a virtual machine, billed through its host.
    VmGuest,
    /// Its display name contains "spare".
    SpareName,
    /// The name of its location contains "spare".
    SpareLocation,
}

impl SpareReason {
    /// Every reason, the first that holds first.
    pub const ALL: [Self; 3] = [Self::VmGuest, Self::SpareName, Self::SpareLocation];

    /// The code that is stored with the snapshot.
    pub const fn code(self) -> &'static str {
        match self {
            Self::VmGuest => "vm_guest",
            Self::SpareName => "spare_name",
            Self::SpareLocation => "spare_location",
        }
    }

    /// The reason with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

/// What a node class says of billing, as the configuration spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NodeClassRule {
    /// The class itself is billed, whatever the vendor's device type says. A spare name or location still counts.
    Billable,
    /// A virtual machine that is billed through its host.
    Guest,
    /// The class decides nothing: the vendor's device type does. Takes a documented default away.
    Default,
}

/// The node-class rules: the documented defaults with the configuration's entries over them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "BTreeMap<String, NodeClassRule>", into = "BTreeMap<String, NodeClassRule>")]
pub struct BillingRules {
    node_classes: BTreeMap<String, NodeClassRule>,
}

/// VM hosts are billed; Hyper-V guests too, by the owner's rule, although they are guests.
const DEFAULTS: [(&str, NodeClassRule); 5] = [
    ("VMWARE_VM_GUEST", NodeClassRule::Guest),
    ("HYPERV_VMM_GUEST", NodeClassRule::Billable),
    ("VMWARE_VM_HOST", NodeClassRule::Billable),
    ("HYPERV_VMM_HOST", NodeClassRule::Billable),
    ("NMS_VM_HOST", NodeClassRule::Billable),
];

impl Default for BillingRules {
    fn default() -> Self {
        Self { node_classes: DEFAULTS.into_iter().map(|(class, rule)| (class.to_owned(), rule)).collect() }
    }
}

impl From<BTreeMap<String, NodeClassRule>> for BillingRules {
    fn from(overrides: BTreeMap<String, NodeClassRule>) -> Self {
        Self::default().with(overrides)
    }
}

impl From<BillingRules> for BTreeMap<String, NodeClassRule> {
    fn from(rules: BillingRules) -> Self {
        rules.node_classes
    }
}

impl BillingRules {
    /// These rules with some entries replaced or added; the others stay. Letter case of a class does not count.
    #[must_use]
    pub fn with(mut self, overrides: BTreeMap<String, NodeClassRule>) -> Self {
        self.node_classes.extend(overrides.into_iter().map(|(class, rule)| (class_key(&class), rule)));
        self
    }

    /// The rule of a node class.
    pub fn of(&self, node_class: &str) -> NodeClassRule {
        self.node_classes.get(&class_key(node_class)).copied().unwrap_or(NodeClassRule::Default)
    }
}

fn class_key(node_class: &str) -> String {
    node_class.trim().to_ascii_uppercase()
}

/// What decides the billing of one device.
#[derive(Clone, Copy, Debug, Default)]
pub struct BillingFacts<'a> {
    /// Ninja's `nodeClass`.
    pub node_class: Option<&'a str>,
    /// Ninja's `deviceType`.
    pub vendor_device_type: Option<&'a str>,
    /// The name people gave it; often there is none, which says nothing.
    pub display_name: Option<&'a str>,
    /// Where it is filed; `None` when it is filed nowhere.
    pub location: Option<&'a Place>,
}

/// The billing of one device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BillingDecision {
    /// Whether it is billed.
    pub billing: Billing,
    /// Why not, for a spare one only.
    pub spare_reason: Option<SpareReason>,
}

/// Decides the billing of one device: a reason to be spare that is known to hold wins, then a missing fact makes it
/// unknown, and everything else is billable.
pub fn decide(facts: &BillingFacts<'_>, rules: &BillingRules) -> BillingDecision {
    let spare_reason = SpareReason::ALL.into_iter().find(|reason| holds(*reason, facts, rules));
    let billing = match spare_reason {
        Some(_) => Billing::Spare,
        None if is_fact_missing(facts) => Billing::Unknown,
        None => Billing::Billable,
    };
    BillingDecision { billing, spare_reason }
}

fn holds(reason: SpareReason, facts: &BillingFacts<'_>, rules: &BillingRules) -> bool {
    match reason {
        SpareReason::VmGuest => is_guest(facts, rules),
        SpareReason::SpareName => facts.display_name.is_some_and(says_spare),
        SpareReason::SpareLocation => {
            facts.location.and_then(|location| location.name.as_deref()).is_some_and(says_spare)
        }
    }
}

/// A class with a rule decides alone: Ninja calls Hyper-V guests `VMGuest` too, and the owner's rule bills them.
fn is_guest(facts: &BillingFacts<'_>, rules: &BillingRules) -> bool {
    match facts.node_class.map_or(NodeClassRule::Default, |class| rules.of(class)) {
        NodeClassRule::Billable => false,
        NodeClassRule::Guest => true,
        NodeClassRule::Default => {
            facts.vendor_device_type.is_some_and(|word| word.trim().eq_ignore_ascii_case("vmguest"))
        }
    }
}

fn says_spare(name: &str) -> bool {
    fold(name).contains("spare")
}

/// Nothing tells a guest from a machine, or the location has an id whose name is not known and might say "spare".
fn is_fact_missing(facts: &BillingFacts<'_>) -> bool {
    let is_blank = |text: Option<&str>| text.is_none_or(|text| text.trim().is_empty());
    let kind_unknown = is_blank(facts.node_class) && is_blank(facts.vendor_device_type);
    kind_unknown || facts.location.is_some_and(|location| is_blank(location.name.as_deref()))
}

/// Whether a device is an endpoint: billable, of any type, outside the internal organizations (`internal`).
pub fn is_endpoint(billing: Billing, internal: bool) -> bool {
    billing == Billing::Billable && !internal
}

/// Whether a device is a seat: an endpoint that is a workstation. A node class that is known to be something else
/// overrules a stored type, so that days stored under older rules count no server, VM or switch as a seat.
pub fn is_seat(billing: Billing, device_type: DeviceType, node_class: Option<&str>, internal: bool) -> bool {
    let by_class = node_class.and_then(DeviceType::of_node_class).unwrap_or(device_type);
    is_endpoint(billing, internal) && device_type == DeviceType::Workstation && by_class == DeviceType::Workstation
}
