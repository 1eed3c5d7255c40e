//! What a change of one device is to the organizations that it changes the bill of.

use std::{collections::HashSet, hash::BuildHasher};

use chrono::NaiveDate;
use serde::{Serialize, Serializer};

use crate::{billing::Billing, billing_report::Units, device_type::DeviceType};

/// A device on one stored day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Where it is; `None` in no organization.
    pub organization_id: Option<i64>,
    /// Its billing; `None` when nobody said.
    pub billing: Option<Billing>,
    /// Its type; `None` when nobody said.
    pub device_type: Option<DeviceType>,
}

/// How a device was on the stored day before, and is on this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The stored day that shows it.
    pub day: NaiveDate,
    /// The device.
    pub identity_id: i64,
    /// `None` when it was not there.
    pub before: Option<Standing>,
    /// `None` when it is not there.
    pub after: Option<Standing>,
}

/// Why a line has more or fewer endpoints or seats. The first that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ChangeKind {
    /// The device was not there.
    Came,
    /// The device is not there any more.
    Left,
    /// It was in another organization.
    MovedIn,
    /// It is in another organization.
    MovedOut,
    /// It was spare or unknown.
    BecameBillable,
    /// It is spare or unknown.
    BecameUnbilled,
    /// It is of another type: a seat, or no seat any more.
    TypeChanged,
}

impl ChangeKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Came,
        Self::Left,
        Self::MovedIn,
        Self::MovedOut,
        Self::BecameBillable,
        Self::BecameUnbilled,
        Self::TypeChanged,
    ];

    /// How a closed month writes it, for ever.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Came => "CAME",
            Self::Left => "LEFT",
            Self::MovedIn => "MOVED_IN",
            Self::MovedOut => "MOVED_OUT",
            Self::BecameBillable => "BECAME_BILLABLE",
            Self::BecameUnbilled => "BECAME_UNBILLED",
            Self::TypeChanged => "TYPE_CHANGED",
        }
    }

    /// The kind of a code; `None` for a text that is none.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

impl Serialize for ChangeKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

/// A device that changed the endpoints or seats of one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineChange {
    /// The stored day that shows it.
    pub day: NaiveDate,
    /// The device.
    pub identity_id: i64,
    /// Whose line; `None` is that of no organization.
    pub organization_id: Option<i64>,
    /// Why.
    pub kind: ChangeKind,
    /// By how much: 1, 0 or -1 of each.
    pub units: Units,
}

/// A change of a line, with the names that people know the device and its organization by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BilledChange {
    /// What changed.
    pub change: LineChange,
    /// The host name on that day; on the day before for a device that left.
    pub hostname: String,
    /// Ninja's own id of the device.
    pub vendor_device_key: String,
    /// The name of the organization when the report was made; `None` for the devices in none.
    pub organization_name: Option<String>,
}

/// What a transition changes, at most one change per line, the line it left first. Internal organizations have no line.
pub fn line_changes<S: BuildHasher>(transition: &Transition, internal: &HashSet<i64, S>) -> Vec<LineChange> {
    let units = |standing: Standing| {
        let is_internal = standing.organization_id.is_some_and(|id| internal.contains(&id));
        Units::of_device(standing.billing, standing.device_type, is_internal)
    };
    let change = |organization_id, kind, units| {
        let Transition { day, identity_id, .. } = *transition;
        LineChange { day, identity_id, organization_id, kind, units }
    };
    let changes = match (transition.before, transition.after) {
        (None, None) => Vec::new(),
        (None, Some(after)) => vec![change(after.organization_id, ChangeKind::Came, units(after))],
        (Some(before), None) => vec![change(before.organization_id, ChangeKind::Left, -units(before))],
        (Some(before), Some(after)) if before.organization_id != after.organization_id => vec![
            change(before.organization_id, ChangeKind::MovedOut, -units(before)),
            change(after.organization_id, ChangeKind::MovedIn, units(after)),
        ],
        (Some(before), Some(after)) => {
            let difference = units(after) - units(before);
            let kind = match difference.endpoints {
                0 => ChangeKind::TypeChanged,
                more if more > 0 => ChangeKind::BecameBillable,
                _ => ChangeKind::BecameUnbilled,
            };
            vec![change(after.organization_id, kind, difference)]
        }
    };
    changes.into_iter().filter(|change| !change.units.is_zero()).collect()
}
