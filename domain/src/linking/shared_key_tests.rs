//! Keys that many share: what is found stays right, and what it costs stays in step with the number of devices.

use super::*;
use crate::linking::tests::{identity, ninja, threatlocker};

fn link(identities: &[Linkable]) -> Linking {
    super::link(identities, &Decisions::default())
}

const MANY: usize = 2_000;
const MAC: &str = "a4:bb:6d:12:34:56";

/// So many machines of each vendor, all alike but for the host name.
fn clones(name: impl Fn(i64) -> String) -> Vec<Linkable> {
    let vendors = [Vendor::Ninja, Vendor::ThreatLocker];
    let of = |vendor, id: i64| {
        let number = id % 10_000;
        identity(id, vendor, &name(number)).at(5).serial("GOLDEN-1").macs(&[MAC])
    };
    let ids = |place: i64| (0..i64::try_from(MANY).unwrap()).map(move |number| 10_000 * (place + 1) + number);
    (0..)
        .zip(vendors)
        .flat_map(|(place, vendor)| ids(place).map(move |id| (vendor, id)))
        .map(|(v, id)| of(v, id))
        .collect()
}

#[test]
fn of_two_thousand_alike_each_tells_twenty_candidates_and_their_number() {
    let (linking, losers) = link_and_explain(&clones(|_| "GOLDEN".to_owned()), &Decisions::default());
    assert_eq!((linking.links.len(), linking.ambiguities.len()), (0, MANY));
    let expected: Vec<i64> = (10_000..10_020).collect();
    assert!(linking.ambiguities.iter().all(|it| it.candidates == expected && it.count == MANY));
    assert_eq!(losers.len(), 10 * MANY);
}

#[test]
fn two_thousand_with_one_serial_number_and_adapter_link_by_their_names() {
    let linking = link(&clones(|number| format!("PC-{number}")));
    assert_eq!((linking.links.len(), linking.ambiguities.len()), (MANY, 0));
    assert!(linking.links.iter().all(|it| it.identity_id % 10_000 == it.reference_id % 10_000));
    let evidence = "serial number golden1; 2000 candidates narrowed to 1 by host name and organization";
    assert!(linking.links.iter().all(|it| it.evidence == evidence));
}

#[test]
fn what_two_crowds_have_in_common_is_found_once() {
    let fleet = clones(|_| "GOLDEN".to_owned());
    let keyed: Vec<_> = fleet.iter().map(Keyed::new).collect();
    let clusters = Clusters::new(&keyed, &Decisions::default());
    let mut search = Search::new(Index::new(&keyed, &clusters), clusters);
    let solution = solving::solve(&keyed, &mut search, &Decisions::default());
    assert_eq!(solution.verdicts.len(), MANY);
    assert!(search.compared.get() <= 2 * MANY, "{}", search.compared.get());
}

#[test]
fn a_renamed_machine_and_the_entry_of_its_old_name_are_one() {
    let fleet = |organization| {
        [
            ninja(1, "PC-NEW").at(5).serial("S1234"),
            threatlocker(2, "PC-OLD").at(organization).serial("S1234"),
            threatlocker(3, "PC-NEW").at(5).serial("S1234"),
        ]
    };
    assert_eq!(link(&fleet(5)).linked_to(1), [2, 3]);
    let linking = link(&fleet(6));
    assert_eq!(linking.linked_to(1), [3], "names of two clients are strangers");
    assert_eq!(linking.ambiguity_of(2).map(|it| (it.candidates.clone(), it.count)), Some((vec![1], 1)));
    let nowhere = fleet(5).map(|it| Linkable { organization_id: None, ..it });
    assert_eq!(link(&nowhere).links, [], "nobody knows whose they are");
}

#[test]
fn two_names_of_which_the_other_vendor_knows_both_are_two_machines() {
    let fleet = [
        ninja(1, "PC-A").at(5).serial("JUNK-77"),
        ninja(4, "PC-B").at(5),
        threatlocker(2, "PC-A").at(5).serial("JUNK-77"),
        threatlocker(3, "PC-B").at(5).serial("JUNK-77"),
    ];
    let linking = link(&fleet);
    assert_eq!((linking.linked_to(1), linking.ambiguity_of(3).is_some()), (&[2_i64][..], true));
}

#[test]
fn an_adapter_of_two_names_stays_with_the_one_it_names() {
    let fleet = [
        ninja(1, "PC-1").at(5).macs(&[MAC]),
        threatlocker(2, "PC-1").at(5).macs(&[MAC]),
        threatlocker(3, "PC-2").at(5).macs(&[MAC]),
    ];
    assert_eq!(link(&fleet).linked_to(1), [2], "a dock is no proof");
}
