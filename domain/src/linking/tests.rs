//! Each rule of section 7 with its opposite, then properties over random fleets.

use proptest::prelude::*;

use super::*;

/// The links as the rules alone find them.
fn link(identities: &[Linkable]) -> Linking {
    super::link(identities, &Decisions::default())
}

/// A fleet in the making; ids are given by the test.
pub(super) fn identity(identity_id: i64, vendor: Vendor, hostname: &str) -> Linkable {
    Linkable {
        identity_id,
        vendor,
        organization_id: None,
        hostname: hostname.to_owned(),
        serial_number: None,
        mac_addresses: Vec::new(),
    }
}

pub(super) fn ninja(identity_id: i64, hostname: &str) -> Linkable {
    identity(identity_id, Vendor::Ninja, hostname)
}

pub(super) fn threatlocker(identity_id: i64, hostname: &str) -> Linkable {
    identity(identity_id, Vendor::ThreatLocker, hostname)
}

impl Linkable {
    pub(super) fn at(self, organization_id: i64) -> Self {
        Self { organization_id: Some(organization_id), ..self }
    }

    pub(super) fn serial(self, serial: &str) -> Self {
        Self { serial_number: Some(serial.to_owned()), ..self }
    }

    pub(super) fn macs(self, macs: &[&str]) -> Self {
        Self { mac_addresses: macs.iter().map(|mac| (*mac).to_owned()).collect(), ..self }
    }
}

/// `(identity, reference, rule)` of each link.
fn links(identities: &[Linkable]) -> Vec<(i64, i64, LinkRule)> {
    link(identities).links.iter().map(|link| (link.identity_id, link.reference_id, link.rule)).collect()
}

/// `(identity, rule, candidates)` of each ambiguity; there must be no links.
fn ambiguities(identities: &[Linkable]) -> Vec<(i64, LinkRule, Vec<i64>)> {
    let linking = link(identities);
    assert_eq!(linking.links, []);
    linking.ambiguities.into_iter().map(|it| (it.identity_id, it.rule, it.candidates)).collect()
}

const MAC: &str = "a4:bb:6d:12:34:56";
const OTHER_MAC: &str = "a4:bb:6d:65:43:21";

#[test]
fn one_serial_number_links_whatever_the_names_and_organizations_say() {
    let fleet = [ninja(1, "OLD").at(5).serial("PF2C-0000"), threatlocker(2, "NEW").at(6).serial(" pf2c 0000 ")];
    assert_eq!(links(&fleet), [(2, 1, LinkRule::SerialNumber)]);
    assert_eq!(link(&fleet).links[0].evidence, "serial number pf2c0000");
}

#[test]
fn placeholder_serials_and_shared_macs_link_nobody() {
    let fleet = [
        ninja(1, "A").serial("System Serial Number").macs(&["00:15:5D:00:00:01", "00:00:00:00:00:00"]),
        threatlocker(2, "B").serial("System Serial Number").macs(&["00:15:5D:00:00:01", "00:00:00:00:00:00"]),
    ];
    assert_eq!(link(&fleet), Linking::default());
}

#[test]
fn several_with_one_serial_are_narrowed_by_mac_and_the_evidence_says_so() {
    let fleet = [
        ninja(1, "A").serial("S1234"),
        ninja(2, "B").serial("S1234").macs(&[OTHER_MAC, MAC]),
        threatlocker(3, "C").serial("S1234").macs(&[MAC]),
    ];
    assert_eq!(links(&fleet), [(3, 2, LinkRule::SerialNumber)]);
    let evidence = "serial number s1234; 2 candidates narrowed to 1 by a shared MAC address";
    assert_eq!(link(&fleet).links[0].evidence, evidence);
}

#[test]
fn several_with_one_serial_are_narrowed_by_host_name_inside_the_organization() {
    let fleet = [
        ninja(1, "PC-1").at(5).serial("S1234"),
        ninja(2, "PC-2").at(5).serial("S1234"),
        ninja(3, "PC-1").at(6).serial("S1234"),
        threatlocker(4, "pc-1.lan").at(5).serial("S1234"),
    ];
    assert_eq!(links(&fleet), [(4, 1, LinkRule::SerialNumber)]);
}

#[test]
fn mac_narrows_before_host_name() {
    let fleet = [
        ninja(1, "PC-1").at(5).serial("S1234"),
        ninja(2, "PC-2").at(5).serial("S1234").macs(&[MAC]),
        ninja(3, "PC-3").at(5).serial("S1234").macs(&[MAC]),
        threatlocker(4, "PC-1").at(5).serial("S1234").macs(&[MAC]),
    ];
    assert_eq!(ambiguities(&fleet), [(4, LinkRule::SerialNumber, vec![2, 3])]);
}

#[test]
fn an_ambiguous_serial_is_not_decided_by_a_later_rule() {
    let fleet = [
        ninja(1, "A").serial("S1234"),
        ninja(2, "B").serial("S1234"),
        ninja(3, "PC-1").at(5),
        threatlocker(4, "PC-1").at(5).serial("S1234"),
    ];
    assert_eq!(ambiguities(&fleet), [(4, LinkRule::SerialNumber, vec![1, 2])]);
}

#[test]
fn a_serial_that_strangers_report_links_only_the_one_of_the_same_name() {
    let fleet = [
        ninja(1, "PC-A").at(5).serial("JUNK-77"),
        threatlocker(2, "PC-A").at(5).serial("JUNK-77"),
        threatlocker(3, "PC-B").at(6).serial("JUNK-77"),
        threatlocker(4, "PC-C").at(7).serial("JUNK-77"),
    ];
    let linking = link(&fleet);
    assert_eq!(links(&fleet), [(2, 1, LinkRule::SerialNumber)]);
    let apart: Vec<i64> = linking.ambiguities.iter().map(|ambiguity| ambiguity.identity_id).collect();
    assert_eq!(apart, [3, 4], "strangers stay apart");
}

#[test]
fn a_cut_name_is_nobodys_when_its_vendor_has_the_whole_one_too() {
    let fleet = [
        ninja(1, "accounting-srv-02").at(5),
        threatlocker(2, "accounting-srv-02").at(5),
        threatlocker(3, "accounting-srv-").at(5),
    ];
    assert_eq!(links(&fleet), [(2, 1, LinkRule::HostnameInOrganization)]);
    assert_eq!(link(&fleet).ambiguities.len(), 1);
}

#[test]
fn one_mac_links_and_names_itself() {
    let fleet = [ninja(1, "A").macs(&[OTHER_MAC, "A4-BB-6D-12-34-56"]), threatlocker(2, "B").macs(&["bad", MAC])];
    assert_eq!(links(&fleet), [(2, 1, LinkRule::MacAddress)]);
    assert_eq!(link(&fleet).links[0].evidence, "MAC address A4BB6D123456");
}

#[test]
fn two_shared_macs_of_one_machine_are_one_candidate() {
    let fleet = [ninja(1, "A").macs(&[MAC, OTHER_MAC, MAC]), threatlocker(2, "B").macs(&[OTHER_MAC, MAC])];
    assert_eq!(links(&fleet), [(2, 1, LinkRule::MacAddress)]);
}

#[test]
fn a_dock_that_two_machines_use_is_ambiguous_unless_the_name_decides() {
    let fleet = |name| {
        [
            ninja(1, "PC-1").at(5).macs(&[MAC]),
            ninja(2, "PC-2").at(5).macs(&[MAC]),
            threatlocker(3, name).at(5).macs(&[MAC]),
        ]
    };
    assert_eq!(ambiguities(&fleet("PC-3")), [(3, LinkRule::MacAddress, vec![1, 2])]);
    assert_eq!(links(&fleet("PC-2")), [(3, 2, LinkRule::MacAddress)]);
}

#[test]
fn one_host_name_links_inside_one_organization() {
    let fleet = [ninja(1, "Reception-PC.corp.example").at(5), threatlocker(2, "RECEPTION-PC | Marie").at(5)];
    assert_eq!(links(&fleet), [(2, 1, LinkRule::HostnameInOrganization)]);
}

#[test]
fn reception_at_client_a_is_not_reception_at_client_b() {
    let fleet = [
        ninja(1, "RECEPTION").at(5),
        ninja(2, "RECEPTION").at(6),
        threatlocker(3, "RECEPTION").at(6),
        threatlocker(4, "RECEPTION").at(7),
    ];
    assert_eq!(links(&fleet), [(3, 2, LinkRule::HostnameInOrganization)]);
    assert_eq!(link(&fleet).ambiguities, [], "a name that says nothing is not ambiguous");
}

#[test]
fn two_of_one_name_in_one_organization_are_ambiguous() {
    let fleet = [ninja(2, "MAC.lan").at(5), ninja(1, "Mac.lan").at(5), threatlocker(3, "Mac").at(5)];
    assert_eq!(ambiguities(&fleet), [(3, LinkRule::HostnameInOrganization, vec![1, 2])]);
}

#[test]
fn reinstalled_agents_link_to_the_one_machine() {
    let fleet = [ninja(1, "PC-1").at(5), threatlocker(3, "PC-1").at(5), threatlocker(2, "PC-1").at(5)];
    let linking = link(&fleet);
    assert_eq!(linking.linked_to(1), [2, 3]);
    assert_eq!(linking.linked_to(2), [0_i64; 0]);
    assert_eq!(linking.reference_of(3).map(|link| link.reference_id), Some(1));
    assert_eq!(linking.reference_of(1), None);
}

#[test]
fn identities_of_one_vendor_are_never_linked_to_each_other() {
    let twin = |identity_id, vendor| identity(identity_id, vendor, "PC-1").at(5).serial("S1234").macs(&[MAC]);
    for vendor in Vendor::ALL {
        assert_eq!(link(&[twin(1, vendor), twin(2, vendor)]), Linking::default());
    }
}

#[test]
fn a_cut_name_links_to_the_whole_one_from_either_side() {
    let (cut, whole) = ("accounting-srv-", "accounting-srv-02.corp.example");
    for (ours, theirs) in [(cut, whole), (whole, cut)] {
        let fleet = [ninja(1, ours).at(5), threatlocker(2, theirs).at(5)];
        assert_eq!(links(&fleet), [(2, 1, LinkRule::CutHostnameInOrganization)]);
        let evidence = "host name accounting-srv- is accounting-srv-02 cut at 15 characters, in the same organization";
        assert_eq!(link(&fleet).links[0].evidence, evidence);
    }
}

#[test]
fn a_cut_name_needs_fifteen_characters_and_one_known_organization() {
    for (ours, theirs, organizations) in [
        ("accounting-srv", "accounting-srv-02", (Some(5), Some(5))),
        ("accounting-srv-0", "accounting-srv-02", (Some(5), Some(5))),
        ("accounting-srv-", "accounting-srv-02", (Some(5), Some(6))),
        ("accounting-srv-", "accounting-srv-02", (Some(5), None)),
        ("accounting-srv-", "accounting-srv-02", (None, None)),
    ] {
        let fleet = [
            Linkable { organization_id: organizations.0, ..ninja(1, ours) },
            Linkable { organization_id: organizations.1, ..threatlocker(2, theirs) },
        ];
        assert_eq!(link(&fleet), Linking::default(), "{ours} {theirs} {organizations:?}");
    }
}

#[test]
fn fifteen_characters_are_counted_not_bytes() {
    let fleet = [ninja(1, "büro-münchen-öst").at(5), threatlocker(2, "büro-münchen-ös").at(5)];
    assert_eq!(links(&fleet), [(2, 1, LinkRule::CutHostnameInOrganization)]);
}

#[test]
fn a_cut_name_that_several_whole_ones_begin_with_is_ambiguous_from_either_side() {
    let ours = [
        ninja(1, "accounting-srv-01").at(5),
        ninja(2, "accounting-srv-02").at(5),
        threatlocker(3, "accounting-srv-").at(5),
    ];
    assert_eq!(ambiguities(&ours), [(3, LinkRule::CutHostnameInOrganization, vec![1, 2])]);
    let theirs = [
        ninja(1, "accounting-srv-").at(5),
        threatlocker(2, "accounting-srv-01").at(5),
        threatlocker(3, "accounting-srv-02").at(5),
    ];
    let rule = LinkRule::CutHostnameInOrganization;
    assert_eq!(ambiguities(&theirs), [(2, rule, vec![1]), (3, rule, vec![1])]);
}

#[test]
fn a_cut_name_with_a_better_fit_is_left_to_it() {
    let fleet = [
        ninja(1, "accounting-srv-").at(5),
        threatlocker(2, "accounting-srv-").at(5),
        threatlocker(3, "accounting-srv-02").at(5),
    ];
    assert_eq!(links(&fleet), [(2, 1, LinkRule::HostnameInOrganization)]);
    assert_eq!(link(&fleet).ambiguity_of(3).map(|it| it.candidates.clone()), Some(vec![1]));
}

#[test]
fn reinstalled_agents_of_one_whole_name_both_link_to_the_cut_one() {
    let fleet = [
        ninja(1, "accounting-srv-").at(5),
        threatlocker(2, "accounting-srv-02").at(5),
        threatlocker(3, "ACCOUNTING-SRV-02").at(5),
    ];
    assert_eq!(link(&fleet).linked_to(1), [2, 3]);
}

#[test]
fn a_name_that_is_unique_on_both_sides_links_across_organizations() {
    let fleet = [ninja(1, "PC-0815").at(5), ninja(2, "PC-2").at(5), threatlocker(3, "pc-0815").at(6)];
    assert_eq!(links(&fleet), [(3, 1, LinkRule::UniqueHostname)]);
    let nowhere = [ninja(1, "PC-0815"), threatlocker(3, "pc-0815")];
    assert_eq!(links(&nowhere), [(3, 1, LinkRule::UniqueHostname)]);
}

#[test]
fn a_name_that_either_side_has_twice_links_nothing_across_organizations() {
    let twice_ours = [ninja(1, "MAC").at(5), ninja(2, "MAC").at(6), threatlocker(3, "MAC").at(7)];
    assert_eq!(link(&twice_ours), Linking::default());
    let twice_theirs = [ninja(1, "MAC").at(5), threatlocker(3, "MAC").at(6), threatlocker(4, "MAC").at(7)];
    assert_eq!(link(&twice_theirs), Linking::default());
}

#[test]
fn a_name_counts_as_used_by_identities_that_are_linked_already() {
    let fleet = [
        ninja(1, "FRONT").at(5).serial("S1234"),
        ninja(2, "PC-1").at(6),
        threatlocker(3, "PC-1").at(5).serial("S1234"),
        threatlocker(4, "PC-1").at(7),
    ];
    assert_eq!(links(&fleet), [(3, 1, LinkRule::SerialNumber)]);
}

#[test]
fn two_known_serials_that_differ_speak_against_a_unique_name() {
    let fleet = |theirs| [ninja(1, "PC-0815").at(5).serial("S1234"), threatlocker(3, "PC-0815").at(6).serial(theirs)];
    assert_eq!(link(&fleet("S9999")), Linking::default());
    assert_eq!(links(&fleet("None")), [(3, 1, LinkRule::UniqueHostname)], "a placeholder is no known serial");
}

#[test]
fn a_name_of_which_nothing_is_left_links_nothing() {
    assert_eq!(link(&[ninja(1, " | a").at(5), threatlocker(2, ".lan").at(5)]), Linking::default());
}

#[test]
fn every_rule_has_its_own_code_and_a_sentence() {
    for rule in LinkRule::ALL {
        assert_eq!(LinkRule::from_code(rule.code()), Some(rule));
        assert!(rule.description().ends_with('.'));
    }
    assert_eq!(LinkRule::from_code("guess"), None);
}

/// Few values of everything, so that keys collide in all ways.
pub(super) fn fleet() -> impl Strategy<Value = Vec<Linkable>> {
    let name =
        prop::sample::select(vec!["a", "A.lan", "b", "accounting-srv-", "accounting-srv-01", "accounting-srv-02", ""]);
    let serial = prop::option::of(prop::sample::select(vec!["S1234", "s-1234", "S5678", "None"]));
    let macs = prop::collection::vec(prop::sample::select(vec![MAC, OTHER_MAC, "00:15:5d:00:00:01"]), 0..3);
    let facts = (any::<bool>(), prop::option::of(0_i64..3), name, serial, macs);
    prop::collection::vec(facts, 0..14).prop_map(|rows| {
        let make =
            |(id, (is_ninja, organization_id, name, serial, macs)): (i64, (bool, _, _, Option<&str>, Vec<&str>))| {
                let identity = if is_ninja { ninja(id, name) } else { threatlocker(id, name) };
                Linkable { organization_id, serial_number: serial.map(str::to_owned), ..identity.macs(&macs) }
            };
        (0..).zip(rows).map(make).collect()
    })
}

#[test]
fn a_name_alone_takes_no_machine_that_a_stronger_rule_gives_to_another() {
    let fleet = [
        ninja(1, "FRONTDESK").at(6).serial("S1234"),
        threatlocker(2, "OLD-NAME").at(6).serial("S1234"),
        threatlocker(3, "FRONTDESK").at(5),
    ];
    assert_eq!(links(&fleet), [(2, 1, LinkRule::SerialNumber)]);
    let in_doubt = [
        ninja(1, "FRONTDESK").at(6).serial("S1234"),
        ninja(4, "BACKDESK").at(6).serial("S1234"),
        threatlocker(2, "OLD-NAME").at(6).serial("S1234"),
        threatlocker(3, "FRONTDESK").at(5),
    ];
    assert_eq!(ambiguities(&in_doubt), [(2, LinkRule::SerialNumber, vec![1, 4])], "nor one that it may be given");
}

proptest! {
    #[test]
    fn the_order_of_the_identities_does_not_matter(
        (fleet, shuffled) in fleet().prop_flat_map(|fleet| (Just(fleet.clone()), Just(fleet).prop_shuffle())),
    ) {
        prop_assert_eq!(link(&fleet), link(&shuffled));
    }

    #[test]
    fn every_identity_is_decided_once_and_only_towards_the_reference(fleet in fleet()) {
        let linking = link(&fleet);
        let vendor_of = |id: i64| fleet.iter().find(|it| it.identity_id == id).map(|it| it.vendor);
        let decided: Vec<_> = linking.links.iter().map(|it| it.identity_id)
            .chain(linking.ambiguities.iter().map(|it| it.identity_id)).collect();
        let distinct: std::collections::HashSet<_> = decided.iter().collect();
        prop_assert_eq!(decided.len(), distinct.len());
        prop_assert!(decided.iter().all(|id| vendor_of(*id) == Some(Vendor::ThreatLocker)));
        prop_assert!(linking.links.iter().all(|it| vendor_of(it.reference_id) == Some(Vendor::Ninja)));
        prop_assert!(linking.ambiguities.iter().flat_map(|it| &it.candidates).all(|id| vendor_of(*id) == Some(Vendor::Ninja)));
        prop_assert!(linking.links.is_sorted_by_key(|it| it.identity_id));
        prop_assert!(linking.ambiguities.iter().all(|it| !it.candidates.is_empty() && it.candidates.is_sorted()));
    }

    #[test]
    fn an_earlier_rule_that_finds_anything_is_never_passed_over(fleet in fleet()) {
        let linking = link(&fleet);
        let serial_of = |it: &Linkable| it.serial_number.as_deref().and_then(crate::serial::key);
        for seeker in fleet.iter().filter(|it| it.vendor == Vendor::ThreatLocker) {
            let rule = linking.reference_of(seeker.identity_id).map(|it| it.rule)
                .or(linking.ambiguity_of(seeker.identity_id).map(|it| it.rule));
            let shares_serial = serial_of(seeker).is_some()
                && fleet.iter().any(|it| it.vendor == Vendor::Ninja && serial_of(it) == serial_of(seeker));
            prop_assert_eq!(rule == Some(LinkRule::SerialNumber), shares_serial);
        }
    }

    #[test]
    fn a_link_by_name_stays_inside_one_organization_or_is_unique(fleet in fleet()) {
        let find = |id: i64| fleet.iter().find(|it| it.identity_id == id).unwrap();
        let linking = link(&fleet);
        for link in &linking.links {
            let (one, other) = (find(link.identity_id), find(link.reference_id));
            let one_organization = one.organization_id.is_some() && one.organization_id == other.organization_id;
            let names_alike = |it: &&Linkable| crate::hostname::canonical(&it.hostname) == crate::hostname::canonical(&one.hostname);
            match link.rule {
                LinkRule::Person => prop_assert!(false, "nobody decided anything"),
                LinkRule::SerialNumber | LinkRule::MacAddress => {}
                LinkRule::HostnameInOrganization => prop_assert!(one_organization && names_alike(&other)),
                LinkRule::CutHostnameInOrganization => prop_assert!(one_organization && !names_alike(&other)),
                LinkRule::UniqueHostname => {
                    prop_assert_eq!(fleet.iter().filter(names_alike).count(), 2);
                    prop_assert_eq!(linking.linked_to(link.reference_id), [link.identity_id]);
                    let in_doubt = linking.ambiguities.iter().flat_map(|it| &it.candidates);
                    prop_assert!(in_doubt.into_iter().all(|candidate| *candidate != link.reference_id));
                }
            }
        }
    }
}
