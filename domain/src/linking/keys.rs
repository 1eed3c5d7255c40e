//! The keys by which identities are brought together, as texts that a table can hold: who shares none with an identity,
//! not through others either, has nothing to do with its links, nor with what a check finds of it.
//!
//! What links identities is their serial number, their MAC addresses, their host name, and a host name that is another
//! one's cut at the length of NetBIOS. Two long names that begin alike meet only where a cut one is there. Organizations
//! are left out: they narrow what keys bring together, and they change.

use std::collections::BTreeSet;

use crate::linking::{Linkable, index::Keyed};

/// No key is longer, in bytes: two that differ only behind that are taken for one, which brings in a neighbour too many.
const LONGEST: usize = 400;

/// The keys that an identity is found by.
pub fn keys(identity: &Linkable) -> BTreeSet<String> {
    let keyed = Keyed::new(identity);
    let mut keys = BTreeSet::new();
    keys.extend(keyed.serial.as_deref().map(|serial| cut(format!("s:{serial}"))));
    keys.extend(keyed.macs.iter().map(|mac| format!("m:{mac}")));
    keys.extend(keyed.hostname.as_deref().map(|name| cut(format!("h:{name}"))));
    keys.extend(keyed.netbios.as_deref().filter(|_| !keyed.is_cut()).map(|start| format!("p:{start}")));
    keys
}

/// The keys under which those are found who may be linked to an identity that has this one.
pub fn related(key: &str) -> Vec<String> {
    match key.split_once(':') {
        // A whole name is related to the cut one; one that may be cut, to all that begin with it.
        Some(("p", start)) => vec![format!("h:{start}")],
        Some(("h", name)) if crate::hostname::may_be_cut(name) => vec![key.to_owned(), format!("p:{name}")],
        _ => vec![key.to_owned()],
    }
}

fn cut(mut key: String) -> String {
    let end = (0..=LONGEST.min(key.len())).rev().find(|end| key.is_char_boundary(*end)).unwrap_or_default();
    key.truncate(end);
    key
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use chrono::{TimeDelta, TimeZone, Utc};
    use proptest::prelude::*;

    use super::*;
    use crate::{
        linking::{Decision, DecisionKind, Decisions, link_and_explain},
        vendor::Vendor,
    };

    fn identity(identity_id: i64, hostname: &str) -> Linkable {
        let vendor = if identity_id % 2 == 0 { Vendor::Ninja } else { Vendor::ThreatLocker };
        Linkable {
            identity_id,
            vendor,
            organization_id: Some(1),
            hostname: hostname.to_owned(),
            serial_number: None,
            mac_addresses: Vec::new(),
        }
    }

    fn texts(identity: &Linkable) -> Vec<String> {
        keys(identity).into_iter().collect()
    }

    #[test]
    fn an_identity_is_found_by_what_links_it_and_by_nothing_that_strangers_share() {
        let one = Linkable {
            serial_number: Some(" PF2C-0000".into()),
            mac_addresses: vec!["a4:bb:6d:12:34:56".into(), "00:15:5d:00:00:01".into()],
            ..identity(2, "Accounting-SRV-02.corp")
        };
        assert_eq!(texts(&one), ["h:accounting-srv-02", "m:A4BB6D123456", "p:accounting-srv-", "s:pf2c0000"]);
        let placeholder = Linkable { serial_number: Some("None".into()), ..identity(1, ".lan") };
        assert_eq!(texts(&placeholder), [""; 0]);
        assert_eq!(texts(&identity(3, "accounting-srv-")), ["h:accounting-srv-"]);
    }

    #[test]
    fn a_whole_name_leads_to_the_cut_one_and_the_cut_one_to_all_whole_ones() {
        assert_eq!(related("p:accounting-srv-"), ["h:accounting-srv-"]);
        assert_eq!(related("h:accounting-srv-"), ["h:accounting-srv-", "p:accounting-srv-"]);
        assert_eq!(related("h:accounting-srv-02"), ["h:accounting-srv-02"]);
        assert_eq!(related("s:h:1"), ["s:h:1"]);
    }

    #[test]
    fn a_text_without_end_makes_a_key_with_one() {
        let long = Linkable { serial_number: Some("é".repeat(300)), ..identity(2, &"ß".repeat(255)) };
        let lengths: Vec<usize> =
            keys(&Linkable { serial_number: Some("éa".repeat(300)), ..long }).iter().map(String::len).collect();
        assert!(lengths.iter().all(|length| *length <= LONGEST), "{lengths:?}");
    }

    /// Those that keys and decisions bring together with any of the first, through others too.
    fn neighbourhood(first: i64, fleet: &[Linkable], decisions: &[(i64, i64)]) -> BTreeSet<i64> {
        let mut by_key: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        for one in fleet {
            for key in keys(one) {
                by_key.entry(key).or_default().push(one.identity_id);
            }
        }
        let (mut found, mut open) = (BTreeSet::new(), vec![first]);
        while let Some(id) = open.pop() {
            if !found.insert(id) {
                continue;
            }
            let own = fleet.iter().filter(|it| it.identity_id == id).flat_map(keys);
            open.extend(own.flat_map(|key| related(&key)).filter_map(|key| by_key.get(&key)).flatten());
            open.extend(decisions.iter().filter(|(one, other)| *one == id || *other == id).flat_map(|it| [it.0, it.1]));
        }
        found
    }

    /// Name, serial number, MAC and organization, each one of few.
    type Drawn = (usize, Option<u8>, Option<u8>, Option<i64>);

    /// Fleets of few names, serials and addresses, so that everything is shared by somebody.
    fn fleet() -> impl Strategy<Value = (Vec<Linkable>, Vec<(i64, i64, bool)>)> {
        let names = ["pc-1", "PC-2.corp", "accounting-srv-", "accounting-srv-1", "accounting-srv-2", "x | y", ""];
        let one = (
            0..names.len(),
            proptest::option::of(0..4_u8),
            proptest::option::of(0..4_u8),
            proptest::option::of(1..3_i64),
        );
        let decisions = proptest::collection::vec((0..14_i64, 0..14_i64, any::<bool>()), 0..4);
        (proptest::collection::vec(one, 1..14), decisions).prop_map(move |(rows, decisions)| {
            let row = |(id, (name, serial, mac, organization_id)): (i64, Drawn)| Linkable {
                serial_number: serial.map(|it| format!("SN-{it}{it}A")),
                mac_addresses: mac.map(|it| format!("A4:BB:6D:00:00:0{it}")).into_iter().collect(),
                organization_id,
                ..identity(id, names[name])
            };
            ((0..).zip(rows).map(row).collect(), decisions)
        })
    }

    fn decided(rows: &[(i64, i64, bool)]) -> Decisions {
        let moment = Utc.with_ymd_and_hms(2026, 3, 2, 9, 0, 0).unwrap();
        Decisions::new((0_i32..).zip(rows).map(|(number, (one, other, is_link))| Decision {
            identities: (*one, *other),
            kind: if *is_link { DecisionKind::Linked } else { DecisionKind::Separated },
            actor: "somebody".to_owned(),
            decided_at: moment + TimeDelta::minutes(number.into()),
        }))
    }

    proptest! {
        #[test]
        fn a_neighbourhood_is_linked_as_it_is_among_all((fleet, rows) in fleet()) {
            let decisions = decided(&rows);
            let pairs: Vec<(i64, i64)> = rows.iter().map(|row| (row.0, row.1)).collect();
            let (all, losers) = link_and_explain(&fleet, &decisions);
            for first in fleet.iter().map(|it| it.identity_id) {
                let near = neighbourhood(first, &fleet, &pairs);
                let part: Vec<Linkable> = fleet.iter().filter(|it| near.contains(&it.identity_id)).cloned().collect();
                let (own, own_losers) = link_and_explain(&part, &decisions);
                let of_all = |id: i64| near.contains(&id);
                prop_assert_eq!(own.links, all.links.iter().filter(|it| of_all(it.identity_id)).cloned().collect::<Vec<_>>());
                prop_assert_eq!(own.ambiguities, all.ambiguities.iter().filter(|it| of_all(it.identity_id)).cloned().collect::<Vec<_>>());
                prop_assert_eq!(own.joins, all.joins.iter().filter(|it| of_all(it.identity_id)).cloned().collect::<Vec<_>>());
                prop_assert_eq!(own_losers, losers.iter().filter(|it| of_all(it.identity_id)).copied().collect::<Vec<_>>());
            }
        }
    }
}
