//! Which other vendor's record may be the same machine, where the rules found none or could not decide: a ranking for a
//! person to pick from, never a link.

use std::cmp::Ordering;

use crate::{hostname, mac, serial, text::fold, vendor::Vendor};

/// What ranking needs to know of one identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The identity.
    pub identity_id: i64,
    /// Whose identity it is.
    pub vendor: Vendor,
    /// The organization by its canonical name; `None` when not known.
    pub organization_id: Option<i64>,
    /// Host name as received.
    pub hostname: String,
    /// Serial number as received; placeholders count as none.
    pub serial_number: Option<String>,
    /// MAC addresses as received; shared and virtual ones count as none.
    pub mac_addresses: Vec<String>,
    /// Who used it last, as received.
    pub last_user: Option<String>,
    /// The address from which the vendor hears of it.
    pub public_ip: Option<String>,
    /// Whether it is linked to another vendor's record already.
    pub is_linked: bool,
}

/// A candidate with what speaks for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    /// The candidate.
    pub identity_id: i64,
    /// How much speaks for it: 0 nothing, 1 everything.
    pub score: f64,
    /// What speaks for it and against it, in words, the strongest first.
    pub reasons: Vec<String>,
}

/// Below this a candidate is nothing but a neighbour.
const LEAST_SCORE: f64 = 0.3;
/// Names that are less alike say nothing.
const LEAST_LIKENESS: f64 = 0.6;
/// Shorter serial numbers share parts by chance.
const LEAST_SERIAL: usize = 5;
/// The digits of a MAC address that two adapters of one machine often share.
const MAC_PREFIX: usize = 10;

/// The candidates of other vendors that may be the same machine, the best first, at most so many. The order they come in
/// does not matter.
pub fn suggest(wanted: &Profile, candidates: &[Profile], most: usize) -> Vec<Suggestion> {
    let others = candidates.iter().filter(|candidate| candidate.vendor != wanted.vendor);
    let mut found: Vec<_> = others.filter_map(|candidate| compare(wanted, candidate)).collect();
    found.sort_by(|one, other| {
        other.score.partial_cmp(&one.score).unwrap_or(Ordering::Equal).then(one.identity_id.cmp(&other.identity_id))
    });
    found.dedup_by_key(|suggestion| suggestion.identity_id);
    found.truncate(most);
    found
}

/// One sign: how strongly it speaks for a candidate, and in which words.
struct Sign {
    weight: f64,
    reason: String,
}

fn compare(wanted: &Profile, candidate: &Profile) -> Option<Suggestion> {
    let own = [by_serial(wanted, candidate), by_mac(wanted, candidate), by_name(wanted, candidate)];
    let around = [by_user(wanted, candidate), by_address(wanted, candidate), by_organization(wanted, candidate)];
    let mut signs: Vec<Sign> = own.into_iter().chain(around).flatten().collect();
    signs.sort_by(|one, other| other.weight.partial_cmp(&one.weight).unwrap_or(Ordering::Equal));
    let doubt = signs.iter().fold(1.0, |doubt, sign| doubt * (1.0 - sign.weight));
    let mut reasons: Vec<String> = signs.into_iter().map(|sign| sign.reason).collect();
    let mut score = 1.0 - doubt;
    if serials_differ(wanted, candidate) {
        score *= 0.5;
        reasons.push("their serial numbers differ".to_owned());
    }
    if candidate.is_linked {
        score *= 0.6;
        reasons.push(format!("it is linked to another record of {} already", wanted.vendor));
    }
    let rounded = (score * 1000.0).round() / 1000.0;
    (rounded >= LEAST_SCORE).then_some(Suggestion { identity_id: candidate.identity_id, score: rounded, reasons })
}

fn by_serial(wanted: &Profile, candidate: &Profile) -> Option<Sign> {
    let (one, other) = serial_keys(wanted, candidate)?;
    if one == other {
        return Some(Sign { weight: 0.9, reason: format!("same serial number {one}") });
    }
    let (short, long) = if one.len() < other.len() { (&one, &other) } else { (&other, &one) };
    let is_part = short.chars().count() >= LEAST_SERIAL && long.contains(short.as_str());
    is_part.then(|| Sign { weight: 0.6, reason: format!("serial number {short} is part of {long}") })
}

/// Serial numbers of which one is part of the other contradict nothing.
fn serials_differ(wanted: &Profile, candidate: &Profile) -> bool {
    serial_keys(wanted, candidate).is_some() && by_serial(wanted, candidate).is_none()
}

fn serial_keys(wanted: &Profile, candidate: &Profile) -> Option<(String, String)> {
    let key = |profile: &Profile| profile.serial_number.as_deref().and_then(serial::key);
    key(wanted).zip(key(candidate))
}

fn by_mac(wanted: &Profile, candidate: &Profile) -> Option<Sign> {
    let keys = |profile: &Profile| {
        let mut keys: Vec<String> = profile.mac_addresses.iter().filter_map(|mac| mac::key(mac)).collect();
        keys.sort_unstable();
        keys
    };
    let (ours, theirs) = (keys(wanted), keys(candidate));
    if let Some(shared) = ours.iter().find(|mac| theirs.contains(mac)) {
        return Some(Sign { weight: 0.8, reason: format!("same MAC address {shared}") });
    }
    let near = ours.iter().find_map(|mac| {
        let neighbour = theirs.iter().find(|other| other[..MAC_PREFIX] == mac[..MAC_PREFIX])?;
        Some((mac, neighbour))
    });
    near.map(|(mac, other)| Sign {
        weight: 0.35,
        reason: format!("MAC addresses {mac} and {other} differ in the last two digits only"),
    })
}

fn by_name(wanted: &Profile, candidate: &Profile) -> Option<Sign> {
    let (one, other) = hostname::canonical(&wanted.hostname).zip(hostname::canonical(&candidate.hostname))?;
    if one == other {
        return Some(Sign { weight: 0.7, reason: format!("same host name {one}") });
    }
    let likeness = strsim::normalized_damerau_levenshtein(&one, &other);
    let is_cut =
        one.chars().count() >= 8 && other.starts_with(&one) || other.chars().count() >= 8 && one.starts_with(&other);
    if is_cut {
        return Some(Sign {
            weight: 0.5,
            reason: format!("one of the host names {one} and {other} begins with the other"),
        });
    }
    let edits = strsim::damerau_levenshtein(&one, &other);
    let letters = if edits == 1 { "letter" } else { "letters" };
    (likeness >= LEAST_LIKENESS).then(|| Sign {
        weight: 0.7 * (likeness - 0.4) / 0.6,
        reason: format!("host names {one} and {other} differ in {edits} {letters}"),
    })
}

fn by_user(wanted: &Profile, candidate: &Profile) -> Option<Sign> {
    let one = wanted.last_user.as_deref().and_then(account)?;
    let same = candidate.last_user.as_deref().and_then(account).is_some_and(|other| other == one);
    same.then(|| Sign { weight: 0.45, reason: format!("same last user {one}") })
}

/// The account of a user, without domain: `CORP\Ann`, `ann@corp.example` and `ann` are one. `None` for nobody and for the
/// names that every machine has.
pub fn account(user: &str) -> Option<String> {
    const ANYBODYS: [&str; 6] = ["administrator", "admin", "user", "guest", "system", "root"];
    let folded = fold(user);
    let name = folded.rsplit('\\').next().unwrap_or_default().split('@').next().unwrap_or_default().trim();
    (!name.is_empty() && !ANYBODYS.contains(&name)).then(|| name.to_owned())
}

fn by_address(wanted: &Profile, candidate: &Profile) -> Option<Sign> {
    let address = wanted.public_ip.as_deref().map(str::trim).filter(|address| !address.is_empty())?;
    let same = candidate.public_ip.as_deref().map(str::trim) == Some(address);
    same.then(|| Sign { weight: 0.2, reason: format!("same public IP address {address}") })
}

fn by_organization(wanted: &Profile, candidate: &Profile) -> Option<Sign> {
    let same = wanted.organization_id.is_some() && wanted.organization_id == candidate.organization_id;
    same.then(|| Sign { weight: 0.2, reason: "same organization".to_owned() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn profile(identity_id: i64, vendor: Vendor, hostname: &str) -> Profile {
        Profile {
            identity_id,
            vendor,
            organization_id: None,
            hostname: hostname.to_owned(),
            serial_number: None,
            mac_addresses: Vec::new(),
            last_user: None,
            public_ip: None,
            is_linked: false,
        }
    }

    fn ninja(identity_id: i64, hostname: &str) -> Profile {
        profile(identity_id, Vendor::Ninja, hostname)
    }

    fn wanted(hostname: &str) -> Profile {
        let at_home = Profile { organization_id: Some(5), ..profile(0, Vendor::ThreatLocker, hostname) };
        Profile { last_user: Some("CORP\\Ann".into()), public_ip: Some("203.0.113.7".into()), ..at_home }
    }

    fn ranked(wanted: &Profile, candidates: &[Profile]) -> Vec<i64> {
        suggest(wanted, candidates, 10).iter().map(|it| it.identity_id).collect()
    }

    #[test]
    fn the_more_alike_the_names_the_better() {
        let candidates =
            [ninja(1, "RECEPTION-9X"), ninja(2, "RECEPTION-02"), ninja(3, "RECEPTION-01"), ninja(4, "SRV")];
        assert_eq!(ranked(&wanted("reception-01.lan"), &candidates), [3, 2, 1]);
    }

    #[test]
    fn reasons_are_words_with_the_values() {
        let candidate = Profile {
            organization_id: Some(5),
            last_user: Some("ann@corp.example".into()),
            public_ip: Some("203.0.113.7".into()),
            ..ninja(1, "RECEPTION-02")
        };
        let [only] = suggest(&wanted("RECEPTION-01"), &[candidate], 5).try_into().unwrap();
        assert_eq!(
            only.reasons,
            [
                "host names reception-01 and reception-02 differ in 1 letter",
                "same last user ann",
                "same public IP address 203.0.113.7",
                "same organization",
            ]
        );
        assert!(only.score > 0.8 && only.score <= 1.0, "{}", only.score);
    }

    #[test]
    fn a_neighbour_is_no_suggestion() {
        let neighbour = Profile { organization_id: Some(5), ..ninja(1, "PRINTSERVER") };
        assert_eq!(ranked(&wanted("RECEPTION-01"), &[neighbour]), [0_i64; 0]);
    }

    #[test]
    fn a_part_of_the_serial_number_speaks_for_a_candidate_and_another_number_against_it() {
        let ours = Profile { serial_number: Some("PF2C-1234".into()), ..wanted("A-17") };
        let with =
            |identity_id, serial: &str| Profile { serial_number: Some(serial.into()), ..ninja(identity_id, "A-17") };
        let found = suggest(&ours, &[with(1, "9PF2C1234"), with(2, "XX99887"), with(3, "To Be Filled By O.E.M.")], 5);
        assert_eq!(found.iter().map(|it| it.identity_id).collect::<Vec<_>>(), [1, 3, 2]);
        assert!(found[0].reasons.contains(&"serial number pf2c1234 is part of 9pf2c1234".to_owned()));
        assert!(found[2].reasons.contains(&"their serial numbers differ".to_owned()));
    }

    #[test]
    fn adapters_of_one_series_speak_for_a_candidate() {
        let with = |profile, mac: &str| Profile { mac_addresses: vec![mac.to_owned()], ..profile };
        let ours = with(wanted("A"), "a4:bb:6d:12:34:56");
        let found = suggest(&ours, &[with(ninja(1, "B"), "A4BB6D123457"), with(ninja(2, "C"), "a4-bb-6d-12-34-56")], 5);
        assert_eq!(found.iter().map(|it| it.identity_id).collect::<Vec<_>>(), [2, 1]);
    }

    #[test]
    fn who_has_a_partner_already_comes_after_who_has_none() {
        let taken = Profile { is_linked: true, ..ninja(1, "RECEPTION-01") };
        let found = suggest(&wanted("RECEPTION-01"), &[taken, ninja(2, "RECEPTION-01")], 5);
        assert_eq!(found.iter().map(|it| it.identity_id).collect::<Vec<_>>(), [2, 1]);
        assert!(found[1].reasons.contains(&"it is linked to another record of ThreatLocker already".to_owned()));
    }

    #[test]
    fn users_are_compared_without_their_domain_and_nobodys_accounts_not_at_all() {
        for (user, expected) in [
            ("AZUREAD\\ANN", Some("ann")),
            ("ann@corp.example", Some("ann")),
            (" Ann ", Some("ann")),
            ("CORP\\Administrator", None),
            ("", None),
            ("CORP\\", None),
        ] {
            assert_eq!(account(user).as_deref(), expected, "{user:?}");
        }
    }

    fn anything() -> impl Strategy<Value = Profile> {
        let text = || proptest::sample::select(vec!["", "a", "pc-1", "pc-10", "Ünï-1", "accounting-srv-02", ".x"]);
        let parts = (0_i64..12, any::<bool>(), proptest::option::of(0_i64..3), text(), text(), text(), any::<bool>());
        parts.prop_map(|(identity_id, is_ninja, organization_id, name, serial, user, is_linked)| Profile {
            organization_id,
            serial_number: Some(serial.to_owned()),
            last_user: Some(user.to_owned()),
            public_ip: Some(user.to_owned()),
            is_linked,
            ..profile(identity_id, if is_ninja { Vendor::Ninja } else { Vendor::ThreatLocker }, name)
        })
    }

    proptest! {
        #[test]
        fn scores_lie_between_0_and_1_and_the_order_of_candidates_does_not_matter(
            wanted in anything(),
            (candidates, shuffled) in proptest::collection::btree_map(0_i64..20, anything(), 0..10)
                .prop_map(|map| map.into_iter().map(|(identity_id, it)| Profile { identity_id, ..it }).collect::<Vec<_>>())
                .prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
        ) {
            let found = suggest(&wanted, &candidates, 5);
            prop_assert_eq!(&found, &suggest(&wanted, &shuffled, 5));
            prop_assert!(found.len() <= 5 && found.iter().all(|it| (LEAST_SCORE..=1.0).contains(&it.score)));
            prop_assert!(found.iter().all(|it| !it.reasons.is_empty()));
            prop_assert!(found.is_sorted_by(|one, other| one.score >= other.score));
        }
    }
}
