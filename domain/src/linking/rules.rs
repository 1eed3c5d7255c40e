//! The rules of section 7, each a function from an identity to a verdict; the first verdict stands.

use crate::{
    hostname,
    linking::{
        LinkRule,
        candidates::{Candidates, Verdict},
        index::{Index, Keyed},
    },
    vendor::Vendor,
};

type Rule = for<'k> fn(&'k Keyed<'k>, &Index<'k>) -> Option<Verdict>;

/// Rules 2 to 6 of section 7. Rule 1, what a person decided, will be one more entry in front of these.
pub(super) const RULES: [Rule; 5] =
    [serial_number, mac_address, hostname_in_organization, cut_hostname_in_organization, unique_hostname];

/// A serial that identities of different names report (a placeholder nobody has listed yet) is one machine's only for
/// the identity that has its name too; the others would be strangers merged.
fn serial_number<'k>(seeker: &'k Keyed<'k>, index: &Index<'k>) -> Option<Verdict> {
    let serial = seeker.serial.as_deref()?;
    let candidates = Candidates::new(LinkRule::SerialNumber, index.with_serial(serial).to_vec())
        .narrow("a shared MAC address", |candidate| seeker.shared_mac(candidate).is_some())
        .narrow("host name and organization", |candidate| same_hostname_in_organization(seeker, candidate));
    let is_shared = index.names_of_serial(seeker.identity.vendor, serial) > 1;
    if is_shared && candidates.are_strangers(|candidate| same_hostname_in_organization(seeker, candidate)) {
        return Some(candidates.ambiguous(seeker));
    }
    candidates.verdict(seeker, |_| format!("serial number {serial}"))
}

/// As with serial numbers: an adapter that travels between machines links only the one of the same name.
fn mac_address<'k>(seeker: &'k Keyed<'k>, index: &Index<'k>) -> Option<Verdict> {
    let fitting = seeker.macs.iter().flat_map(|mac| index.with_mac(mac)).copied().collect();
    let candidates = Candidates::new(LinkRule::MacAddress, fitting)
        .narrow("host name and organization", |candidate| same_hostname_in_organization(seeker, candidate));
    let is_shared = seeker.macs.iter().any(|mac| index.names_of_mac(seeker.identity.vendor, mac) > 1);
    if is_shared && candidates.are_strangers(|candidate| same_hostname_in_organization(seeker, candidate)) {
        return Some(candidates.ambiguous(seeker));
    }
    candidates.verdict(seeker, |only| format!("MAC address {}", seeker.shared_mac(only).unwrap_or_default()))
}

fn hostname_in_organization<'k>(seeker: &'k Keyed<'k>, index: &Index<'k>) -> Option<Verdict> {
    let key = seeker.hostname_in_organization()?;
    let candidates = Candidates::new(LinkRule::HostnameInOrganization, index.named_in_organization(key).to_vec());
    candidates.verdict(seeker, |_| format!("host name {} in the same organization", key.1))
}

/// Either name may be the cut one. "Only one candidate fits" counts both ways: where two different names of this vendor
/// begin with the cut name, or one is the cut name itself, it is nobody's.
fn cut_hostname_in_organization<'k>(seeker: &'k Keyed<'k>, index: &Index<'k>) -> Option<Verdict> {
    let key = seeker.netbios_in_organization()?;
    let name = seeker.hostname.as_deref()?;
    let seeker_is_cut = hostname::may_be_cut(name);
    let fits =
        |candidate: &&&Keyed<'k>| candidate.hostname.as_deref().is_some_and(hostname::may_be_cut) != seeker_is_cut;
    let fitting: Vec<_> = index.with_netbios(key).iter().filter(fits).copied().collect();
    let candidates = Candidates::new(LinkRule::CutHostnameInOrganization, fitting.clone());
    let is_contested = index.names_of_netbios(seeker.identity.vendor, key) > 1;
    if is_contested && !fitting.is_empty() {
        return Some(candidates.ambiguous(seeker));
    }
    candidates.verdict(seeker, |only| {
        let other = only.hostname.as_deref().unwrap_or_default();
        let (cut, whole) = if seeker_is_cut { (name, other) } else { (other, name) };
        format!("host name {cut} is {whole} cut at {} characters, in the same organization", hostname::NETBIOS_LENGTH)
    })
}

/// Names that several machines have (`RECEPTION` at two clients) say nothing across organizations: the rule does not hold
/// then, and nothing is ambiguous.
fn unique_hostname<'k>(seeker: &'k Keyed<'k>, index: &Index<'k>) -> Option<Verdict> {
    let name = seeker.hostname.as_deref()?;
    let vendor = seeker.identity.vendor;
    let [only] = index.named(name) else { return None };
    let is_unique = index.uses_of_name(vendor, name) == 1;
    let contradicts = matches!((&seeker.serial, &only.serial), (Some(one), Some(other)) if one != other);
    if !is_unique || contradicts {
        return None;
    }
    Candidates::new(LinkRule::UniqueHostname, vec![only])
        .verdict(seeker, |_| format!("host name {name}, the only one in {vendor} and in {}", Vendor::REFERENCE))
}

fn same_hostname_in_organization(one: &Keyed<'_>, other: &Keyed<'_>) -> bool {
    one.hostname_in_organization().is_some_and(|key| other.hostname_in_organization() == Some(key))
}
