//! What else was considered: the candidates that lost, and why.

use std::collections::HashSet;

use crate::linking::{LinkRule, Linking, candidates::Search, index::Keyed, rules};

/// How many candidates that lost are told of one identity; strongest rules and lowest identities first. A name that
/// thousands of machines have would else cost thousands of rows each.
const TOLD: usize = 10;

/// Why a candidate was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Loss {
    /// A person separated the two.
    Separated,
    /// It fits as well as others do, so nobody was taken.
    FitsEqually,
    /// The same rule found another that more speaks for.
    NarrowedAway,
    /// An earlier rule found another.
    EarlierRule,
    /// An earlier rule found several and could not decide, so that later rules were not asked.
    EarlierDoubt,
    /// Both report a serial number, and not the same one.
    SerialsDiffer,
    /// Several machines have the host name, and it is in another organization.
    NameNotUnique,
    /// Another record has it, which a person separated from this one.
    HasRival,
    /// Only the host name speaks for it, and a stronger rule says that it is another record's.
    Taken,
}

impl Loss {
    /// Every reason.
    pub const ALL: [Self; 9] = [
        Self::Separated,
        Self::FitsEqually,
        Self::NarrowedAway,
        Self::EarlierRule,
        Self::EarlierDoubt,
        Self::SerialsDiffer,
        Self::NameNotUnique,
        Self::HasRival,
        Self::Taken,
    ];

    /// The code that is stored.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Separated => "separated",
            Self::FitsEqually => "fits_equally",
            Self::NarrowedAway => "narrowed_away",
            Self::EarlierRule => "earlier_rule",
            Self::EarlierDoubt => "earlier_doubt",
            Self::SerialsDiffer => "serials_differ",
            Self::NameNotUnique => "name_not_unique",
            Self::HasRival => "has_rival",
            Self::Taken => "taken",
        }
    }

    /// The reason with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|loss| loss.code() == code)
    }

    /// The reason in one sentence, for people who ask why.
    pub const fn description(self) -> &'static str {
        match self {
            Self::Separated => "A person said that they are two machines.",
            Self::FitsEqually => "It fits, but others fit as well, so nothing was guessed.",
            Self::NarrowedAway => "The same rule found another one that more speaks for.",
            Self::EarlierRule => "An earlier rule found another one.",
            Self::EarlierDoubt => "An earlier rule found several and could not decide, so later rules were not asked.",
            Self::SerialsDiffer => "Both report a serial number, and not the same one.",
            Self::NameNotUnique => "It is in another organization, and the host name is not unique.",
            Self::HasRival => "Another record has it, and a person said that that one is another machine.",
            Self::Taken => "Only the host name speaks for it, and a stronger rule says that it is another record's.",
        }
    }
}

/// A reference identity that was considered for an identity and not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Loser {
    /// The other vendor's identity.
    pub identity_id: i64,
    /// The reference vendor's identity that it did not get.
    pub candidate_id: i64,
    /// The rule by which it was considered.
    pub rule: LinkRule,
    /// Why it was not taken.
    pub loss: Loss,
}

/// The candidates that lost, by identity.
pub(super) fn losers<'k>(
    seekers: impl Iterator<Item = &'k Keyed<'k>>,
    linking: &Linking,
    search: &Search<'k>,
) -> Vec<Loser> {
    seekers.flat_map(|seeker| losers_of(seeker, linking, search)).collect()
}

fn losers_of<'k>(seeker: &'k Keyed<'k>, linking: &Linking, search: &Search<'k>) -> Vec<Loser> {
    let identity_id = seeker.identity.identity_id;
    let winner = linking.reference_of(identity_id).map(|link| search.clusters.lead(link.reference_id));
    let (mut told, mut losers) = (HashSet::new(), Vec::new());
    for rule in LinkRule::ALL {
        let fitting = rules::fitting(rule, seeker, &search.index);
        for candidate in fitting.iter() {
            let candidate_id = candidate.identity.identity_id;
            if losers.len() == TOLD {
                return losers;
            }
            if winner == Some(search.clusters.lead(candidate_id)) || !told.insert(candidate_id) {
                continue;
            }
            let loss = loss(rule, (seeker, candidate, &fitting), linking, search);
            losers.push(Loser { identity_id, candidate_id, rule, loss });
        }
    }
    losers
}

fn loss<'k>(
    rule: LinkRule,
    (seeker, candidate, fitting): (&'k Keyed<'k>, &Keyed<'k>, &[&'k Keyed<'k>]),
    linking: &Linking,
    search: &Search<'k>,
) -> Loss {
    let (identity_id, candidate_id) = (seeker.identity.identity_id, candidate.identity.identity_id);
    if search.clusters.are_apart(identity_id, candidate_id) {
        return Loss::Separated;
    }
    if !search.allows(identity_id, candidate_id) {
        return Loss::HasRival;
    }
    let ambiguity = linking.ambiguity_of(identity_id);
    if ambiguity.is_some_and(|it| it.candidates.binary_search(&candidate_id).is_ok()) {
        return Loss::FitsEqually;
    }
    if rule == LinkRule::UniqueHostname {
        if rules::serials_differ(seeker, candidate) {
            return Loss::SerialsDiffer;
        }
        if !rules::is_unique(seeker, fitting, search) {
            return Loss::NameNotUnique;
        }
        let is_nobodys = linking.reference_of(identity_id).is_none() && ambiguity.is_none();
        if is_nobodys && rules::is_taken(seeker, candidate, search) {
            return Loss::Taken;
        }
    }
    match (ambiguity.map(|it| it.rule), linking.reference_of(identity_id).map(|it| it.rule)) {
        (Some(doubtful), _) if doubtful < rule => Loss::EarlierDoubt,
        (_, Some(decisive)) if decisive < rule => Loss::EarlierRule,
        _ => Loss::NarrowedAway,
    }
}
