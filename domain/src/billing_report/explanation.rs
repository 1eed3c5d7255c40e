//! ThreatLocker's devices beside Ninja's endpoints, and what the open exceptions explain of the difference.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::checks::ExceptionType;

/// An exception that was open at the end of the month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenException {
    /// What kind of trouble.
    pub exception_type: ExceptionType,
    /// Whose it is: for one about a ThreatLocker device, ThreatLocker's client.
    pub organization_id: Option<i64>,
    /// The ThreatLocker device it is about.
    pub threatlocker: Option<i64>,
    /// The Ninja device it is about.
    pub ninja: Option<i64>,
    /// Of a SITE_MISMATCH, whether Ninja does not bill the device: then it is no endpoint wherever it is filed.
    pub unbilled: bool,
    /// Of a SITE_MISMATCH, the client that Ninja files the device under.
    pub ninja_organization_id: Option<i64>,
}

/// The open exceptions of one type, and by how many devices they make ThreatLocker's number differ from Ninja's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeShare {
    /// How many are the organization's. The other side of a SITE_MISMATCH has an effect here without being one.
    pub count: i64,
    /// Devices more at ThreatLocker; negative for devices more at Ninja.
    pub effect: i64,
    /// The type.
    #[serde(rename = "type")]
    pub exception_type: ExceptionType,
}

/// Counts and effects of one line, in the order of the types.
pub type Explanation = BTreeMap<ExceptionType, TypeShare>;

/// What makes ThreatLocker's number the greater one: a device counts once, for the first of these that it has.
const SURPLUS: [ExceptionType; 4] = [
    ExceptionType::MissingNinja,
    ExceptionType::SpareMismatch,
    ExceptionType::SiteMismatch,
    ExceptionType::DuplicateTl,
];

/// Per organization what its open exceptions come to.
///
/// A ThreatLocker device that is linked to nothing, linked to a spare, filed under another client, or surplus, is one more
/// at ThreatLocker. An endpoint that ThreatLocker lacks, or has under another client, is one more at Ninja. The other
/// types do not change a number by themselves: a duplicate at Ninja or an ambiguous device shows as what is missing.
pub fn explain(open: &[OpenException]) -> BTreeMap<Option<i64>, Explanation> {
    let mut shares = Shares::default();
    for exception in open {
        shares.of(exception.organization_id, exception.exception_type).count += 1;
    }
    let mut counted = HashSet::new();
    for surplus in SURPLUS {
        for exception in open.iter().filter(|exception| exception.exception_type == surplus) {
            if exception.threatlocker.is_some_and(|device| counted.insert(device)) {
                shares.of(exception.organization_id, surplus).effect += 1;
            }
        }
    }
    let parked: HashSet<i64> = devices(open, ExceptionType::SpareMismatch).collect();
    let mut lacking = HashSet::new();
    for exception in open {
        let (line, device) = match exception.exception_type {
            ExceptionType::MissingTl => (exception.organization_id, exception.ninja),
            ExceptionType::SiteMismatch if !exception.unbilled => (exception.ninja_organization_id, exception.ninja),
            _ => continue,
        };
        // A spare is no endpoint wherever it is filed.
        if device.is_some_and(|device| !parked.contains(&device) && lacking.insert(device)) {
            shares.of(line, exception.exception_type).effect -= 1;
        }
    }
    shares.0
}

fn devices(open: &[OpenException], of_type: ExceptionType) -> impl Iterator<Item = i64> {
    open.iter().filter(move |exception| exception.exception_type == of_type).filter_map(|exception| exception.ninja)
}

#[derive(Default)]
struct Shares(BTreeMap<Option<i64>, Explanation>);

impl Shares {
    fn of(&mut self, line: Option<i64>, exception_type: ExceptionType) -> &mut TypeShare {
        let none = TypeShare { count: 0, effect: 0, exception_type };
        self.0.entry(line).or_default().entry(exception_type).or_insert(none)
    }
}

/// What remains of the difference when exceptions are taken out, and then what of the endpoints that are neither server
/// nor workstation can be the reason: ThreatLocker is not expected on those, but may be there.
pub(super) fn unexplained(threatlocker: i64, endpoints: i64, effect: i64, other_endpoints: i64) -> i64 {
    let remains = threatlocker - endpoints - effect;
    if remains < 0 { (remains + other_endpoints).min(0) } else { remains }
}
