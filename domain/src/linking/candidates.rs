//! What one rule found for one identity, on the way to a link or to an ambiguity.

use std::collections::HashSet;

use crate::linking::{
    Ambiguity, Link, LinkRule,
    clusters::Clusters,
    index::{Index, Keyed},
};

/// What a rule says of an identity when it finds anything. No later rule is asked then.
#[derive(Clone, Debug)]
pub(super) enum Verdict {
    /// Exactly one fits.
    Link(Link),
    /// Several fit equally.
    Ambiguous(Ambiguity),
}

/// Where rules look, and whom they may not find.
#[derive(Debug)]
pub(super) struct Search<'k> {
    pub(super) index: Index<'k>,
    pub(super) clusters: Clusters,
    /// Leads of seekers and of references that another identity has, from which a person separated the seeker.
    pub(super) lost: HashSet<(i64, i64)>,
}

impl Search<'_> {
    /// Whether the rules may link these two.
    pub(super) fn allows(&self, seeker: i64, reference: i64) -> bool {
        let is_lost = || {
            !self.lost.is_empty() && self.lost.contains(&(self.clusters.lead(seeker), self.clusters.lead(reference)))
        };
        !self.clusters.are_apart(seeker, reference) && !is_lost()
    }
}

/// The reference identities that fit one identity under one rule.
#[derive(Debug)]
pub(super) struct Candidates<'k, 's> {
    rule: LinkRule,
    seeker: i64,
    search: &'s Search<'k>,
    fitting: Vec<&'k Keyed<'k>>,
    narrowed: Vec<String>,
}

impl<'k, 's> Candidates<'k, 's> {
    /// Those of the fitting that a person did not separate from the seeker.
    pub(super) fn new(
        rule: LinkRule,
        seeker: &Keyed<'_>,
        search: &'s Search<'k>,
        mut fitting: Vec<&'k Keyed<'k>>,
    ) -> Self {
        let seeker = seeker.identity.identity_id;
        fitting.retain(|candidate| search.allows(seeker, candidate.identity.identity_id));
        Self { rule, seeker, search, fitting, narrowed: Vec::new() }
    }

    /// Keeps those of several candidates that `fits` too; changes nothing when none of them does.
    pub(super) fn narrow(mut self, by: &str, fits: impl Fn(&Keyed<'k>) -> bool) -> Self {
        let kept: Vec<_> = self.fitting.iter().copied().filter(|candidate| fits(candidate)).collect();
        if !kept.is_empty() && kept.len() < self.fitting.len() {
            self.narrowed.push(format!("{} candidates narrowed to {} by {by}", self.fitting.len(), kept.len()));
            self.fitting = kept;
        }
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.fitting.is_empty()
    }

    /// Whether there are any, and none of them is known to the identity by other means.
    pub(super) fn are_strangers(&self, knows: impl Fn(&Keyed<'k>) -> bool) -> bool {
        !self.fitting.is_empty() && !self.fitting.iter().any(|candidate| knows(candidate))
    }

    /// The link when one machine is left, an ambiguity when several are, `None` when the rule found nothing.
    pub(super) fn verdict(self, evidence: impl Fn(&Keyed<'k>) -> String) -> Option<Verdict> {
        let (first, others) = self.fitting.split_first()?;
        let lead = |candidate: &Keyed<'_>| self.search.clusters.lead(candidate.identity.identity_id);
        if others.iter().any(|other| lead(other) != lead(first)) {
            return Some(self.ambiguous());
        }
        let evidence = [vec![evidence(first)], self.narrowed].concat().join("; ");
        let reference_id = first.identity.identity_id;
        Some(Verdict::Link(Link { identity_id: self.seeker, reference_id, rule: self.rule, evidence }))
    }

    /// An ambiguity with every candidate, for a rule that can't decide although it may see only one.
    pub(super) fn ambiguous(self) -> Verdict {
        let candidates = self.fitting.iter().map(|candidate| candidate.identity.identity_id).collect();
        Verdict::Ambiguous(Ambiguity { identity_id: self.seeker, rule: self.rule, candidates })
    }
}
