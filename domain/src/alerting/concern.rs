//! What a trouble is about.

use crate::{
    checks::{ExceptionType, Severity},
    vendor::Vendor,
};

/// A kind of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AlertKind {
    /// The day's last collection of the vendor failed.
    CollectionFailed,
    /// The day's last collection of the vendor was partial.
    CollectionPartial,
    /// The day's last collection of the vendor waits for a person.
    CollectionHeld,
    /// The vendor has no complete snapshot of the day, and no collection that says why.
    SnapshotMissing,
    /// The vendor's complete snapshot is far from the size of its last ones.
    SizeImplausible,
    /// The vendor's collection could not read too many records.
    SetAside,
    /// The checks of the day failed, were skipped, or never ran.
    ChecksSkipped,
    /// An exception type has more open exceptions than usual.
    ExceptionsJumped,
}

impl AlertKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::CollectionFailed,
        Self::CollectionPartial,
        Self::CollectionHeld,
        Self::SnapshotMissing,
        Self::SizeImplausible,
        Self::SetAside,
        Self::ChecksSkipped,
        Self::ExceptionsJumped,
    ];

    /// The kinds of which a vendor's day has one at most: one that takes another's place is no return to normal.
    pub const OF_A_DAY: [Self; 4] =
        [Self::CollectionFailed, Self::CollectionPartial, Self::CollectionHeld, Self::SnapshotMissing];

    /// The code that is stored and sent.
    pub const fn code(self) -> &'static str {
        match self {
            Self::CollectionFailed => "collection_failed",
            Self::CollectionPartial => "collection_partial",
            Self::CollectionHeld => "collection_held",
            Self::SnapshotMissing => "snapshot_missing",
            Self::SizeImplausible => "size_implausible",
            Self::SetAside => "set_aside",
            Self::ChecksSkipped => "checks_skipped",
            Self::ExceptionsJumped => "exceptions_jumped",
        }
    }

    /// The kind of a stored code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// How bad it is.
    pub const fn severity(self) -> Severity {
        match self {
            Self::CollectionFailed | Self::SnapshotMissing => Severity::High,
            Self::CollectionPartial
            | Self::CollectionHeld
            | Self::SizeImplausible
            | Self::ChecksSkipped
            | Self::ExceptionsJumped => Severity::Medium,
            Self::SetAside => Severity::Low,
        }
    }
}

/// With what there is trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// A vendor.
    Vendor(Vendor),
    /// The checks.
    Checks,
    /// The open exceptions of a type.
    ExceptionType(ExceptionType),
}

impl Subject {
    /// The code that is stored and sent: the vendor's word, `checks`, or the type's code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Vendor(vendor) => vendor.slug(),
            Self::Checks => "checks",
            Self::ExceptionType(exception_type) => exception_type.code(),
        }
    }

    /// The subject of a stored code.
    pub fn from_code(code: &str) -> Option<Self> {
        if code == Self::Checks.code() {
            return Some(Self::Checks);
        }
        let vendor = Vendor::ALL.into_iter().find(|vendor| vendor.slug() == code).map(Self::Vendor);
        vendor.or_else(|| ExceptionType::from_code(code).map(Self::ExceptionType))
    }

    /// The vendor, where it is one.
    pub const fn vendor(self) -> Option<Vendor> {
        match self {
            Self::Vendor(vendor) => Some(vendor),
            Self::Checks | Self::ExceptionType(_) => None,
        }
    }
}

/// A kind of trouble with something: of each there is one open alert at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Concern {
    /// The kind.
    pub kind: AlertKind,
    /// With what.
    pub subject: Subject,
}

impl Concern {
    /// Of this kind with this.
    pub const fn new(kind: AlertKind, subject: Subject) -> Self {
        Self { kind, subject }
    }

    /// Whether both are about one vendor's day, of which only one can hold.
    pub fn excludes(self, other: Self) -> bool {
        let of_a_day = |kind| AlertKind::OF_A_DAY.contains(&kind);
        self != other && self.subject == other.subject && of_a_day(self.kind) && of_a_day(other.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_come_back_as_they_were() {
        for kind in AlertKind::ALL {
            assert_eq!(AlertKind::from_code(kind.code()), Some(kind));
        }
        let types = ExceptionType::ALL.map(Subject::ExceptionType);
        for subject in Vendor::ALL.map(Subject::Vendor).into_iter().chain(types).chain([Subject::Checks]) {
            assert_eq!(Subject::from_code(subject.code()), Some(subject));
        }
        assert_eq!((AlertKind::from_code("none"), Subject::from_code("none")), (None, None));
    }

    #[test]
    fn only_troubles_of_one_vendors_day_exclude_each_other() {
        let of = |kind, vendor| Concern::new(kind, Subject::Vendor(vendor));
        let failed = of(AlertKind::CollectionFailed, Vendor::Ninja);
        assert!(failed.excludes(of(AlertKind::SnapshotMissing, Vendor::Ninja)));
        assert!(!failed.excludes(failed));
        assert!(!failed.excludes(of(AlertKind::SnapshotMissing, Vendor::ThreatLocker)));
        assert!(!failed.excludes(of(AlertKind::SetAside, Vendor::Ninja)));
    }
}
