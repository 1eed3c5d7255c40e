//! From rules and decisions to the links of a day.
//!
//! What people put together is one unit: its identities are linked to the unit's own reference identity, or else look for
//! one together. Two units that a person separated never get the same one.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::{
    linking::{
        Ambiguity, Decisions, Join, Link, LinkRule,
        candidates::{Search, Verdict},
        index::Keyed,
        rules::{self, Strength},
    },
    vendor::Vendor,
};

/// What came of one unit: a verdict for each of its identities that has one, ascending.
type Unit = Vec<Verdict>;

/// What was found of everybody.
#[derive(Debug, Default)]
pub(super) struct Solution {
    pub(super) verdicts: Vec<Verdict>,
    pub(super) joins: Vec<Join>,
}

/// Solves a day: `keyed` by identity, ascending; `search` forgets nothing it learns of candidates that were lost or taken.
pub(super) fn solve<'k>(keyed: &'k [Keyed<'k>], search: &mut Search<'k>, decisions: &Decisions) -> Solution {
    let mut solution = Solution::default();
    let mut wary: BTreeMap<i64, Vec<&'k Keyed<'k>>> = BTreeMap::new();
    let mut nameless: Vec<&'k Keyed<'k>> = Vec::new();
    for seeker in keyed.iter().filter(|keyed| is_alone(keyed, search)) {
        let identity_id = seeker.identity.identity_id;
        if search.clusters.is_wary(identity_id) {
            wary.insert(identity_id, vec![seeker]);
        } else if let Some(verdict) = rules::verdict(Strength::Strong, seeker, search) {
            solution.verdicts.push(verdict);
        } else {
            nameless.push(seeker);
        }
    }
    follow_people(keyed, search, decisions, (&mut solution, &mut wary));
    let mut settled = settle_all(BTreeMap::new(), (Strength::Strong, &wary), search, decisions);
    search.taken = taken(keyed, solution.verdicts.iter().chain(settled.values().flatten()), search);
    settled = settle_all(settled, (Strength::NameAlone, &wary), search, decisions);
    let by_name = nameless.into_iter().filter_map(|seeker| rules::verdict(Strength::NameAlone, seeker, search));
    solution.verdicts.extend(by_name);
    for (lead, verdicts) in settled {
        let links = verdicts.iter().any(|verdict| matches!(verdict, Verdict::Link(_)));
        if !links {
            solution.joins.extend(joined(lead, &wary[&lead], decisions));
        }
        solution.verdicts.extend(verdicts);
    }
    solution
}

/// Links what people put together with a reference identity; a unit without one looks for it as the wary do.
fn follow_people<'k>(
    keyed: &'k [Keyed<'k>],
    search: &Search<'k>,
    decisions: &Decisions,
    (solution, wary): (&mut Solution, &mut BTreeMap<i64, Vec<&'k Keyed<'k>>>),
) {
    let mut by_id: HashMap<i64, &'k Keyed<'k>> = HashMap::new();
    if !search.clusters.all().is_empty() {
        by_id = keyed.iter().map(|keyed| (keyed.identity.identity_id, keyed)).collect();
    }
    for (lead, members) in search.clusters.all() {
        let members: Vec<&Keyed<'_>> = members.iter().filter_map(|member| by_id.get(member).copied()).collect();
        let (references, seekers): (Vec<_>, Vec<_>) = members.into_iter().partition(|it| is_reference(it));
        if references.is_empty() {
            wary.insert(lead, seekers);
        } else {
            let links = seekers.iter().map(|seeker| Verdict::Link(decided(seeker, &references, decisions)));
            solution.verdicts.extend(links);
            solution.joins.extend(joined(lead, &references, decisions));
        }
    }
}

/// The reference identities that verdicts name, with the vendors of those they are about.
fn taken<'v>(
    keyed: &[Keyed<'_>],
    verdicts: impl Iterator<Item = &'v Verdict>,
    search: &Search<'_>,
) -> HashSet<(Vendor, i64)> {
    let vendor_of = |identity_id: i64| {
        let place = keyed.binary_search_by_key(&identity_id, |it| it.identity.identity_id).ok()?;
        keyed.get(place).map(|it| it.identity.vendor)
    };
    let named = verdicts.filter_map(|verdict| Some((vendor_of(verdict.identity_id())?, verdict.candidates())));
    named.flat_map(|(vendor, ids)| ids.iter().map(move |id| (vendor, search.clusters.lead(*id)))).collect()
}

fn is_reference(keyed: &Keyed<'_>) -> bool {
    keyed.identity.vendor == Vendor::REFERENCE
}

fn is_alone(keyed: &Keyed<'_>, search: &Search<'_>) -> bool {
    !is_reference(keyed) && !search.clusters.is_clustered(keyed.identity.identity_id)
}

/// Rule 1: linked to the reference identity that a person named, or to the first of those in its cluster.
fn decided(seeker: &Keyed<'_>, references: &[&Keyed<'_>], decisions: &Decisions) -> Link {
    let identity_id = seeker.identity.identity_id;
    let ids = || references.iter().map(|reference| reference.identity.identity_id);
    let named = ids().find_map(|id| decisions.about(identity_id, id).filter(|it| is_link(it)).map(|it| (id, it)));
    let (reference_id, evidence) = match named {
        Some((id, decision)) => (id, format!("linked by {}", decision.actor)),
        None => (ids().next().unwrap_or(identity_id), THROUGH_ANOTHER.to_owned()),
    };
    Link { identity_id, reference_id, rule: LinkRule::Person, evidence }
}

fn is_link(decision: &super::Decision) -> bool {
    decision.kind == super::DecisionKind::Linked
}

const THROUGH_ANOTHER: &str = "linked by a person through another record of the machine";

/// Ties every other one to the lead.
fn joined(lead: i64, members: &[&Keyed<'_>], decisions: &Decisions) -> Vec<Join> {
    let ids = members.iter().map(|member| member.identity.identity_id).filter(|id| *id != lead);
    let join = |identity_id| {
        let by = decisions.about(identity_id, lead).filter(|it| is_link(it));
        let evidence = by.map_or_else(|| THROUGH_ANOTHER.to_owned(), |it| format!("linked by {}", it.actor));
        Join { identity_id, with: lead, evidence }
    };
    ids.map(join).collect()
}

/// Settles the units that decisions concern and that have no verdict yet, until no two of them that a person separated
/// have one reference identity. Who has it by the stronger rule keeps it; where the rules are equal, nobody gets it. The
/// others look further.
fn settle_all<'k>(
    mut settled: BTreeMap<i64, Unit>,
    (strength, units): (Strength, &BTreeMap<i64, Vec<&'k Keyed<'k>>>),
    search: &mut Search<'k>,
    decisions: &Decisions,
) -> BTreeMap<i64, Unit> {
    for (lead, seekers) in units {
        let unit = settled.entry(*lead).or_default();
        if unit.is_empty() {
            *unit = settle(strength, seekers, search, decisions);
        }
    }
    loop {
        let (mut beaten, mut tied) = (BTreeSet::new(), BTreeSet::new());
        for (reference, claims) in claims(&settled, search) {
            for (rule, lead) in &claims {
                let rivals = claims.iter().filter(|(_, other)| search.clusters.are_apart(*lead, *other));
                match rivals.map(|(rule, _)| rule).min() {
                    Some(best) if best < rule => drop(beaten.insert((*lead, reference))),
                    Some(best) if best == rule => drop(tied.insert(*lead)),
                    _ => {}
                }
            }
        }
        if beaten.is_empty() && tied.is_empty() {
            return settled;
        }
        search.lost.extend(beaten.iter().copied());
        for (lead, _) in beaten {
            settled.insert(lead, settle(strength, &units[&lead], search, decisions));
        }
        for lead in tied {
            settled.entry(lead).and_modify(undecide);
        }
    }
}

/// Which units have which reference identity by which rule.
fn claims(settled: &BTreeMap<i64, Unit>, search: &Search<'_>) -> BTreeMap<i64, Vec<(LinkRule, i64)>> {
    let mut claims: BTreeMap<i64, Vec<(LinkRule, i64)>> = BTreeMap::new();
    for (lead, unit) in settled {
        let links = unit.iter().filter_map(|verdict| match verdict {
            Verdict::Link(link) if link.rule != LinkRule::Person => Some((link.rule, link.reference_id)),
            _ => None,
        });
        if let Some((rule, reference)) = links.min() {
            claims.entry(search.clusters.lead(reference)).or_default().push((rule, *lead));
        }
    }
    claims
}

/// Turns the links of a unit into doubts about them.
fn undecide(unit: &mut Unit) {
    let found = unit.iter().map(Verdict::rule).filter(|rule| *rule != LinkRule::Person).min();
    for verdict in unit {
        if let Verdict::Link(link) = verdict {
            let rule = found.unwrap_or(link.rule);
            *verdict = Verdict::Ambiguous(Ambiguity::new(link.identity_id, rule, [link.reference_id].into_iter()));
        }
    }
}

/// One machine's identities look for their reference identity together: the strongest rule that any of them has decides,
/// and where it decides differently, nothing is guessed.
fn settle<'k>(strength: Strength, seekers: &[&'k Keyed<'k>], search: &Search<'k>, decisions: &Decisions) -> Unit {
    let own: Vec<Verdict> = seekers.iter().filter_map(|seeker| rules::verdict(strength, seeker, search)).collect();
    let Some(strongest) = own.iter().map(Verdict::rule).min() else { return Vec::new() };
    if seekers.len() == 1 {
        return own;
    }
    let decisive: Vec<&Verdict> = own.iter().filter(|verdict| verdict.rule() == strongest).collect();
    let candidates: BTreeSet<i64> = decisive.iter().flat_map(|verdict| verdict.candidates()).copied().collect();
    let machines: BTreeSet<i64> = candidates.iter().map(|candidate| search.clusters.lead(*candidate)).collect();
    let is_clear = machines.len() == 1 && decisive.iter().all(|verdict| matches!(verdict, Verdict::Link(_)));
    // What several of them found together is at least what the one with the most found.
    let count = decisive.iter().map(|verdict| verdict.count()).max().unwrap_or_default().max(candidates.len());
    let with_own = |seeker: &&Keyed<'k>| {
        let identity_id = seeker.identity.identity_id;
        if !is_clear {
            return Verdict::Ambiguous(Ambiguity {
                count,
                ..Ambiguity::new(identity_id, strongest, candidates.iter().copied())
            });
        }
        let own = decisive.iter().find(|verdict| verdict.identity_id() == identity_id);
        own.map_or_else(|| follow(seeker, &candidates, seekers, decisions), |own| (*own).clone())
    };
    seekers.iter().map(with_own).collect()
}

/// The link of an identity that a person linked to one that was found.
fn follow(seeker: &Keyed<'_>, found: &BTreeSet<i64>, unit: &[&Keyed<'_>], decisions: &Decisions) -> Verdict {
    let identity_id = seeker.identity.identity_id;
    let reference_id = found.first().copied().unwrap_or(identity_id);
    let others = unit.iter().map(|other| other.identity.identity_id);
    let by = others.filter_map(|other| decisions.about(identity_id, other)).find(|it| is_link(it));
    let evidence = by.map_or_else(
        || THROUGH_ANOTHER.to_owned(),
        |it| format!("linked by {} to another record of the machine", it.actor),
    );
    Verdict::Link(Link { identity_id, reference_id, rule: LinkRule::Person, evidence })
}

impl Verdict {
    pub(super) fn rule(&self) -> LinkRule {
        match self {
            Self::Link(link) => link.rule,
            Self::Ambiguous(ambiguity) => ambiguity.rule,
        }
    }

    pub(super) fn identity_id(&self) -> i64 {
        match self {
            Self::Link(link) => link.identity_id,
            Self::Ambiguous(ambiguity) => ambiguity.identity_id,
        }
    }

    fn candidates(&self) -> &[i64] {
        match self {
            Self::Link(link) => std::slice::from_ref(&link.reference_id),
            Self::Ambiguous(ambiguity) => &ambiguity.candidates,
        }
    }

    fn count(&self) -> usize {
        match self {
            Self::Link(_) => 1,
            Self::Ambiguous(ambiguity) => ambiguity.count,
        }
    }
}
