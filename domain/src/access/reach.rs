//! Which organizations somebody may see.

use std::collections::BTreeSet;

/// Which organizations somebody may see, by the ids of their rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All, and what belongs to none.
    Everything,
    /// These alone; an empty set is nothing at all, never everything.
    Organizations(BTreeSet<i64>),
}

impl Reach {
    /// Whether what belongs to this organization may be seen; `None` belongs to none.
    pub fn covers(&self, organization_id: Option<i64>) -> bool {
        match (self, organization_id) {
            (Self::Everything, _) => true,
            (Self::Organizations(seen), Some(id)) => seen.contains(&id),
            (Self::Organizations(_), None) => false,
        }
    }

    /// Whether anything is kept from them.
    pub const fn is_restricted(&self) -> bool {
        matches!(self, Self::Organizations(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reach_covers_what_it_names() {
        let two = Reach::Organizations(BTreeSet::from([1, 2]));
        let none = Reach::Organizations(BTreeSet::new());
        for (reach, organization_id, covered) in [
            (&Reach::Everything, Some(3), true),
            (&Reach::Everything, None, true),
            (&two, Some(1), true),
            (&two, Some(3), false),
            (&two, None, false),
            (&none, Some(1), false),
            (&none, None, false),
        ] {
            assert_eq!(reach.covers(organization_id), covered, "{reach:?} {organization_id:?}");
        }
        assert!(two.is_restricted() && none.is_restricted() && !Reach::Everything.is_restricted());
    }
}
