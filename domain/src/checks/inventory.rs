//! One day as the checks see it.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};

use crate::{
    billing::{Billing, SpareReason},
    clock::BusinessZone,
    device_type::DeviceType,
    linking::{Ambiguity, Link, Linking},
    vendor::Vendor,
};

/// An organization by its canonical name: one id for all vendors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationRef {
    /// The id of the canonical organization.
    pub id: i64,
    /// Its name, as the vendor of the sighting spells it.
    pub name: String,
}

/// One identity on the day, as its vendor showed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// The identity; unique on a day.
    pub identity_id: i64,
    /// Who showed it.
    pub vendor: Vendor,
    /// The vendor's own id of the device.
    pub vendor_device_key: String,
    /// Host name as received.
    pub hostname: String,
    /// The name people gave it.
    pub display_name: Option<String>,
    /// The organization; `None` when the vendor names none, or one without a name.
    pub organization: Option<OrganizationRef>,
    /// The vendor's own organization, also where nobody knows which organization it is; `None` when the vendor names none.
    pub site_id: Option<i64>,
    /// The location's name; `None` when there is none or it is not known.
    pub location_name: Option<String>,
    /// What kind of machine it is.
    pub device_type: DeviceType,
    /// Serial number as received; placeholders count as none.
    pub serial_number: Option<String>,
    /// Billing; `None` for vendors that do not decide it.
    pub billing: Option<Billing>,
    /// Why it is spare.
    pub spare_reason: Option<SpareReason>,
    /// When the vendor first listed it.
    pub added_at: Option<DateTime<Utc>>,
    /// When the vendor last heard from it.
    pub last_contact: Option<DateTime<Utc>>,
}

impl Sighting {
    /// The name of the organization.
    pub fn organization_name(&self) -> Option<&str> {
        self.organization.as_ref().map(|organization| organization.name.as_str())
    }
}

/// A day of the business time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BusinessDay {
    /// The day.
    pub date: NaiveDate,
    /// The zone that says which instants belong to it.
    pub zone: BusinessZone,
}

impl BusinessDay {
    /// Whole days from the day of an instant to this one; negative when the instant is on a later day.
    pub fn days_since(self, instant: DateTime<Utc>) -> i64 {
        (self.date - self.zone.date_of(instant)).num_days()
    }
}

/// The sightings of one day with their links.
#[derive(Debug)]
pub struct DayInventory<'a> {
    /// Which day it is.
    pub day: BusinessDay,
    sightings: Vec<&'a Sighting>,
    by_identity: HashMap<i64, &'a Sighting>,
    linking: &'a Linking,
}

impl<'a> DayInventory<'a> {
    /// A day's inventory; the links are those of these sightings.
    pub fn new(day: BusinessDay, sightings: &'a [Sighting], linking: &'a Linking) -> Self {
        let by_identity: HashMap<_, _> = sightings.iter().map(|sighting| (sighting.identity_id, sighting)).collect();
        let mut sightings: Vec<_> = sightings.iter().collect();
        sightings.sort_by_key(|sighting| sighting.identity_id);
        Self { day, sightings, by_identity, linking }
    }

    /// A vendor's sightings by identity, ascending.
    pub fn of(&self, vendor: Vendor) -> impl Iterator<Item = &'a Sighting> + '_ {
        self.sightings.iter().copied().filter(move |sighting| sighting.vendor == vendor)
    }

    /// One sighting; `None` when the identity was not there that day.
    pub fn sighting(&self, identity_id: i64) -> Option<&'a Sighting> {
        self.by_identity.get(&identity_id).copied()
    }

    /// The reference vendor's sighting of the same machine, with how it was found. `None` when there is no link, and also
    /// when the linked identity was not there that day.
    pub fn reference_of(&self, sighting: &Sighting) -> Option<(&'a Link, &'a Sighting)> {
        let link = self.linking.reference_of(sighting.identity_id)?;
        Some((link, self.sighting(link.reference_id)?))
    }

    /// Another vendor's sightings of the same machine, by identity, ascending; those that were not there that day are left
    /// out.
    pub fn linked_to(&self, reference: &Sighting, vendor: Vendor) -> impl Iterator<Item = &'a Sighting> {
        let linked = self.linking.linked_to(reference.identity_id).iter();
        linked.filter_map(|identity_id| self.sighting(*identity_id)).filter(move |sighting| sighting.vendor == vendor)
    }

    /// The sightings that were linked to nothing because several fitted, by identity, ascending.
    pub fn ambiguous(&self) -> impl Iterator<Item = (&'a Sighting, &'a Ambiguity)> {
        let ambiguities = self.linking.ambiguities.iter();
        ambiguities.filter_map(|ambiguity| Some((self.sighting(ambiguity.identity_id)?, ambiguity)))
    }

    /// The ambiguity that kept a sighting from being linked.
    pub fn ambiguity_of(&self, sighting: &Sighting) -> Option<&'a Ambiguity> {
        self.linking.ambiguity_of(sighting.identity_id)
    }
}
