//! Which way lists go.

use async_graphql::Enum;

/// Which way a list is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
pub enum OrderDirection {
    /// From small to large, from A to Z, from old to new.
    #[default]
    Asc,
    /// From large to small, from Z to A, from new to old.
    Desc,
}

impl OrderDirection {
    /// The other one.
    pub(in crate::graphql) const fn reversed(self) -> Self {
        match self {
            Self::Asc => Self::Desc,
            Self::Desc => Self::Asc,
        }
    }
}
