//! What one rule found for one identity, on the way to a link or to an ambiguity.

use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
    ops::Deref,
    rc::Rc,
};

use crate::{
    linking::{
        Ambiguity, Link, LinkRule,
        clusters::Clusters,
        index::{Index, Keyed},
    },
    vendor::Vendor,
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
    /// Leads of references that an identity of the vendor is linked to, or may be, by a stronger rule than the host name
    /// alone.
    pub(super) taken: HashSet<(Vendor, i64)>,
    shared: RefCell<HashMap<[Place; 2], Rc<[&'k Keyed<'k>]>>>,
    /// How often an identity was looked for among others: what a test counts.
    #[cfg(test)]
    pub(super) compared: std::cell::Cell<usize>,
}

/// Where a bucket lies and how long it is: which bucket it is.
type Place = (usize, usize);

/// Fewer common ones are found anew each time.
const WORTH_KEEPING: usize = 16;

impl<'k> Search<'k> {
    pub(super) fn new(index: Index<'k>, clusters: Clusters) -> Self {
        Self {
            index,
            clusters,
            lost: HashSet::new(),
            taken: HashSet::new(),
            shared: RefCell::default(),
            #[cfg(test)]
            compared: std::cell::Cell::default(),
        }
    }

    /// Those of both, ascending. What two crowds have in common is found once for all who look there: a fleet cloned from
    /// one image would else be compared with itself, each with each.
    fn common<'s>(&self, one: &Fitting<'s, 'k>, other: &Fitting<'s, 'k>) -> Fitting<'s, 'k> {
        let (few, many) = if one.len() < other.len() { (one, other) } else { (other, one) };
        let is_in_both = |it: &&'k Keyed<'k>| {
            #[cfg(test)]
            self.compared.update(|times| times + 1);
            many.binary_search_by_key(&id(it), |other| id(other)).is_ok()
        };
        let find = || few.iter().copied().filter(is_in_both);
        let Some(places) = few.place().zip(many.place()).filter(|_| few.len() >= WORTH_KEEPING) else {
            return Fitting::Own(find().collect());
        };
        let mut shared = self.shared.borrow_mut();
        Fitting::Shared(Rc::clone(shared.entry(places.into()).or_insert_with(|| find().collect())))
    }

    /// Whether the rules may link these two.
    pub(super) fn allows(&self, seeker: i64, reference: i64) -> bool {
        let is_lost = || {
            !self.lost.is_empty() && self.lost.contains(&(self.clusters.lead(seeker), self.clusters.lead(reference)))
        };
        !self.clusters.are_apart(seeker, reference) && !is_lost()
    }
}

fn id(keyed: &Keyed<'_>) -> i64 {
    keyed.identity.identity_id
}

/// Reference identities, ascending: all with one key, without a copy, or some of them.
#[derive(Clone, Debug)]
pub(super) enum Fitting<'s, 'k> {
    /// All with one key.
    Bucket(&'s [&'k Keyed<'k>]),
    /// What two buckets have in common.
    Shared(Rc<[&'k Keyed<'k>]>),
    /// Some that were picked for one identity.
    Own(Vec<&'k Keyed<'k>>),
}

impl<'k> Deref for Fitting<'_, 'k> {
    type Target = [&'k Keyed<'k>];

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Bucket(bucket) => bucket,
            Self::Shared(shared) => shared,
            Self::Own(own) => own,
        }
    }
}

impl Fitting<'_, '_> {
    /// `None` for what will not be there for the next who looks.
    fn place(&self) -> Option<Place> {
        (!matches!(self, Self::Own(_))).then(|| (self.as_ptr().addr(), self.len()))
    }
}

/// The reference identities that fit one identity under one rule.
#[derive(Debug)]
pub(super) struct Candidates<'k, 's> {
    rule: LinkRule,
    seeker: i64,
    search: &'s Search<'k>,
    fitting: Fitting<'s, 'k>,
    narrowed: Vec<String>,
}

impl<'k, 's> Candidates<'k, 's> {
    /// Those of the fitting that a person did not separate from the seeker.
    pub(super) fn new(rule: LinkRule, seeker: &Keyed<'_>, search: &'s Search<'k>, fitting: Fitting<'s, 'k>) -> Self {
        let seeker = seeker.identity.identity_id;
        let is_free = !search.clusters.is_wary(seeker) && search.lost.is_empty();
        let fitting = if is_free {
            fitting
        } else {
            Fitting::Own(fitting.iter().copied().filter(|it| search.allows(seeker, id(it))).collect())
        };
        Self { rule, seeker, search, fitting, narrowed: Vec::new() }
    }

    /// Keeps those of several candidates that are among the others too; changes nothing when none of them is.
    pub(super) fn narrow(mut self, by: &str, others: impl FnOnce() -> Fitting<'s, 'k>) -> Self {
        if self.fitting.len() < 2 {
            return self;
        }
        let kept = self.search.common(&self.fitting, &others());
        if !kept.is_empty() && kept.len() < self.fitting.len() {
            self.narrowed.push(format!("{} candidates narrowed to {} by {by}", self.fitting.len(), kept.len()));
            self.fitting = kept;
        }
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.fitting.is_empty()
    }

    /// Whether there are any, and the first is not known to the identity by other means. Once they are narrowed by those
    /// means, all are known or none is.
    pub(super) fn are_strangers(&self, knows: impl Fn(&Keyed<'k>) -> bool) -> bool {
        self.fitting.first().is_some_and(|candidate| !knows(candidate))
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

    /// An ambiguity, for a rule that can't decide although it may see only one.
    pub(super) fn ambiguous(self) -> Verdict {
        Verdict::Ambiguous(Ambiguity::new(self.seeker, self.rule, self.fitting.iter().map(|it| id(it))))
    }
}
