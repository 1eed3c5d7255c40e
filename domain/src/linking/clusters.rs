//! Identities that people put together, and those that must stay apart.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::{
    linking::{DecisionKind, Decisions, index::Keyed},
    vendor::Vendor,
};

/// What the decisions make of the identities that are there. An identity that nobody linked is a cluster of its own; a
/// cluster goes by its lead: its lowest reference identity, else its lowest identity.
#[derive(Debug, Default)]
pub(super) struct Clusters {
    leads: HashMap<i64, i64>,
    members: HashMap<i64, Vec<i64>>,
    apart: HashMap<i64, HashSet<i64>>,
}

impl Clusters {
    /// Links are followed the newest first, and one that would put a separated pair together is passed over: so the newest
    /// word holds, and no chain of links brings two together that a person separated.
    pub(super) fn new(identities: &[Keyed<'_>], decisions: &Decisions) -> Self {
        if decisions.is_empty() {
            return Self::default();
        }
        let vendors: HashMap<i64, Vendor> =
            identities.iter().map(|keyed| (keyed.identity.identity_id, keyed.identity.vendor)).collect();
        let present = |kind| {
            let pairs = decisions.of(kind).map(super::Decision::pair);
            pairs.filter(|(one, other)| vendors.contains_key(one) && vendors.contains_key(other)).collect::<Vec<_>>()
        };
        let separated = present(DecisionKind::Separated);
        let groups = merged(present(DecisionKind::Linked), &separated);
        let mut clusters = Self::default();
        for members in groups {
            let is_reference = |identity: &&i64| vendors.get(identity) == Some(&Vendor::REFERENCE);
            let Some(lead) = members.iter().find(is_reference).or(members.first()).copied() else { continue };
            clusters.leads.extend(members.iter().map(|member| (*member, lead)));
            clusters.members.insert(lead, members.into_iter().collect());
        }
        for (one, other) in separated {
            let (one, other) = (clusters.lead(one), clusters.lead(other));
            clusters.apart.entry(one).or_default().insert(other);
            clusters.apart.entry(other).or_default().insert(one);
        }
        clusters
    }

    /// The lead of an identity's cluster: itself, unless a person linked it to others.
    pub(super) fn lead(&self, identity_id: i64) -> i64 {
        self.leads.get(&identity_id).copied().unwrap_or(identity_id)
    }

    /// Whether a person linked the identity to another that is there.
    pub(super) fn is_clustered(&self, identity_id: i64) -> bool {
        self.leads.contains_key(&identity_id)
    }

    /// Whether a person separated any of one's cluster from any of the other's.
    pub(super) fn are_apart(&self, one: i64, other: i64) -> bool {
        self.apart.get(&self.lead(one)).is_some_and(|others| others.contains(&self.lead(other)))
    }

    /// Whether a person separated any of the identity's cluster from anything.
    pub(super) fn is_wary(&self, identity_id: i64) -> bool {
        self.apart.contains_key(&self.lead(identity_id))
    }

    /// The clusters of more than one, by lead, ascending; the members ascending.
    pub(super) fn all(&self) -> Vec<(i64, &[i64])> {
        let mut all: Vec<_> = self.members.iter().map(|(lead, members)| (*lead, members.as_slice())).collect();
        all.sort_unstable();
        all
    }
}

/// Groups by links, in their order; each link holds unless it would join a separated pair.
fn merged(links: Vec<(i64, i64)>, separated: &[(i64, i64)]) -> Vec<BTreeSet<i64>> {
    let mut apart: HashMap<i64, Vec<i64>> = HashMap::new();
    for (one, other) in separated {
        apart.entry(*one).or_default().push(*other);
        apart.entry(*other).or_default().push(*one);
    }
    let mut places: HashMap<i64, usize> = HashMap::new();
    let mut groups: Vec<BTreeSet<i64>> = Vec::new();
    for (one, other) in links {
        let [left, right] = [one, other].map(|identity| {
            *places.entry(identity).or_insert_with(|| {
                groups.push(BTreeSet::from([identity]));
                groups.len() - 1
            })
        });
        let (small, large) = if groups[left].len() < groups[right].len() { (left, right) } else { (right, left) };
        let is_split = |member: &i64| {
            apart.get(member).is_some_and(|others| others.iter().any(|other| places.get(other) == Some(&large)))
        };
        if small == large || groups[small].iter().any(is_split) {
            continue;
        }
        let moved = std::mem::take(&mut groups[small]);
        places.extend(moved.iter().map(|member| (*member, large)));
        groups[large].extend(moved);
    }
    groups.retain(|group| group.len() > 1);
    groups.sort();
    groups
}
