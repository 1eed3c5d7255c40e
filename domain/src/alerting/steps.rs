//! From what is known and what is judged to what is told: each trouble once when it begins and once when it is over.

use super::{
    concern::Concern,
    judging::{Judgement, Scope, Trouble},
};

/// What becomes of a trouble.
#[derive(Clone, Debug, PartialEq)]
pub enum Step<K> {
    /// It begins, and is told.
    Begin(Concern, Trouble),
    /// It is known, and goes on; nobody is told again.
    GoOn(K, Trouble),
    /// It is over.
    End {
        /// The trouble that was known.
        known: K,
        /// How it is now, a sentence.
        sentence: String,
        /// Whether that is told: not where another trouble takes its place.
        told: bool,
    },
}

/// What becomes of the troubles that are known under `K`, and of those that are not. What is judged unknown stays as it
/// was; what is known but no longer judged at all is over after a night, when everything is looked at.
pub fn steps<K: Copy>(known: &[(K, Concern)], judged: &[(Concern, Judgement)], scope: Scope) -> Vec<Step<K>> {
    let troubled = |concern: &Concern| judged.iter().any(|(it, how)| it == concern && how.is_trouble());
    let replaced = |old: Concern| judged.iter().any(|(new, how)| how.is_trouble() && new.excludes(old));
    let end = |key, concern: Concern, sentence: String| {
        let told = !replaced(concern);
        Step::End { known: key, sentence, told }
    };
    let mut steps = Vec::new();
    for (key, concern) in known {
        match judged.iter().find(|(it, _)| it == concern).map(|(_, how)| how) {
            Some(Judgement::Trouble(trouble)) => steps.push(Step::GoOn(*key, trouble.clone())),
            Some(Judgement::Fine(sentence)) => steps.push(end(*key, *concern, sentence.clone())),
            None if scope == Scope::Night => {
                steps.push(end(*key, *concern, "it is not looked at any more".to_owned()));
            }
            Some(Judgement::Unknown) | None => {}
        }
    }
    let is_new = |concern: &Concern| troubled(concern) && !known.iter().any(|(_, it)| it == concern);
    let new = judged.iter().filter(|(concern, _)| is_new(concern));
    steps.extend(new.filter_map(|(concern, how)| match how {
        Judgement::Trouble(trouble) => Some(Step::Begin(*concern, trouble.clone())),
        Judgement::Fine(_) | Judgement::Unknown => None,
    }));
    steps
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        alerting::{AlertKind, Subject},
        vendor::Vendor,
    };

    const FAILED: Concern = Concern::new(AlertKind::CollectionFailed, Subject::Vendor(Vendor::Ninja));
    const PARTIAL: Concern = Concern::new(AlertKind::CollectionPartial, Subject::Vendor(Vendor::Ninja));
    const CHECKS: Concern = Concern::new(AlertKind::ChecksSkipped, Subject::Checks);

    fn trouble() -> Judgement {
        Judgement::Trouble(Trouble { sentence: "bad".to_owned(), details: serde_json::json!({}) })
    }

    fn fine() -> Judgement {
        Judgement::Fine("good".to_owned())
    }

    fn told(known: &[(i64, Concern)], judged: &[(Concern, Judgement)], scope: Scope) -> Vec<String> {
        let word = |step: &Step<i64>| match step {
            Step::Begin(concern, _) => format!("begin {}", concern.kind.code()),
            Step::GoOn(known, _) => format!("go on {known}"),
            Step::End { known, told: true, .. } => format!("end {known}"),
            Step::End { known, told: false, .. } => format!("end {known} silently"),
        };
        steps(known, judged, scope).iter().map(word).collect()
    }

    #[test]
    fn a_trouble_is_told_when_it_begins_and_when_it_is_over() {
        assert_eq!(told(&[], &[(FAILED, trouble())], Scope::Night), ["begin collection_failed"]);
        assert_eq!(told(&[(1, FAILED)], &[(FAILED, trouble())], Scope::Night), ["go on 1"]);
        assert_eq!(told(&[(1, FAILED)], &[(FAILED, fine())], Scope::Batch), ["end 1"]);
        assert!(told(&[], &[(FAILED, fine())], Scope::Night).is_empty());
    }

    #[test]
    fn what_is_unknown_stays_as_it_was() {
        for scope in [Scope::Night, Scope::Batch] {
            assert!(told(&[(1, FAILED)], &[(FAILED, Judgement::Unknown)], scope).is_empty());
            assert!(told(&[], &[(FAILED, Judgement::Unknown)], scope).is_empty());
        }
    }

    #[test]
    fn one_trouble_of_a_day_in_the_place_of_another_is_no_return_to_normal() {
        let judged = [(FAILED, fine()), (PARTIAL, trouble()), (CHECKS, fine())];
        let steps = told(&[(1, FAILED), (2, CHECKS)], &judged, Scope::Night);
        assert_eq!(steps, ["end 1 silently", "end 2", "begin collection_partial"]);
    }

    #[test]
    fn what_is_not_looked_at_any_more_is_over_after_a_night_only() {
        assert_eq!(told(&[(1, CHECKS)], &[], Scope::Night), ["end 1"]);
        assert!(told(&[(1, CHECKS)], &[], Scope::Batch).is_empty());
    }

    proptest! {
        #[test]
        fn nothing_is_told_twice_in_a_row(nights in prop::collection::vec(prop::collection::vec(0_u8..3, 3), 1..20)) {
            let concerns = [FAILED, PARTIAL, CHECKS];
            let mut known: Vec<(i64, Concern)> = Vec::new();
            let mut next = 0;
            for night in nights {
                let judge = |how: &u8| match how { 0 => fine(), 1 => trouble(), _ => Judgement::Unknown };
                let judged: Vec<_> = concerns.into_iter().zip(night.iter().map(judge)).collect();
                for step in steps(&known, &judged, Scope::Night) {
                    match step {
                        Step::Begin(concern, _) => {
                            prop_assert!(known.iter().all(|(_, it)| *it != concern));
                            known.push((next, concern));
                            next += 1;
                        }
                        Step::GoOn(key, _) => prop_assert!(known.iter().any(|(it, _)| *it == key)),
                        Step::End { known: key, .. } => {
                            prop_assert!(known.iter().any(|(it, _)| *it == key));
                            known.retain(|(it, _)| *it != key);
                        }
                    }
                }
                for (concern, how) in &judged {
                    let is_known = known.iter().any(|(_, it)| it == concern);
                    match how {
                        Judgement::Fine(_) => prop_assert!(!is_known),
                        Judgement::Trouble(_) => prop_assert!(is_known),
                        Judgement::Unknown => {}
                    }
                }
            }
        }
    }
}
