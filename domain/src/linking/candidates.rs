//! What one rule found for one identity, on the way to a link or to an ambiguity.

use crate::linking::{Ambiguity, Link, LinkRule, index::Keyed};

/// What a rule says of an identity when it finds anything. No later rule is asked then.
#[derive(Debug)]
pub(super) enum Verdict {
    /// Exactly one fits.
    Link(Link),
    /// Several fit equally.
    Ambiguous(Ambiguity),
}

/// The reference identities that fit one identity under one rule.
#[derive(Debug)]
pub(super) struct Candidates<'k> {
    rule: LinkRule,
    fitting: Vec<&'k Keyed<'k>>,
    narrowed: Vec<String>,
}

impl<'k> Candidates<'k> {
    pub(super) fn new(rule: LinkRule, mut fitting: Vec<&'k Keyed<'k>>) -> Self {
        fitting.sort_unstable_by_key(|candidate| candidate.identity.identity_id);
        fitting.dedup_by_key(|candidate| candidate.identity.identity_id);
        Self { rule, fitting, narrowed: Vec::new() }
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

    /// Whether there are any, and none of them is known to the identity by other means.
    pub(super) fn are_strangers(&self, knows: impl Fn(&Keyed<'k>) -> bool) -> bool {
        !self.fitting.is_empty() && !self.fitting.iter().any(|candidate| knows(candidate))
    }

    /// The link when one is left, an ambiguity when several are, `None` when the rule found nothing.
    pub(super) fn verdict(self, seeker: &Keyed<'_>, evidence: impl Fn(&Keyed<'k>) -> String) -> Option<Verdict> {
        match self.fitting.as_slice() {
            [] => None,
            [only] => {
                let evidence = [vec![evidence(only)], self.narrowed].concat().join("; ");
                let (identity_id, reference_id) = (seeker.identity.identity_id, only.identity.identity_id);
                Some(Verdict::Link(Link { identity_id, reference_id, rule: self.rule, evidence }))
            }
            _ => Some(self.ambiguous(seeker)),
        }
    }

    /// An ambiguity with every candidate, for a rule that can't decide although it may see only one.
    pub(super) fn ambiguous(self, seeker: &Keyed<'_>) -> Verdict {
        let candidates = self.fitting.iter().map(|candidate| candidate.identity.identity_id).collect();
        Verdict::Ambiguous(Ambiguity { identity_id: seeker.identity.identity_id, rule: self.rule, candidates })
    }
}
