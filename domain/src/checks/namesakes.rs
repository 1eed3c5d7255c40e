//! Devices of one vendor and organization that share a key: what duplicates are made of.

use std::{cmp::Reverse, collections::BTreeMap};

use crate::{
    checks::{DayInventory, Sighting},
    vendor::Vendor,
};

/// Devices that share a key; two at least.
#[derive(Debug)]
pub(super) struct Namesakes<'a> {
    /// What they share.
    pub(super) key: String,
    /// The one to keep, and the others by falling rank.
    pub(super) ranked: Vec<&'a Sighting>,
}

impl<'a> Namesakes<'a> {
    /// A vendor's namesakes by key and organization. Devices without organization are compared with each other and with no
    /// client's; a device without key is nobody's namesake. The rank must tell any two devices apart, or the order of the
    /// rows would.
    pub(super) fn all<R: Ord>(
        inventory: &DayInventory<'a>,
        vendor: Vendor,
        key: impl Fn(&Sighting) -> Option<String>,
        rank: impl Fn(&'a Sighting) -> R,
    ) -> Vec<Self> {
        let mut groups: BTreeMap<(String, Option<i64>), Vec<&'a Sighting>> = BTreeMap::new();
        for sighting in inventory.of(vendor) {
            if let Some(key) = key(sighting) {
                let organization_id = sighting.organization.as_ref().map(|organization| organization.id);
                groups.entry((key, organization_id)).or_default().push(sighting);
            }
        }
        groups.retain(|_, group| group.len() > 1);
        let highest_first = |((key, _), mut ranked): (_, Vec<&'a Sighting>)| {
            ranked.sort_by_key(|sighting| Reverse(rank(sighting)));
            Self { key, ranked }
        };
        groups.into_iter().map(highest_first).collect()
    }

    /// The one to keep, and the surplus ones.
    pub(super) fn keep_and_surplus(&self) -> Option<(&'a Sighting, &[&'a Sighting])> {
        self.ranked.split_first().map(|(keep, surplus)| (*keep, surplus))
    }
}
