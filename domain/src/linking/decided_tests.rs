//! What people decided, in front of and inside the other rules; then properties over random fleets and decisions.

use std::collections::HashSet;

use chrono::DateTime;
use proptest::prelude::*;

use super::*;
use crate::linking::{
    DecisionKind::{Linked, Separated},
    tests::{fleet, ninja, threatlocker},
};

/// Decisions in the order of time, made by `ann`.
fn decided(decisions: &[(i64, i64, DecisionKind)]) -> Decisions {
    let decision = |(seconds, (one, other, kind)): (i64, &(i64, i64, DecisionKind))| Decision {
        identities: (*one, *other),
        kind: *kind,
        actor: "ann".to_owned(),
        decided_at: DateTime::from_timestamp(seconds, 0).unwrap(),
    };
    Decisions::new((0..).zip(decisions).map(decision))
}

/// `(identity, reference, rule)` of each link.
fn links(identities: &[Linkable], decisions: &[(i64, i64, DecisionKind)]) -> Vec<(i64, i64, LinkRule)> {
    let links = link(identities, &decided(decisions)).links.into_iter();
    links.map(|link| (link.identity_id, link.reference_id, link.rule)).collect()
}

/// `(candidate, rule, why)` of each loser.
fn lost(identities: &[Linkable], decisions: &[(i64, i64, DecisionKind)]) -> Vec<(i64, i64, LinkRule, Loss)> {
    let losers = link_and_explain(identities, &decided(decisions)).1.into_iter();
    losers.map(|loser| (loser.identity_id, loser.candidate_id, loser.rule, loser.loss)).collect()
}

#[test]
fn a_persons_link_wins_over_every_rule_and_says_who() {
    let fleet = [ninja(1, "A").serial("S1234"), ninja(2, "B"), threatlocker(3, "A").serial("S1234")];
    assert_eq!(links(&fleet, &[]), [(3, 1, LinkRule::SerialNumber)]);
    assert_eq!(links(&fleet, &[(2, 3, Linked)]), [(3, 2, LinkRule::Person)]);
    assert_eq!(link(&fleet, &decided(&[(3, 2, Linked)])).links[0].evidence, "linked by ann");
}

#[test]
fn a_separated_candidate_is_gone_from_every_rule() {
    let fleet = [
        ninja(1, "PC-1").at(5).serial("S1234").macs(&["a4:bb:6d:12:34:56"]),
        threatlocker(2, "PC-1").at(5).serial("S1234").macs(&["a4:bb:6d:12:34:56"]),
    ];
    let separated = [(1, 2, Separated)];
    assert_eq!(link(&fleet, &decided(&separated)), Linking::default());
    assert_eq!(lost(&fleet, &separated), [(2, 1, LinkRule::SerialNumber, Loss::Separated)]);
}

#[test]
fn a_separation_lets_the_next_candidate_of_the_rule_win() {
    let fleet = [ninja(1, "MAC").at(5), ninja(2, "MAC").at(5), threatlocker(3, "MAC").at(5)];
    assert_eq!(links(&fleet, &[(1, 3, Separated)]), [(3, 2, LinkRule::HostnameInOrganization)]);
}

#[test]
fn a_name_that_a_separated_machine_has_too_is_not_unique() {
    let fleet = [ninja(1, "PC-1").at(5), ninja(2, "PC-1").at(6), threatlocker(3, "PC-1").at(7)];
    assert_eq!(links(&fleet, &[(1, 3, Separated)]), [], "across organizations only a unique name says anything");
}

#[test]
fn the_newest_decision_of_a_pair_stands() {
    let fleet = [ninja(1, "A"), threatlocker(2, "B")];
    assert_eq!(links(&fleet, &[(1, 2, Separated), (2, 1, Linked)]), [(2, 1, LinkRule::Person)]);
    assert_eq!(links(&fleet, &[(1, 2, Linked), (2, 1, Separated)]), []);
}

#[test]
fn decisions_about_absent_identities_do_nothing() {
    let fleet = [ninja(1, "A").serial("S1234"), threatlocker(2, "B").serial("S1234")];
    let absent = [(1, 9, Linked), (9, 2, Linked), (8, 2, Separated)];
    assert_eq!(link(&fleet, &decided(&absent)), link(&fleet, &Decisions::default()));
}

#[test]
fn separated_identities_of_one_vendor_do_not_meet_on_a_third() {
    let fleet =
        [ninja(1, "PC-1").at(5).serial("S1234"), threatlocker(2, "PC-1").at(5), threatlocker(3, "X").serial("S1234")];
    assert_eq!(
        links(&fleet, &[(2, 3, Separated)]),
        [(3, 1, LinkRule::SerialNumber)],
        "the stronger rule keeps the machine"
    );
    assert_eq!(lost(&fleet, &[(2, 3, Separated)]), [(2, 1, LinkRule::HostnameInOrganization, Loss::HasRival)]);
    let alike = [ninja(1, "PC-1").at(5), threatlocker(2, "PC-1").at(5), threatlocker(3, "PC-1").at(5)];
    let linking = link(&alike, &decided(&[(2, 3, Separated)]));
    assert_eq!(linking.links, [], "equal claims: nothing is guessed");
    assert_eq!(linking.ambiguities.iter().map(|it| it.identity_id).collect::<Vec<_>>(), [2, 3]);
    let settled = [(2, 3, Separated), (1, 2, Linked)];
    assert_eq!(links(&alike, &settled), [(2, 1, LinkRule::Person)], "a person says whose it is");
}

#[test]
fn a_beaten_identity_looks_further() {
    let fleet = [
        ninja(1, "PC-1").at(5).serial("S1234"),
        ninja(4, "PC-2").at(5),
        threatlocker(2, "PC-2").at(5).serial("S1234"),
        threatlocker(3, "PC-1").at(5).serial("S1234"),
    ];
    let both = [(2, 3, Separated), (3, 1, Linked)];
    assert_eq!(links(&fleet, &both), [(2, 4, LinkRule::HostnameInOrganization), (3, 1, LinkRule::Person)]);
}

#[test]
fn no_chain_of_links_brings_a_separated_pair_together_and_the_newest_link_holds() {
    let fleet = [ninja(1, "A"), ninja(2, "B"), threatlocker(3, "C")];
    let chain = [(1, 2, Separated), (1, 3, Linked), (2, 3, Linked)];
    assert_eq!(links(&fleet, &chain), [(3, 2, LinkRule::Person)]);
    let other_way = [(2, 3, Linked), (1, 3, Linked), (1, 2, Separated)];
    assert_eq!(links(&fleet, &other_way), [(3, 1, LinkRule::Person)]);
}

#[test]
fn a_person_may_join_two_identities_of_the_reference_vendor() {
    let fleet = [ninja(1, "OLD").at(5), ninja(2, "NEW").at(5).serial("S1234"), threatlocker(3, "NEW").serial("S1234")];
    let linking = link(&fleet, &decided(&[(1, 2, Linked)]));
    assert_eq!(linking.reference_of(3).map(|link| link.reference_id), Some(2));
    assert_eq!((linking.linked_to(1), linking.linked_to(2)), (&[3_i64][..], &[3_i64][..]));
    assert_eq!([1, 2, 3].map(|id| linking.machine_of(id)), [1, 1, 1]);
    assert_eq!(linking.join_of(2).map(|join| join.evidence.as_str()), Some("linked by ann"));
}

#[test]
fn two_candidates_that_a_person_joined_are_one() {
    let fleet = [ninja(1, "PC-1").at(5), ninja(2, "PC-1").at(5), threatlocker(3, "PC-1").at(5)];
    assert_eq!(links(&fleet, &[]), []);
    assert_eq!(links(&fleet, &[(1, 2, Linked)]), [(3, 1, LinkRule::HostnameInOrganization)]);
}

#[test]
fn a_reinstalled_agent_that_a_person_joined_goes_where_its_twin_goes() {
    let fleet = [ninja(1, "PC-1").at(5), threatlocker(2, "PC-1").at(5), threatlocker(3, "DESKTOP-77").at(5)];
    assert_eq!(links(&fleet, &[(2, 3, Linked)]), [(2, 1, LinkRule::HostnameInOrganization), (3, 1, LinkRule::Person)]);
    let nowhere = [threatlocker(2, "A"), threatlocker(3, "B")];
    let linking = link(&nowhere, &decided(&[(2, 3, Linked)]));
    assert_eq!((linking.links.len(), linking.machine_of(3)), (0, 2));
}

#[test]
fn joined_identities_that_rules_send_to_different_machines_go_where_the_stronger_rule_says() {
    let fleet = |serial| {
        [
            ninja(1, "PC-1").at(5),
            ninja(4, "PC-4").at(5).serial("S1234"),
            threatlocker(2, "PC-1").at(5),
            threatlocker(3, "PC-4").at(5).serial(serial),
        ]
    };
    let joined = [(2, 3, Linked)];
    assert_eq!(links(&fleet("S1234"), &joined), [(2, 4, LinkRule::Person), (3, 4, LinkRule::SerialNumber)]);
    assert_eq!(links(&fleet("none"), &joined), [], "equally strong: nothing is guessed");
    let linking = link(&fleet("none"), &decided(&joined));
    assert!(linking.ambiguities.iter().all(|it| it.candidates == [1, 4]));
    assert_eq!(linking.machine_of(2), linking.machine_of(3));
}

#[test]
fn losers_are_told_with_the_reason() {
    let fleet = [
        ninja(1, "PC-1").at(5).serial("S1234"),
        ninja(2, "PC-2").at(5).serial("S1234"),
        ninja(3, "PC-1").at(6).serial("S9999"),
        threatlocker(9, "PC-1").at(5).serial("S1234"),
    ];
    assert_eq!(
        lost(&fleet, &[]),
        [(9, 2, LinkRule::SerialNumber, Loss::NarrowedAway), (9, 3, LinkRule::UniqueHostname, Loss::SerialsDiffer),]
    );
    let beaten = [ninja(1, "X").serial("S1234"), ninja(2, "PC-1").at(5), threatlocker(9, "PC-1").at(5).serial("S1234")];
    assert_eq!(lost(&beaten, &[]), [(9, 2, LinkRule::HostnameInOrganization, Loss::EarlierRule)]);
    let taken = [
        ninja(1, "FRONT").at(6).serial("S1234"),
        threatlocker(8, "OLD").at(6).serial("S1234"),
        threatlocker(9, "FRONT").at(5),
    ];
    assert_eq!(lost(&taken, &[]), [(9, 1, LinkRule::UniqueHostname, Loss::Taken)]);
    let reception = [ninja(1, "RECEPTION").at(5), ninja(2, "RECEPTION").at(6), threatlocker(9, "RECEPTION").at(5)];
    assert_eq!(lost(&reception, &[]), [(9, 2, LinkRule::UniqueHostname, Loss::NameNotUnique)]);
    let doubt = [
        ninja(1, "A").serial("S1234"),
        ninja(2, "B").serial("S1234"),
        ninja(3, "PC-1").at(5),
        threatlocker(9, "PC-1").at(5).serial("S1234"),
    ];
    assert_eq!(
        lost(&doubt, &[]),
        [
            (9, 1, LinkRule::SerialNumber, Loss::FitsEqually),
            (9, 2, LinkRule::SerialNumber, Loss::FitsEqually),
            (9, 3, LinkRule::HostnameInOrganization, Loss::EarlierDoubt),
        ]
    );
}

#[test]
fn a_name_that_everybody_has_is_told_ten_times() {
    let mut fleet: Vec<_> = (0..50).map(|id| ninja(id, "RECEPTION").at(id)).collect();
    fleet.push(threatlocker(99, "RECEPTION").at(3));
    let told: Vec<i64> = lost(&fleet, &[]).iter().map(|(_, candidate, ..)| *candidate).collect();
    assert_eq!(told, [0, 1, 2, 4, 5, 6, 7, 8, 9, 10]);
}

#[test]
fn every_loss_and_kind_has_its_own_code() {
    for loss in Loss::ALL {
        assert_eq!(Loss::from_code(loss.code()), Some(loss));
        assert!(loss.description().ends_with('.'));
    }
    for kind in DecisionKind::ALL {
        assert_eq!(DecisionKind::from_code(kind.code()), Some(kind));
    }
}

fn decisions() -> impl Strategy<Value = Vec<Decision>> {
    let kind = prop_oneof![Just(Linked), Just(Separated)];
    let decision = (0_i64..20, 0_i64..20, kind, 0_i64..9).prop_map(|(one, other, kind, seconds)| Decision {
        identities: (one, other),
        kind,
        actor: "ann".to_owned(),
        decided_at: DateTime::from_timestamp(seconds, 0).unwrap(),
    });
    proptest::collection::vec(decision, 0..12)
}

type Day = (Vec<Linkable>, Vec<Decision>);

/// A fleet with decisions, and both in another order.
fn shuffled() -> impl Strategy<Value = (Day, Day)> {
    (fleet(), decisions()).prop_flat_map(|(fleet, decisions)| {
        let other = (Just(fleet.clone()).prop_shuffle(), Just(decisions.clone()).prop_shuffle());
        (Just((fleet, decisions)), other)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_order_of_identities_and_of_decisions_does_not_matter((one, other) in shuffled()) {
        let result = |(fleet, decisions): Day| link_and_explain(&fleet, &Decisions::new(decisions));
        prop_assert_eq!(result(one), result(other));
    }

    #[test]
    fn a_separated_pair_is_never_one_machine((fleet, decisions) in (fleet(), decisions())) {
        let decisions = Decisions::new(decisions);
        let linking = link(&fleet, &decisions);
        let present: HashSet<i64> = fleet.iter().map(|it| it.identity_id).collect();
        for (one, other) in decisions.of(Separated).map(Decision::pair) {
            if present.contains(&one) && present.contains(&other) {
                prop_assert_ne!(linking.machine_of(one), linking.machine_of(other));
            }
        }
    }

    #[test]
    fn a_linked_pair_is_one_machine_unless_a_separation_speaks_against_it((fleet, decisions) in (fleet(), decisions())) {
        let decisions = Decisions::new(decisions);
        let linking = link(&fleet, &decisions);
        let present: HashSet<i64> = fleet.iter().map(|it| it.identity_id).collect();
        let none_separated = decisions.of(Separated).next().is_none();
        let newest = decisions.of(Linked).map(Decision::pair).find(|(one, other)| present.contains(one) && present.contains(other));
        for (one, other) in decisions.of(Linked).map(Decision::pair) {
            let holds = none_separated || newest == Some((one, other));
            if holds && present.contains(&one) && present.contains(&other) {
                prop_assert_eq!(linking.machine_of(one), linking.machine_of(other));
            }
        }
    }

    #[test]
    fn rules_never_join_two_identities_of_one_vendor_that_nobody_linked((fleet, decisions) in (fleet(), decisions())) {
        let separations = Decisions::new(decisions.into_iter().filter(|it| it.kind == Separated));
        let linking = link(&fleet, &separations);
        let references = fleet.iter().filter(|it| it.vendor == Vendor::REFERENCE);
        prop_assert!(references.into_iter().all(|it| linking.machine_of(it.identity_id) == it.identity_id));
        prop_assert!(linking.joins.is_empty() && linking.links.iter().all(|it| it.rule != LinkRule::Person));
    }

    #[test]
    fn a_name_alone_links_across_organizations_only_where_no_other_candidate_exists((fleet, decisions) in (fleet(), decisions())) {
        let decisions = Decisions::new(decisions.into_iter().filter(|it| it.kind == Separated));
        let find = |id: i64| fleet.iter().find(|it| it.identity_id == id).unwrap();
        let linking = link(&fleet, &decisions);
        for link in linking.links.iter().filter(|it| it.rule == LinkRule::UniqueHostname) {
            prop_assert_eq!(linking.linked_to(link.reference_id), [link.identity_id]);
            let name = crate::hostname::canonical(&find(link.identity_id).hostname);
            prop_assert_eq!(fleet.iter().filter(|it| crate::hostname::canonical(&it.hostname) == name).count(), 2);
        }
    }

    #[test]
    fn who_is_told_to_have_lost_did_lose((fleet, decisions) in (fleet(), decisions())) {
        let (linking, losers) = link_and_explain(&fleet, &Decisions::new(decisions));
        let pairs: HashSet<_> = losers.iter().map(|it| (it.identity_id, it.candidate_id)).collect();
        prop_assert_eq!(pairs.len(), losers.len(), "each pair is told once");
        prop_assert!(losers.iter().all(|it| linking.machine_of(it.identity_id) != linking.machine_of(it.candidate_id)));
        for ambiguity in &linking.ambiguities {
            // A record that somebody linked to this one may be the one that is in doubt.
            let machine = linking.machine_of(ambiguity.identity_id);
            prop_assert!(losers.iter().any(|it| linking.machine_of(it.identity_id) == machine));
        }
    }
}
