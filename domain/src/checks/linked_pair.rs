//! A device of another vendor together with the reference device it is linked to, as checks of linked devices see it.

use serde_json::{Map, Value, json};

use crate::{
    billing::Billing,
    checks::{DayInventory, ExceptionType, Finding, Sighting},
    hostname,
    linking::Link,
    vendor::Vendor,
};

/// Both sightings of one machine, and how they were found to be one.
#[derive(Clone, Copy, Debug)]
pub(super) struct LinkedPair<'a> {
    pub(super) threatlocker: &'a Sighting,
    pub(super) ninja: &'a Sighting,
    link: &'a Link,
}

impl<'a> LinkedPair<'a> {
    /// Every linked ThreatLocker device of the day whose Ninja device is there too, by its identity, ascending.
    pub(super) fn all(inventory: &DayInventory<'a>) -> impl Iterator<Item = Self> {
        inventory.of(Vendor::ThreatLocker).filter_map(|threatlocker| {
            let (link, ninja) = inventory.reference_of(threatlocker)?;
            Some(Self { threatlocker, ninja, link })
        })
    }

    /// A finding about the ThreatLocker device that names both, with the details of the type beside those of the pair.
    pub(super) fn finding(&self, exception_type: ExceptionType, of_type: Value) -> Finding {
        let mut details = self.details();
        if let Value::Object(of_type) = of_type {
            details.extend(of_type);
        }
        Finding::new(exception_type, self.threatlocker, &[self.threatlocker, self.ninja], Value::Object(details))
    }

    fn details(&self) -> Map<String, Value> {
        let (threatlocker, ninja) = (self.threatlocker, self.ninja);
        let pairs = [
            ("hostname_base", json!(hostname::canonical(&threatlocker.hostname))),
            ("tl_hostname", json!(hostname::short(&threatlocker.hostname))),
            ("tl_vendor_device_key", json!(threatlocker.vendor_device_key)),
            ("tl_site", json!(threatlocker.location_name)),
            ("tl_org_name", json!(threatlocker.organization_name())),
            ("ninja_hostname", json!(hostname::short(&ninja.hostname))),
            ("ninja_vendor_device_key", json!(ninja.vendor_device_key)),
            ("ninja_site", json!(ninja.location_name)),
            ("ninja_org_name", json!(ninja.organization_name())),
            ("ninja_billing_status", json!(ninja.billing.map(Billing::code))),
            ("link_rule", json!(self.link.rule.code())),
            ("link_evidence", json!(self.link.evidence)),
        ];
        pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
    }
}
