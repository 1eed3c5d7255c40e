//! Finds which vendor records are one machine (rules section 7).
//!
//! Every identity of another vendor looks for its one match among the reference vendor's identities, rule by rule, and
//! each link says how it was made. Where several fit equally it refuses to guess: the identities stay apart and the
//! ambiguity is reported. No rule joins two identities of one vendor, though several may link to the same reference
//! identity (a reinstalled agent is a new identity of an old machine). What people decided comes before every rule: who
//! was linked is one machine, of whichever vendors, and who was separated never is, not through a third identity either.
//! Decisions about identities that are not there that day do nothing. What is stored of links, and when, is the server's
//! business.

mod assign;
mod candidates;
mod clusters;
#[cfg(test)]
mod decided_tests;
mod decisions;
mod index;
mod keys;
mod losers;
mod rule;
mod rules;
#[cfg(test)]
mod shared_key_tests;
mod solving;
pub mod suggestions;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

pub use assign::{DeviceAssignment, Member, assign_devices};
pub use decisions::{Decision, DecisionKind, Decisions};
pub use keys::{keys, related};
pub use losers::{Loser, Loss};
pub use rule::LinkRule;

use crate::{
    linking::{
        candidates::{Search, Verdict},
        clusters::Clusters,
        index::{Index, Keyed},
    },
    vendor::Vendor,
};

/// What linking needs to know of one identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linkable {
    /// The identity; unique in one linking.
    pub identity_id: i64,
    /// Whose identity it is.
    pub vendor: Vendor,
    /// The organization by its canonical name, the same id for all vendors; `None` when not known.
    pub organization_id: Option<i64>,
    /// Host name as received.
    pub hostname: String,
    /// Serial number as received; placeholders count as none.
    pub serial_number: Option<String>,
    /// MAC addresses as received; shared and virtual ones count as none.
    pub mac_addresses: Vec<String>,
}

/// An identity that is the same machine as a reference identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The other vendor's identity.
    pub identity_id: i64,
    /// The reference vendor's identity.
    pub reference_id: i64,
    /// How it was found.
    pub rule: LinkRule,
    /// What agreed, in words, and what narrowed it down where there were several.
    pub evidence: String,
}

/// An identity for which several reference identities fit equally, so that none was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ambiguity {
    /// The other vendor's identity.
    pub identity_id: i64,
    /// The rule that could not decide.
    pub rule: LinkRule,
    /// The reference identities that fit, ascending; the first [`Ambiguity::TOLD`] of them. One alone is in doubt when it
    /// fits other identities of the seeker's vendor too.
    pub candidates: Vec<i64>,
    /// How many fit.
    pub count: usize,
}

impl Ambiguity {
    /// How many candidates are told: a key that thousands of machines share would else cost millions of pairs.
    pub const TOLD: usize = 20;

    /// An ambiguity between these, ascending.
    pub fn new(identity_id: i64, rule: LinkRule, fitting: impl ExactSizeIterator<Item = i64>) -> Self {
        let count = fitting.len();
        Self { identity_id, rule, candidates: fitting.take(Self::TOLD).collect(), count }
    }
}

/// An identity that a person put together with another one, beside the links to reference identities: a second identity
/// of the reference vendor, or one of several others that are linked to none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Join {
    /// The identity.
    pub identity_id: i64,
    /// The lead of its machine's identities.
    pub with: i64,
    /// Who linked them.
    pub evidence: String,
}

/// The links of one day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Linking {
    /// The links by identity, ascending; one at most for each.
    pub links: Vec<Link>,
    /// What was not decided, by identity, ascending; an identity with a link has none.
    pub ambiguities: Vec<Ambiguity>,
    /// What people joined beside the links, by identity, ascending.
    pub joins: Vec<Join>,
    by_lead: HashMap<i64, Vec<i64>>,
}

impl Linking {
    /// Links and ambiguities from elsewhere (stored ones), in any order.
    pub fn new(links: Vec<Link>, ambiguities: Vec<Ambiguity>) -> Self {
        Self::with_joins(links, ambiguities, Vec::new())
    }

    fn with_joins(mut links: Vec<Link>, mut ambiguities: Vec<Ambiguity>, mut joins: Vec<Join>) -> Self {
        links.sort_by_key(|link| link.identity_id);
        ambiguities.sort_by_key(|ambiguity| ambiguity.identity_id);
        joins.sort_by_key(|join| join.identity_id);
        let mut linking = Self { links, ambiguities, joins, by_lead: HashMap::new() };
        let mut by_lead: HashMap<i64, Vec<i64>> = HashMap::new();
        for link in &linking.links {
            by_lead.entry(linking.lead_of(link.reference_id)).or_default().push(link.identity_id);
        }
        linking.by_lead = by_lead;
        linking
    }

    /// The link of another vendor's identity.
    pub fn reference_of(&self, identity_id: i64) -> Option<&Link> {
        let found = self.links.binary_search_by_key(&identity_id, |link| link.identity_id).ok()?;
        self.links.get(found)
    }

    /// What kept another vendor's identity from being linked, if several fitted.
    pub fn ambiguity_of(&self, identity_id: i64) -> Option<&Ambiguity> {
        let found = self.ambiguities.binary_search_by_key(&identity_id, |ambiguity| ambiguity.identity_id).ok()?;
        self.ambiguities.get(found)
    }

    /// How a person joined the identity to others of its machine, where no link says it.
    pub fn join_of(&self, identity_id: i64) -> Option<&Join> {
        let found = self.joins.binary_search_by_key(&identity_id, |join| join.identity_id).ok()?;
        self.joins.get(found)
    }

    /// The identities that are linked to a reference identity, or to another one of the same machine; ascending.
    pub fn linked_to(&self, reference_id: i64) -> &[i64] {
        self.by_lead.get(&self.lead_of(reference_id)).map_or(&[], Vec::as_slice)
    }

    /// The identity that stands for the machine: identities with one lead are one machine.
    pub fn machine_of(&self, identity_id: i64) -> i64 {
        self.lead_of(self.reference_of(identity_id).map_or(identity_id, |link| link.reference_id))
    }

    fn lead_of(&self, identity_id: i64) -> i64 {
        self.join_of(identity_id).map_or(identity_id, |join| join.with)
    }
}

/// Links the identities of one day. Linear in their number, also where thousands share a key; the order they come in does
/// not matter.
pub fn link(identities: &[Linkable], decisions: &Decisions) -> Linking {
    linked(identities, decisions, |_, _, _| ()).0
}

/// The same, with the candidates that lost: at most ten for each identity, by identity.
pub fn link_and_explain(identities: &[Linkable], decisions: &Decisions) -> (Linking, Vec<Loser>) {
    linked(identities, decisions, |keyed, linking, search| {
        let seekers = keyed.iter().filter(|keyed| keyed.identity.vendor != Vendor::REFERENCE);
        losers::losers(seekers, linking, search)
    })
}

fn linked<T>(
    identities: &[Linkable],
    decisions: &Decisions,
    look_back: impl for<'k> FnOnce(&'k [Keyed<'k>], &Linking, &Search<'k>) -> T,
) -> (Linking, T) {
    let mut keyed: Vec<_> = identities.iter().map(Keyed::new).collect();
    keyed.sort_unstable_by_key(|keyed| keyed.identity.identity_id);
    let clusters = Clusters::new(&keyed, decisions);
    let mut search = Search::new(Index::new(&keyed, &clusters), clusters);
    let solution = solving::solve(&keyed, &mut search, decisions);
    let (mut links, mut ambiguities) = (Vec::new(), Vec::new());
    for verdict in solution.verdicts {
        match verdict {
            Verdict::Link(link) => links.push(link),
            Verdict::Ambiguous(ambiguity) => ambiguities.push(ambiguity),
        }
    }
    let linking = Linking::with_joins(links, ambiguities, solution.joins);
    let looked = look_back(&keyed, &linking, &search);
    (linking, looked)
}
