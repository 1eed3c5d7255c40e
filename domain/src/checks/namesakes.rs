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

/// Whose devices are compared with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Client {
    Organization(i64),
    /// The vendor's own organization, of which nobody knows which client it is.
    Site(i64),
}

/// How many devices of a group are told; a serial number that half a client shares would fill the page.
const MOST_TOLD: usize = 20;

impl<'a> Namesakes<'a> {
    /// A vendor's namesakes by key and organization. Where the organization is not known, the vendor's own stands for it; a
    /// device of which neither is known, or without key, is nobody's namesake: two clients' machines of one name are no
    /// duplicates. The rank must tell any two devices apart, or the order of the rows would.
    pub(super) fn all<R: Ord>(
        inventory: &DayInventory<'a>,
        vendor: Vendor,
        key: impl Fn(&Sighting) -> Option<String>,
        rank: impl Fn(&'a Sighting) -> R,
    ) -> Vec<Self> {
        let mut groups: BTreeMap<(String, Client), Vec<&'a Sighting>> = BTreeMap::new();
        for sighting in inventory.of(vendor) {
            if let Some((key, client)) = key(sighting).zip(client(sighting)) {
                groups.entry((key, client)).or_default().push(sighting);
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

    /// Those that the finding about a surplus one tells, by falling rank: the one to keep, itself, and as many others as
    /// there is room for.
    pub(super) fn told_of(&self, surplus: &'a Sighting) -> Vec<&'a Sighting> {
        let mut told: Vec<_> = self.ranked.iter().copied().take(MOST_TOLD).collect();
        if told.iter().all(|it| it.identity_id != surplus.identity_id) {
            told.truncate(MOST_TOLD - 1);
            told.push(surplus);
        }
        told
    }
}

fn client(sighting: &Sighting) -> Option<Client> {
    let organization = sighting.organization.as_ref().map(|organization| Client::Organization(organization.id));
    organization.or(sighting.site_id.map(Client::Site))
}
