//! Rules 2 to 6 of section 7, each a function from an identity to a verdict; the first verdict stands. Rule 1, what a
//! person decided, is in front of them in `solving`, and in whom `Search` lets them find.

use crate::{
    hostname,
    linking::{
        LinkRule,
        candidates::{Candidates, Fitting, Search, Verdict},
        index::{Index, Keyed},
    },
    vendor::Vendor,
};

type Rule = for<'k> fn(&'k Keyed<'k>, &Search<'k>) -> Option<Verdict>;

/// Which rules are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strength {
    /// Rules 2 to 5: something of the machine or of its organization speaks for it.
    Strong,
    /// Rule 6: nothing but the host name does. Asked once the other rules have spoken for everybody.
    NameAlone,
}

const STRONG: [Rule; 4] = [serial_number, mac_address, hostname_in_organization, cut_hostname_in_organization];

/// What the first of these rules that finds anything says of an identity.
pub(super) fn verdict<'k>(strength: Strength, seeker: &'k Keyed<'k>, search: &Search<'k>) -> Option<Verdict> {
    match strength {
        Strength::Strong => STRONG.iter().find_map(|rule| rule(seeker, search)),
        Strength::NameAlone => unique_hostname(seeker, search),
    }
}

/// The reference identities that a rule looks at for an identity, ascending, before anything narrows them.
pub(super) fn fitting<'s, 'k>(rule: LinkRule, seeker: &'k Keyed<'k>, index: &'s Index<'k>) -> Fitting<'s, 'k> {
    let found = match rule {
        LinkRule::Person => None,
        LinkRule::SerialNumber => seeker.serial.as_deref().map(|serial| index.with_serial(serial)),
        LinkRule::MacAddress => return with_any_mac(seeker, index),
        LinkRule::HostnameInOrganization => seeker.hostname_in_organization().map(|it| index.named_in_organization(it)),
        LinkRule::CutHostnameInOrganization => {
            seeker.netbios_in_organization().map(|key| index.with_netbios(key, !seeker.is_cut()))
        }
        LinkRule::UniqueHostname => seeker.hostname.as_deref().map(|name| index.named(name)),
    };
    Fitting::Bucket(found.unwrap_or_default())
}

fn with_any_mac<'s, 'k>(seeker: &'k Keyed<'k>, index: &'s Index<'k>) -> Fitting<'s, 'k> {
    let mut buckets = seeker.macs.iter().map(|mac| index.with_mac(mac)).filter(|bucket| !bucket.is_empty());
    let first = buckets.next().unwrap_or_default();
    let mut others = buckets.peekable();
    if others.peek().is_none() {
        return Fitting::Bucket(first);
    }
    let mut found: Vec<_> = first.iter().chain(others.flatten()).copied().collect();
    found.sort_unstable_by_key(|candidate| candidate.identity.identity_id);
    found.dedup_by_key(|candidate| candidate.identity.identity_id);
    Fitting::Own(found)
}

/// The candidates of a key of the machine itself, narrowed by the host name inside the organization.
fn narrowed<'s, 'k>(rule: LinkRule, seeker: &'k Keyed<'k>, search: &'s Search<'k>) -> Candidates<'k, 's> {
    let found = |rule| fitting(rule, seeker, &search.index);
    let mut candidates = Candidates::new(rule, seeker, search, found(rule));
    if rule == LinkRule::SerialNumber {
        candidates = candidates.narrow("a shared MAC address", || found(LinkRule::MacAddress));
    }
    candidates.narrow("host name and organization", || found(LinkRule::HostnameInOrganization))
}

/// A serial that identities of different names report (a placeholder nobody has listed yet) is one machine's only for
/// the identity that has its name too; the others would be strangers merged.
fn serial_number<'k>(seeker: &'k Keyed<'k>, search: &Search<'k>) -> Option<Verdict> {
    let (rule, serial) = (LinkRule::SerialNumber, seeker.serial.as_deref()?);
    let candidates = narrowed(rule, seeker, search);
    let is_stranger = || candidates.are_strangers(|candidate| same_hostname_in_organization(seeker, candidate));
    if is_strangers(seeker, serial, search) && is_stranger() {
        return Some(candidates.ambiguous());
    }
    candidates.verdict(|_| format!("serial number {serial}"))
}

/// Whether a serial may be another machine's. Two names of one client are one machine that was renamed, with the entry of
/// its old name left behind, unless the reference vendor knows a machine of the seeker's name there.
fn is_strangers<'k>(seeker: &'k Keyed<'k>, serial: &str, search: &Search<'k>) -> bool {
    let (vendor, index) = (seeker.identity.vendor, &search.index);
    match index.names_of_serial(vendor, serial) {
        0 | 1 => false,
        2 => {
            let has_namesake = !fitting(LinkRule::HostnameInOrganization, seeker, index).is_empty();
            has_namesake || !index.is_serial_of_one_organization(vendor, serial)
        }
        _ => true,
    }
}

/// An adapter that travels between machines links only the one of the same name; as docks do that inside every office, two
/// names of one client are no renamed machine here.
fn mac_address<'k>(seeker: &'k Keyed<'k>, search: &Search<'k>) -> Option<Verdict> {
    let candidates = narrowed(LinkRule::MacAddress, seeker, search);
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
        let (cut, whole) = if seeker.is_cut() { (name, other) } else { (other, name) };
        format!("host name {cut} is {whole} cut at {} characters, in the same organization", hostname::NETBIOS_LENGTH)
    })
}

/// Names that several machines have (`RECEPTION` at two clients) say nothing across organizations: the rule does not hold
/// then, and nothing is ambiguous. A machine that a person ruled out still has the name, and one that something stronger
/// than a name says to be another's is no candidate.
fn unique_hostname<'k>(seeker: &'k Keyed<'k>, search: &Search<'k>) -> Option<Verdict> {
    let (rule, vendor) = (LinkRule::UniqueHostname, seeker.identity.vendor);
    let name = seeker.hostname.as_deref()?;
    let found = fitting(rule, seeker, &search.index);
    let is_refuted = |only: &Keyed<'k>| serials_differ(seeker, only) || is_taken(seeker, only, search);
    if !is_unique(seeker, &found, search) || found.iter().any(|only| is_refuted(only)) {
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

/// Whether another identity of the seeker's vendor has the candidate, or may have it, by a stronger rule than rule 6.
pub(super) fn is_taken(seeker: &Keyed<'_>, candidate: &Keyed<'_>, search: &Search<'_>) -> bool {
    let lead = search.clusters.lead(candidate.identity.identity_id);
    search.taken.contains(&(seeker.identity.vendor, lead))
}

/// Whether both report a serial number, and not the same one.
pub(super) fn serials_differ(one: &Keyed<'_>, other: &Keyed<'_>) -> bool {
    matches!((&one.serial, &other.serial), (Some(one), Some(other)) if one != other)
}

fn same_hostname_in_organization(one: &Keyed<'_>, other: &Keyed<'_>) -> bool {
    one.hostname_in_organization().is_some_and(|key| other.hostname_in_organization() == Some(key))
}
