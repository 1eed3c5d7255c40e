//! The keys of identities, and where to find identities by them without looking at each one.

use std::collections::{HashMap, HashSet};

use crate::{
    hostname,
    linking::{Linkable, clusters::Clusters},
    mac, serial,
    vendor::Vendor,
};

/// An identity with its keys, each made once.
#[derive(Debug)]
pub(super) struct Keyed<'a> {
    pub(super) identity: &'a Linkable,
    /// Canonical host name.
    pub(super) hostname: Option<String>,
    /// NetBIOS key, for names so long that NetBIOS may have cut them on one side.
    pub(super) netbios: Option<String>,
    pub(super) serial: Option<String>,
    /// Sorted, without doubles.
    pub(super) macs: Vec<String>,
}

impl<'a> Keyed<'a> {
    pub(super) fn new(identity: &'a Linkable) -> Self {
        let hostname = hostname::canonical(&identity.hostname);
        let netbios = hostname.as_deref().map(hostname::netbios).filter(|key| hostname::may_be_cut(key));
        let mut macs: Vec<_> = identity.mac_addresses.iter().filter_map(|mac| mac::key(mac)).collect();
        macs.sort_unstable();
        macs.dedup();
        let serial = identity.serial_number.as_deref().and_then(serial::key);
        Self { identity, hostname, netbios, serial, macs }
    }

    /// Whether the name has just the length at which NetBIOS cuts.
    pub(super) fn is_cut(&self) -> bool {
        self.hostname.as_deref().is_some_and(hostname::may_be_cut)
    }

    /// The first MAC address that both report.
    pub(super) fn shared_mac(&self, other: &Self) -> Option<&str> {
        self.macs.iter().find(|mac| other.macs.binary_search(mac).is_ok()).map(String::as_str)
    }

    /// The canonical host name with the organization; `None` when either is not known.
    pub(super) fn hostname_in_organization(&self) -> Option<(i64, &str)> {
        Some((self.identity.organization_id?, self.hostname.as_deref()?))
    }

    /// The NetBIOS key with the organization; `None` when either is not known or the name is short.
    pub(super) fn netbios_in_organization(&self) -> Option<(i64, &str)> {
        Some((self.identity.organization_id?, self.netbios.as_deref()?))
    }
}

type Bucket<'k> = Vec<&'k Keyed<'k>>;

/// Reference identities by key, and how often other vendors use a name.
#[derive(Debug, Default)]
pub(super) struct Index<'k> {
    serials: HashMap<&'k str, Bucket<'k>>,
    macs: HashMap<&'k str, Bucket<'k>>,
    names: HashMap<&'k str, Bucket<'k>>,
    names_in_organization: HashMap<(i64, &'k str), Bucket<'k>>,
    /// By key, organization, and whether the name is the cut one.
    netbios_in_organization: HashMap<(i64, &'k str, bool), Bucket<'k>>,
    name_uses: HashMap<(Vendor, &'k str), usize>,
    names_of_netbios: HashMap<(Vendor, i64, &'k str), HashSet<&'k str>>,
    users_of_serial: HashMap<(Vendor, &'k str), Users<'k>>,
    names_of_mac: HashMap<(Vendor, &'k str), HashSet<Option<&'k str>>>,
}

/// Who of another vendor reports one serial number.
#[derive(Debug, Default)]
struct Users<'k> {
    names: HashSet<Option<&'k str>>,
    organizations: HashSet<Option<i64>>,
}

/// An identity's machine, as others see it: the name and the organization of the cluster's first.
#[derive(Clone, Copy, Debug)]
struct Machine<'k> {
    name: Option<&'k str>,
    organization_id: Option<i64>,
}

impl<'k> Index<'k> {
    /// Every bucket is in the order of the identities. Those that a person linked are one machine and count as one name.
    pub(super) fn new(identities: &'k [Keyed<'k>], clusters: &Clusters) -> Self {
        let mut index = Self::default();
        let mut leads: HashMap<i64, Machine<'k>> = HashMap::new();
        let mut counted = HashSet::new();
        for keyed in identities {
            if keyed.identity.vendor == Vendor::REFERENCE {
                index.add_reference(keyed);
                continue;
            }
            let name = keyed.hostname.as_deref();
            let machine = Machine { name, organization_id: keyed.identity.organization_id };
            if !clusters.is_clustered(keyed.identity.identity_id) {
                index.add_seeker(keyed, machine, true);
                continue;
            }
            let lead = clusters.lead(keyed.identity.identity_id);
            let shared = *leads.entry(lead).or_insert(machine);
            let is_first = counted.insert((lead, keyed.identity.vendor, name));
            index.add_seeker(keyed, shared, is_first);
        }
        index
    }

    fn add_reference(&mut self, keyed: &'k Keyed<'k>) {
        if let Some(serial) = &keyed.serial {
            self.serials.entry(serial).or_default().push(keyed);
        }
        for mac in &keyed.macs {
            self.macs.entry(mac).or_default().push(keyed);
        }
        if let Some(name) = &keyed.hostname {
            self.names.entry(name).or_default().push(keyed);
        }
        if let Some(key) = keyed.hostname_in_organization() {
            self.names_in_organization.entry(key).or_default().push(keyed);
        }
        if let Some((organization, netbios)) = keyed.netbios_in_organization() {
            let key = (organization, netbios, keyed.is_cut());
            self.netbios_in_organization.entry(key).or_default().push(keyed);
        }
    }

    /// `machine` is what the identity's machine counts as, `is_first` whether it is its machine's first of its name.
    fn add_seeker(&mut self, keyed: &'k Keyed<'k>, machine: Machine<'k>, is_first: bool) {
        let vendor = keyed.identity.vendor;
        if let Some(serial) = &keyed.serial {
            let users = self.users_of_serial.entry((vendor, serial)).or_default();
            users.names.insert(machine.name);
            users.organizations.insert(machine.organization_id);
        }
        for mac in &keyed.macs {
            self.names_of_mac.entry((vendor, mac)).or_default().insert(machine.name);
        }
        let (Some(name), Some(machine)) = (keyed.hostname.as_deref(), machine.name.or(keyed.hostname.as_deref()))
        else {
            return;
        };
        *self.name_uses.entry((vendor, name)).or_default() += usize::from(is_first);
        if let Some((organization, netbios)) = keyed.netbios_in_organization() {
            self.names_of_netbios.entry((vendor, organization, netbios)).or_default().insert(machine);
        }
    }

    /// The reference identities with this serial number.
    pub(super) fn with_serial(&self, serial: &str) -> &[&'k Keyed<'k>] {
        found(self.serials.get(serial))
    }

    /// The reference identities with this MAC address.
    pub(super) fn with_mac(&self, mac: &str) -> &[&'k Keyed<'k>] {
        found(self.macs.get(mac))
    }

    /// The reference identities with this canonical host name, in any organization.
    pub(super) fn named(&self, name: &str) -> &[&'k Keyed<'k>] {
        found(self.names.get(name))
    }

    /// The reference identities with this canonical host name in this organization.
    pub(super) fn named_in_organization(&self, key: (i64, &'k str)) -> &[&'k Keyed<'k>] {
        found(self.names_in_organization.get(&key))
    }

    /// The reference identities in this organization whose names begin with this NetBIOS key: the name that is no longer,
    /// or the longer ones.
    pub(super) fn with_netbios(&self, (organization, key): (i64, &'k str), is_cut: bool) -> &[&'k Keyed<'k>] {
        found(self.netbios_in_organization.get(&(organization, key, is_cut)))
    }

    /// How many machines of another vendor have this canonical host name, in all organizations.
    pub(super) fn uses_of_name(&self, vendor: Vendor, name: &str) -> usize {
        self.name_uses.get(&(vendor, name)).copied().unwrap_or_default()
    }

    /// How many different names another vendor's identities with this serial number have.
    pub(super) fn names_of_serial(&self, vendor: Vendor, serial: &str) -> usize {
        self.users_of_serial.get(&(vendor, serial)).map_or(0, |users| users.names.len())
    }

    /// Whether all of them are in one organization that is known.
    pub(super) fn is_serial_of_one_organization(&self, vendor: Vendor, serial: &str) -> bool {
        let users = self.users_of_serial.get(&(vendor, serial));
        users.is_none_or(|users| users.organizations.len() == 1 && !users.organizations.contains(&None))
    }

    /// How many different names another vendor's identities with this MAC address have.
    pub(super) fn names_of_mac(&self, vendor: Vendor, mac: &str) -> usize {
        self.names_of_mac.get(&(vendor, mac)).map_or(0, HashSet::len)
    }

    /// How many different names of another vendor in this organization begin with this NetBIOS key.
    pub(super) fn names_of_netbios(&self, vendor: Vendor, (organization, netbios): (i64, &str)) -> usize {
        self.names_of_netbios.get(&(vendor, organization, netbios)).map_or(0, HashSet::len)
    }
}

fn found<'s, 'k>(bucket: Option<&'s Bucket<'k>>) -> &'s [&'k Keyed<'k>] {
    bucket.map_or(&[], Vec::as_slice)
}
