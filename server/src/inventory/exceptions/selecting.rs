//! Which exceptions a person changes.

use std::collections::HashMap;

use entity::exception::{Column, Entity};
use sea_orm::{ColumnTrait, Condition, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

/// One exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its id.
    pub id: i64,
    /// The version that the person saw; `None` is whatever it is now.
    pub expected_version: Option<i64>,
}

/// Which exceptions a person changes.
#[derive(Clone, Debug)]
pub enum Selection {
    /// These, each named once, at most 1,000.
    Named(Vec<Wanted>),
    /// All that fit.
    Matching {
        /// What is asked of rows of `exceptions`.
        condition: Condition,
        /// How many the person expects: with another number, nothing is changed.
        expected: usize,
    },
}

impl Selection {
    /// Locks the rows, always in the order of their ids, so that two who change many never wait for each other in a
    /// circle; answers the ids. The condition is asked again of a row that somebody else was changing.
    pub(super) async fn lock(&self, transaction: &DatabaseTransaction) -> Result<Vec<i64>, DbErr> {
        let condition = match self {
            Self::Named(wanted) => Condition::all().add(Column::Id.is_in(wanted.iter().map(|one| one.id))),
            Self::Matching { condition, .. } => condition.clone(),
        };
        let ids = Entity::find().select_only().column(Column::Id).filter(condition).order_by_asc(Column::Id);
        ids.lock_exclusive().into_tuple().all(transaction).await
    }

    /// Whether so many is what the person expects.
    pub(super) fn expects(&self, found: usize) -> bool {
        match self {
            Self::Named(_) => true,
            Self::Matching { expected, .. } => found == *expected,
        }
    }

    /// The versions that the person saw.
    pub(super) fn versions(&self) -> HashMap<i64, i64> {
        match self {
            Self::Named(wanted) => {
                wanted.iter().filter_map(|one| one.expected_version.map(|version| (one.id, version))).collect()
            }
            Self::Matching { .. } => HashMap::new(),
        }
    }
}
