//! Gives each machine its device id, and lets it keep the one it had.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::{linking::Linking, vendor::Vendor};

/// One identity with the device it belonged to so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// The identity; unique among the members.
    pub identity_id: i64,
    /// Whose identity it is.
    pub vendor: Vendor,
    /// The device it belonged to; `None` for a new identity.
    pub device_id: Option<i64>,
}

/// The identities of one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceAssignment {
    /// The device they belong to from now on; `None` means a new device.
    pub device_id: Option<i64>,
    /// Its identities, ascending.
    pub identities: Vec<i64>,
}

/// Groups identities into devices: a reference identity with those linked to it, what a person joined, or an identity
/// alone. A machine that a person made of several reference identities goes by the lowest of them that has a device.
///
/// A group takes the device of its reference identity, else the smallest free one among its members', so that a device
/// keeps its id while any of its identities does. Each id is given once: to the group whose reference identity had it (the
/// lowest of them, if a person separated several), else to the group with the smallest identity id. Members are the
/// identities that are present; absent ones keep their devices, and a present one may share such a device. `barred` are
/// identities with devices of absent ones from which a person separated them: no group takes a device from which one of its
/// members is barred. By smallest identity, ascending; the order of the members does not matter.
pub fn assign_devices(members: &[Member], linking: &Linking, barred: &BTreeSet<(i64, i64)>) -> Vec<DeviceAssignment> {
    let groups = group(members, linking, barred);
    let mut taken = HashSet::new();
    let by_reference = claim_by_reference(&groups, &mut taken);
    let assign = |(group, device_id): (Vec<Member>, Option<i64>)| DeviceAssignment {
        device_id: device_id.or_else(|| smallest_free(&group, &mut taken)),
        identities: group.iter().map(|member| member.identity_id).collect(),
    };
    groups.into_iter().zip(by_reference).map(assign).collect()
}

/// The device of each group's reference identity, where no lower reference identity has it too: that happens when a person
/// separates two that were one machine.
fn claim_by_reference(groups: &[Vec<Member>], taken: &mut HashSet<i64>) -> Vec<Option<i64>> {
    let claim = |(place, group): (usize, &Vec<Member>)| {
        let references = group.iter().filter(|member| member.vendor == Vendor::REFERENCE);
        references.filter_map(|it| Some((it.identity_id, place, it.device_id?))).min()
    };
    let mut claims: Vec<_> = groups.iter().enumerate().filter_map(claim).collect();
    claims.sort_unstable();
    let mut claimed = vec![None; groups.len()];
    for (_, place, device_id) in claims {
        claimed[place] = Some(device_id).filter(|device_id| taken.insert(*device_id));
    }
    claimed
}

/// The groups by smallest identity, each by identity. A device that a group may not take is none of its members'.
fn group(members: &[Member], linking: &Linking, barred: &BTreeSet<(i64, i64)>) -> Vec<Vec<Member>> {
    let mut groups: BTreeMap<i64, Vec<Member>> = BTreeMap::new();
    for member in members {
        groups.entry(linking.machine_of(member.identity_id)).or_default().push(*member);
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    for group in &mut groups {
        group.sort_unstable_by_key(|member| member.identity_id);
        if !barred.is_empty() {
            leave_barred(group, barred);
        }
    }
    groups.sort_unstable_by_key(|group| group.first().map(|member| member.identity_id));
    groups
}

fn leave_barred(group: &mut [Member], barred: &BTreeSet<(i64, i64)>) {
    let devices: HashSet<i64> = group.iter().filter_map(|member| member.device_id).collect();
    let may_not = |device_id: &i64| group.iter().any(|member| barred.contains(&(member.identity_id, *device_id)));
    let refused: HashSet<i64> = devices.into_iter().filter(may_not).collect();
    for member in group {
        member.device_id = member.device_id.filter(|device_id| !refused.contains(device_id));
    }
}

/// Takes the smallest device of the group's members that no other group has.
fn smallest_free(group: &[Member], taken: &mut HashSet<i64>) -> Option<i64> {
    let free = group.iter().filter_map(|member| member.device_id).filter(|device_id| !taken.contains(device_id));
    free.min().filter(|device_id| taken.insert(*device_id))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::linking::{Link, LinkRule};

    fn ninja(identity_id: i64, device_id: Option<i64>) -> Member {
        Member { identity_id, vendor: Vendor::Ninja, device_id }
    }

    fn threatlocker(identity_id: i64, device_id: Option<i64>) -> Member {
        Member { identity_id, vendor: Vendor::ThreatLocker, device_id }
    }

    fn linking(pairs: &[(i64, i64)]) -> Linking {
        let link = |&(identity_id, reference_id)| Link {
            identity_id,
            reference_id,
            rule: LinkRule::SerialNumber,
            evidence: String::new(),
        };
        Linking::new(pairs.iter().map(link).collect(), Vec::new())
    }

    /// `(device, identities)` of each assignment.
    fn assigned(members: &[Member], pairs: &[(i64, i64)]) -> Vec<(Option<i64>, Vec<i64>)> {
        assign_devices(members, &linking(pairs), &BTreeSet::new())
            .into_iter()
            .map(|it| (it.device_id, it.identities))
            .collect()
    }

    #[test]
    fn a_reference_identity_and_all_linked_to_it_are_one_device() {
        let members = [threatlocker(5, None), ninja(1, None), threatlocker(4, None), ninja(2, None)];
        assert_eq!(assigned(&members, &[(4, 1), (5, 1)]), [(None, vec![1, 4, 5]), (None, vec![2])]);
    }

    #[test]
    fn a_group_keeps_the_device_of_its_reference_identity() {
        assert_eq!(assigned(&[ninja(1, Some(20)), threatlocker(2, Some(10))], &[(2, 1)]), [(Some(20), vec![1, 2])]);
    }

    #[test]
    fn a_new_reference_identity_joins_the_device_that_is_there() {
        let members = [ninja(9, None), threatlocker(2, Some(11)), threatlocker(3, Some(10))];
        assert_eq!(assigned(&members, &[(2, 9), (3, 9)]), [(Some(10), vec![2, 3, 9])]);
    }

    #[test]
    fn an_identity_that_is_no_longer_linked_leaves_the_device_to_the_reference_identity() {
        assert_eq!(
            assigned(&[threatlocker(1, Some(7)), ninja(2, Some(7))], &[]),
            [(None, vec![1]), (Some(7), vec![2]),]
        );
    }

    #[test]
    fn two_claims_without_a_reference_identity_go_to_the_smallest_identity() {
        assert_eq!(
            assigned(&[threatlocker(4, Some(7)), threatlocker(3, Some(7))], &[]),
            [(Some(7), vec![3]), (None, vec![4]),]
        );
    }

    #[test]
    fn of_two_reference_identities_that_were_one_machine_the_lower_keeps_it_whoever_else_is_in_the_groups() {
        let members = [threatlocker(1, Some(7)), ninja(3, Some(7)), ninja(2, Some(7))];
        assert_eq!(assigned(&members, &[(1, 3)]), [(None, vec![1, 3]), (Some(7), vec![2])]);
    }

    #[test]
    fn a_group_whose_first_choice_is_taken_keeps_another_members_device() {
        let members = [ninja(1, Some(5)), ninja(2, None), threatlocker(3, Some(5)), threatlocker(4, Some(6))];
        assert_eq!(assigned(&members, &[(3, 2), (4, 2)]), [(Some(5), vec![1]), (Some(6), vec![2, 3, 4])]);
    }

    #[test]
    fn a_reference_identity_that_is_gone_still_holds_its_group_together() {
        let members = [threatlocker(3, Some(8)), threatlocker(4, None)];
        assert_eq!(assigned(&members, &[(3, 1), (4, 1)]), [(Some(8), vec![3, 4])]);
    }

    #[test]
    fn a_group_leaves_the_device_of_an_absent_identity_from_which_a_person_separated_a_member() {
        let members = [threatlocker(2, Some(7)), ninja(3, Some(8)), threatlocker(4, Some(7)), threatlocker(5, Some(7))];
        let barred = BTreeSet::from([(2, 7), (4, 7)]);
        let assigned = assign_devices(&members, &linking(&[(4, 3)]), &barred);
        let assigned: Vec<_> = assigned.into_iter().map(|it| (it.device_id, it.identities)).collect();
        assert_eq!(assigned, [(None, vec![2]), (Some(8), vec![3, 4]), (Some(7), vec![5])]);
    }

    /// Members 0..n: the first ones Ninja's, the others linked to one of them or to none.
    fn members_and_links() -> impl Strategy<Value = (Vec<Member>, Vec<(i64, i64)>)> {
        let device = proptest::option::of(0_i64..6);
        let references = proptest::collection::vec(device.clone(), 0..6);
        let others = proptest::collection::vec((device, proptest::option::of(0_i64..6)), 0..8);
        (references, others).prop_map(|(references, others)| {
            let count = i64::try_from(references.len()).unwrap();
            let mut members: Vec<_> = (0..).zip(references).map(|(id, device)| ninja(id, device)).collect();
            let mut links = Vec::new();
            for (id, (device, reference)) in (count..).zip(others) {
                members.push(threatlocker(id, device));
                links.extend(reference.filter(|reference| *reference < count).map(|reference| (id, reference)));
            }
            (members, links)
        })
    }

    proptest! {
        #[test]
        fn every_identity_is_assigned_once_and_every_device_given_once((members, links) in members_and_links()) {
            let assignments = assigned(&members, &links);
            let mut identities: Vec<_> = assignments.iter().flat_map(|(_, identities)| identities.clone()).collect();
            identities.sort_unstable();
            prop_assert_eq!(identities, members.iter().map(|member| member.identity_id).collect::<Vec<_>>());
            let given: Vec<_> = assignments.iter().filter_map(|(device, _)| *device).collect();
            prop_assert_eq!(given.iter().collect::<HashSet<_>>().len(), given.len());
        }

        #[test]
        fn only_a_group_whose_devices_all_went_to_others_becomes_a_new_device((members, links) in members_and_links()) {
            let assignments = assigned(&members, &links);
            let given: HashSet<_> = assignments.iter().filter_map(|(device, _)| *device).collect();
            for (device, identities) in &assignments {
                let had: HashSet<_> = members
                    .iter()
                    .filter(|member| identities.contains(&member.identity_id))
                    .filter_map(|member| member.device_id)
                    .collect();
                match device {
                    Some(device) => prop_assert!(had.contains(device), "a group takes no stranger's device"),
                    None => prop_assert!(had.is_subset(&given)),
                }
            }
        }

        #[test]
        fn the_order_of_the_members_does_not_matter(
            (members, links, shuffled) in members_and_links()
                .prop_flat_map(|(members, links)| (Just(members.clone()), Just(links), Just(members).prop_shuffle())),
        ) {
            prop_assert_eq!(assigned(&members, &links), assigned(&shuffled, &links));
        }

        #[test]
        fn assigning_again_changes_nothing((members, links) in members_and_links()) {
            let fresh = 1000_i64;
            let first = assigned(&members, &links);
            let device_of = |identity_id: i64| {
                let (id, (device, _)) = (fresh..).zip(&first).find(|(_, (_, ids))| ids.contains(&identity_id)).unwrap();
                device.or(Some(id))
            };
            let kept: Vec<_> =
                members.iter().map(|it| Member { device_id: device_of(it.identity_id), ..*it }).collect();
            let again = assigned(&kept, &links);
            for ((device, identities), (device_again, identities_again)) in first.into_iter().zip(again) {
                prop_assert_eq!(identities, identities_again);
                prop_assert!(device.is_none_or(|device| device_again == Some(device)));
                prop_assert!(device_again.is_some());
            }
        }
    }
}
