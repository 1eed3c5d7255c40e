//! What a check reports.

use std::{collections::BTreeSet, fmt::Write};

use serde_json::Value;

use crate::{
    checks::{ExceptionType, Sighting},
    hostname,
    vendor::Vendor,
};

/// Something wrong with one day's data.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The kind of trouble.
    pub exception_type: ExceptionType,
    /// The identity that the exception is about.
    pub subject: i64,
    /// The vendor of that identity.
    pub vendor: Vendor,
    /// Every identity that the fingerprint names, ascending.
    pub identities: Vec<i64>,
    /// The vendors of these.
    pub vendors: BTreeSet<Vendor>,
    /// The same text for the same trouble on every day: see [`fingerprint`].
    pub fingerprint: String,
    /// The subject's canonical host name; as received where nothing is left of it.
    pub hostname: String,
    /// The subject's organization.
    pub organization_id: Option<i64>,
    /// What a technician needs to know: an object, under the predecessor's key names where they still make sense.
    pub details: Value,
}

impl Finding {
    /// A finding about `subject`; the sightings that the fingerprint names are `concerned`.
    pub(super) fn new(
        exception_type: ExceptionType,
        subject: &Sighting,
        concerned: &[&Sighting],
        details: Value,
    ) -> Self {
        let mut identities: Vec<_> = concerned.iter().map(|sighting| sighting.identity_id).collect();
        identities.sort_unstable();
        Self {
            exception_type,
            subject: subject.identity_id,
            vendor: subject.vendor,
            identities,
            vendors: concerned.iter().map(|sighting| sighting.vendor).collect(),
            fingerprint: fingerprint(exception_type, concerned),
            hostname: hostname::canonical(&subject.hostname).unwrap_or_else(|| subject.hostname.trim().to_owned()),
            organization_id: subject.organization.as_ref().map(|organization| organization.id),
            details,
        }
    }
}

/// `TYPE:vendor/key+vendor/key`, sorted: the type and the device identities concerned, by the vendors' own ids, so that it
/// outlives renames and moves. The signs between the parts are escaped inside keys (`%2B`), so that two different sets
/// never share a fingerprint.
pub fn fingerprint(exception_type: ExceptionType, concerned: &[&Sighting]) -> String {
    let part = |sighting: &&Sighting| format!("{}/{}", sighting.vendor.slug(), escaped(&sighting.vendor_device_key));
    let mut parts: Vec<_> = concerned.iter().map(part).collect();
    parts.sort_unstable();
    format!("{}:{}", exception_type.code(), parts.join("+"))
}

fn escaped(key: &str) -> String {
    key.chars().fold(String::with_capacity(key.len()), |mut escaped, character| {
        match character {
            '%' | '+' | '/' | ':' => {
                // Writing to a `String` can't fail.
                let _ = write!(escaped, "%{:02X}", u32::from(character));
            }
            plain => escaped.push(plain),
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::checks::fixtures::{ninja, threatlocker};

    fn of_keys(keys: &[(bool, String)]) -> String {
        let sightings: Vec<_> = keys
            .iter()
            .map(|(is_ninja, key)| {
                let sighting = if *is_ninja { ninja(1, "x") } else { threatlocker(1, "x") };
                Sighting { vendor_device_key: key.clone(), ..sighting }
            })
            .collect();
        fingerprint(ExceptionType::SiteMismatch, &sightings.iter().collect::<Vec<_>>())
    }

    #[test]
    fn a_fingerprint_is_readable_and_sorted() {
        let (one, other) = (threatlocker(2, "x"), ninja(1, "x"));
        let expected = "SITE_MISMATCH:ninja/n1+threatlocker/t2";
        assert_eq!(fingerprint(ExceptionType::SiteMismatch, &[&one, &other]), expected);
        assert_eq!(fingerprint(ExceptionType::SiteMismatch, &[&other, &one]), expected);
    }

    #[test]
    fn signs_inside_keys_do_not_make_two_sets_one() {
        let one_key = [(true, "1+threatlocker/2".to_owned())];
        let two_keys = [(true, "1".to_owned()), (false, "2".to_owned())];
        assert_eq!(of_keys(&one_key), "SITE_MISMATCH:ninja/1%2Bthreatlocker%2F2");
        assert_ne!(of_keys(&one_key), of_keys(&two_keys));
        assert_ne!(of_keys(&[(true, "1+2".to_owned())]), of_keys(&[(true, "1%2B2".to_owned())]));
    }

    proptest! {
        #[test]
        fn different_sets_have_different_fingerprints(
            one in proptest::collection::btree_set((any::<bool>(), "[a%+/:2BF]{0,4}"), 1..4),
            other in proptest::collection::btree_set((any::<bool>(), "[a%+/:2BF]{0,4}"), 1..4),
        ) {
            let (same_set, same_text) =
                (one == other, of_keys(&one.into_iter().collect::<Vec<_>>()) == of_keys(&other.into_iter().collect::<Vec<_>>()));
            prop_assert_eq!(same_set, same_text);
        }
    }
}
