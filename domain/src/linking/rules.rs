//! Rules 2 to 6 of section 7, each a function from an identity to a verdict; the first verdict stands. Rule 1, what a
//! person decided, is in front of them in `solving`, and in whom `Search` lets them find.

use crate::{
    hostname,
    linking::{
        LinkRule,
        candidates::{Candidates, Search, Verdict},
        index::{Index, Keyed},
    },
    vendor::Vendor,
};

type Rule = for<'k> fn(&'k Keyed<'k>, &Search<'k>) -> Option<Verdict>;

const RULES: [Rule; 5] =
    [serial_number, mac_address, hostname_in_organization, cut_hostname_in_organization, unique_hostname];

/// What the first rule that finds anything says of an identity.
pub(super) fn verdict<'k>(seeker: &'k Keyed<'k>, search: &Search<'k>) -> Option<Verdict> {
    RULES.iter().find_map(|rule| rule(seeker, search))
}

/// The reference identities that a rule looks at for an identity, ascending, before anything narrows them.
pub(super) fn fitting<'k>(rule: LinkRule, seeker: &'k Keyed<'k>, index: &Index<'k>) -> Vec<&'k Keyed<'k>> {
    let found = match rule {
        LinkRule::Person => None,
        LinkRule::SerialNumber => seeker.serial.as_deref().map(|serial| index.with_serial(serial).to_vec()),
        LinkRule::MacAddress => Some(with_any_mac(seeker, index)),
        LinkRule::HostnameInOrganization => {
            seeker.hostname_in_organization().map(|key| index.named_in_organization(key).to_vec())
        }
        LinkRule::CutHostnameInOrganization => Some(with_cut_name(seeker, index)),
        LinkRule::UniqueHostname => seeker.hostname.as_deref().map(|name| index.named(name).to_vec()),
    };
    found.unwrap_or_default()
}

fn with_any_mac<'k>(seeker: &'k Keyed<'k>, index: &Index<'k>) -> Vec<&'k Keyed<'k>> {
    let mut found: Vec<_> = seeker.macs.iter().flat_map(|mac| index.with_mac(mac)).copied().collect();
    found.sort_unstable_by_key(|candidate| candidate.identity.identity_id);
    found.dedup_by_key(|candidate| candidate.identity.identity_id);
    found
}

fn with_cut_name<'k>(seeker: &'k Keyed<'k>, index: &Index<'k>) -> Vec<&'k Keyed<'k>> {
    let (Some(key), Some(name)) = (seeker.netbios_in_organization(), seeker.hostname.as_deref()) else {
        return Vec::new();
    };
    let seeker_is_cut = hostname::may_be_cut(name);
    let fits =
        |candidate: &&&Keyed<'k>| candidate.hostname.as_deref().is_some_and(hostname::may_be_cut) != seeker_is_cut;
    index.with_netbios(key).iter().filter(fits).copied().collect()
}

/// A serial that identities of different names report (a placeholder nobody has listed yet) is one machine's only for
/// the identity that has its name too; the others would be strangers merged.
fn serial_number<'k>(seeker: &'k Keyed<'k>, search: &Search<'k>) -> Option<Verdict> {
    let (rule, serial) = (LinkRule::SerialNumber, seeker.serial.as_deref()?);
    let candidates = Candidates::new(rule, seeker, search, fitting(rule, seeker, &search.index))
        .narrow("a shared MAC address", |candidate| seeker.shared_mac(candidate).is_some())
        .narrow("host name and organization", |candidate| same_hostname_in_organization(seeker, candidate));
    let is_shared = search.index.names_of_serial(seeker.identity.vendor, serial) > 1;
    if is_shared && candidates.are_strangers(|candidate| same_hostname_in_organization(seeker, candidate)) {
        return Some(candidates.ambiguous());
    }
    candidates.verdict(|_| format!("serial number {serial}"))
}

/// As with serial numbers: an adapter that travels between machines links only the one of the same name.
fn mac_address<'k>(seeker: &'k Keyed<'k>, search: &Search<'k>) -> Option<Verdict> {
    let rule = LinkRule::MacAddress;
    let candidates = Candidates::new(rule, seeker, search, fitting(rule, seeker, &search.index))
        .narrow("host name and organization", |candidate| same_hostname_in_organization(seeker, candidate));
    let is_shared = seeker.macs.iter().any(|mac| search.index.names_of_mac(seeker.identity.vendor, mac) > 1);
    if is_shared && candidates.are_strangers(|candidate| same_hostname_in_organization(seeker, candidate)) {
        return Some(candidates.ambiguous());
    }
    candidates.verdict(|only| format!("MAC address {}", seeker.shared_mac(only).unwrap_or_default()))
}

fn hostname_in_organization<'k>(seeker: &'k Keyed<'k>, search: &Search<'k>) -> Option<Verdict> {
    let (rule, name) = (LinkRule::HostnameInOrganization, seeker.hostname.as_deref()?);
    let candidates = Candidates::new(rule, seeker, search, fitting(rule, seeker, &search.index));
    candidates.verdict(|_| format!("host name {name} in the same organization"))
}

/// Either name may be the cut one. "Only one candidate fits" counts both ways: where two different names of this vendor
/// begin with the cut name, or one is the cut name itself, it is nobody's.
fn cut_hostname_in_organization<'k>(seeker: &'k Keyed<'k>, search: &Search<'k>) -> Option<Verdict> {
    let (rule, name) = (LinkRule::CutHostnameInOrganization, seeker.hostname.as_deref()?);
    let key = seeker.netbios_in_organization()?;
    let candidates = Candidates::new(rule, seeker, search, fitting(rule, seeker, &search.index));
    let is_contested = search.index.names_of_netbios(seeker.identity.vendor, key) > 1;
    if is_contested && !candidates.is_empty() {
        return Some(candidates.ambiguous());
    }
    candidates.verdict(|only| {
        let other = only.hostname.as_deref().unwrap_or_default();
        let (cut, whole) = if hostname::may_be_cut(name) { (name, other) } else { (other, name) };
        format!("host name {cut} is {whole} cut at {} characters, in the same organization", hostname::NETBIOS_LENGTH)
    })
}

/// Names that several machines have (`RECEPTION` at two clients) say nothing across organizations: the rule does not hold
/// then, and nothing is ambiguous. A machine that a person ruled out still has the name.
fn unique_hostname<'k>(seeker: &'k Keyed<'k>, search: &Search<'k>) -> Option<Verdict> {
    let (rule, vendor) = (LinkRule::UniqueHostname, seeker.identity.vendor);
    let name = seeker.hostname.as_deref()?;
    let found = fitting(rule, seeker, &search.index);
    if !is_unique(seeker, &found, search) || found.iter().any(|only| serials_differ(seeker, only)) {
        return None;
    }
    Candidates::new(rule, seeker, search, found)
        .verdict(|_| format!("host name {name}, the only one in {vendor} and in {}", Vendor::REFERENCE))
}

/// Whether one machine of the seeker's vendor and one of the reference vendor have the seeker's name.
pub(super) fn is_unique(seeker: &Keyed<'_>, named: &[&Keyed<'_>], search: &Search<'_>) -> bool {
    let Some((name, first)) = seeker.hostname.as_deref().zip(named.first()) else { return false };
    let lead = |keyed: &Keyed<'_>| search.clusters.lead(keyed.identity.identity_id);
    search.index.uses_of_name(seeker.identity.vendor, name) == 1 && named.iter().all(|other| lead(other) == lead(first))
}

/// Whether both report a serial number, and not the same one.
pub(super) fn serials_differ(one: &Keyed<'_>, other: &Keyed<'_>) -> bool {
    matches!((&one.serial, &other.serial), (Some(one), Some(other)) if one != other)
}

fn same_hostname_in_organization(one: &Keyed<'_>, other: &Keyed<'_>) -> bool {
    one.hostname_in_organization().is_some_and(|key| other.hostname_in_organization() == Some(key))
}
