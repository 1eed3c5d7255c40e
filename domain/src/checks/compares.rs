//! Which vendors a check needs, and for whose exceptions it then speaks.

use crate::vendor::Vendor;

/// The vendors that a check compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compares {
    /// These with each other: the check needs a complete snapshot of all of them, and speaks for every exception of its
    /// type.
    All(&'static [Vendor]),
    /// Each of these with itself: whichever has a complete snapshot is judged, and only the exceptions about its devices
    /// are spoken for.
    Each(&'static [Vendor]),
}

impl Compares {
    /// The vendors that are judged together, group by group.
    pub fn groups(self) -> impl Iterator<Item = &'static [Vendor]> {
        let (vendors, together) = match self {
            Self::All(vendors) => (vendors, vendors.len()),
            Self::Each(vendors) => (vendors, 1),
        };
        vendors.chunks(together.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_one_group_and_each_is_its_own() {
        let both = &[Vendor::Ninja, Vendor::ThreatLocker];
        assert_eq!(Compares::All(both).groups().collect::<Vec<_>>(), [&both[..]]);
        assert_eq!(Compares::Each(both).groups().collect::<Vec<_>>(), [&both[..1], &both[1..]]);
        assert_eq!(Compares::All(&[]).groups().count(), 0);
    }
}
