//! Finds which vendor records are one machine (rules section 7).
//!
//! Every identity of another vendor looks for its one match among the reference vendor's identities, rule by rule, and
//! each link says how it was made. Where several fit equally it refuses to guess: the identities stay apart and the
//! ambiguity is reported. It never links two identities of one vendor to each other, though several may link to the same
//! reference identity (a reinstalled agent is a new identity of an old machine). What is stored of links, and when, is
//! the server's business.

mod assign;
mod candidates;
mod index;
mod rule;
mod rules;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

pub use assign::{DeviceAssignment, Member, assign_devices};
pub use rule::LinkRule;

use crate::{
    linking::{
        candidates::Verdict,
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
    /// The rule that found several.
    pub rule: LinkRule,
    /// The reference identities that fit, ascending.
    pub candidates: Vec<i64>,
}

/// The links of one day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Linking {
    /// The links by identity, ascending; one at most for each.
    pub links: Vec<Link>,
    /// What was not decided, by identity, ascending; an identity with a link has none.
    pub ambiguities: Vec<Ambiguity>,
    by_reference: HashMap<i64, Vec<i64>>,
}

impl Linking {
    /// Links and ambiguities from elsewhere (stored ones), in any order.
    pub fn new(mut links: Vec<Link>, mut ambiguities: Vec<Ambiguity>) -> Self {
        links.sort_by_key(|link| link.identity_id);
        ambiguities.sort_by_key(|ambiguity| ambiguity.identity_id);
        let mut by_reference: HashMap<i64, Vec<i64>> = HashMap::new();
        for link in &links {
            by_reference.entry(link.reference_id).or_default().push(link.identity_id);
        }
        Self { links, ambiguities, by_reference }
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

    /// The identities that are linked to a reference identity, ascending.
    pub fn linked_to(&self, reference_id: i64) -> &[i64] {
        self.by_reference.get(&reference_id).map_or(&[], Vec::as_slice)
    }
}

/// Links the identities of one day. Linear in their number and in that of the candidates that ambiguities name; the order
/// they come in does not matter.
pub fn link(identities: &[Linkable]) -> Linking {
    let keyed: Vec<_> = identities.iter().map(Keyed::new).collect();
    let index = Index::new(&keyed);
    let (mut links, mut ambiguities) = (Vec::new(), Vec::new());
    for seeker in keyed.iter().filter(|keyed| keyed.identity.vendor != Vendor::REFERENCE) {
        match rules::RULES.iter().find_map(|rule| rule(seeker, &index)) {
            Some(Verdict::Link(link)) => links.push(link),
            Some(Verdict::Ambiguous(ambiguity)) => ambiguities.push(ambiguity),
            None => {}
        }
    }
    Linking::new(links, ambiguities)
}
