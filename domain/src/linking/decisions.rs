//! What people said of two identities (rule 1 of section 7).

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};

/// What a person said of two identities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DecisionKind {
    /// They are one machine.
    Linked,
    /// They are two machines.
    Separated,
}

impl DecisionKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Linked, Self::Separated];

    /// The code that is stored.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Linked => "linked",
            Self::Separated => "separated",
        }
    }

    /// The kind with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// A person's word on two identities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The two identities, in any order.
    pub identities: (i64, i64),
    /// What was decided.
    pub kind: DecisionKind,
    /// Who decided.
    pub actor: String,
    /// When.
    pub decided_at: DateTime<Utc>,
}

impl Decision {
    /// The two identities, the lower id first: the name of the pair.
    pub fn pair(&self) -> (i64, i64) {
        let (one, other) = self.identities;
        (one.min(other), one.max(other))
    }
}

/// Everything that people decided, one decision per pair.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decisions {
    newest_first: Vec<Decision>,
    by_pair: HashMap<(i64, i64), usize>,
}

impl Decisions {
    /// Decisions in any order. Of several about one pair the newest stands; two of one moment count as a separation, which
    /// merges no strangers. A decision about one identity and itself says nothing and is dropped.
    pub fn new(decisions: impl IntoIterator<Item = Decision>) -> Self {
        let strength = |it: &Decision| (it.decided_at, it.kind == DecisionKind::Separated, it.actor.clone());
        let mut standing: BTreeMap<(i64, i64), Decision> = BTreeMap::new();
        for decision in decisions.into_iter().filter(|it| it.identities.0 != it.identities.1) {
            let pair = decision.pair();
            if standing.get(&pair).is_none_or(|known| strength(known) < strength(&decision)) {
                standing.insert(pair, decision);
            }
        }
        let mut newest_first: Vec<_> = standing.into_values().collect();
        newest_first.sort_by(|one, other| (other.decided_at, one.pair()).cmp(&(one.decided_at, other.pair())));
        let by_pair = newest_first.iter().enumerate().map(|(place, it)| (it.pair(), place)).collect();
        Self { newest_first, by_pair }
    }

    /// What stands about these two, if anybody decided.
    pub fn about(&self, one: i64, other: i64) -> Option<&Decision> {
        self.by_pair.get(&(one.min(other), one.max(other))).and_then(|place| self.newest_first.get(*place))
    }

    /// The decisions of a kind, the newest first.
    pub fn of(&self, kind: DecisionKind) -> impl Iterator<Item = &Decision> {
        self.newest_first.iter().filter(move |decision| decision.kind == kind)
    }

    /// Whether nobody decided anything.
    pub fn is_empty(&self) -> bool {
        self.newest_first.is_empty()
    }
}
