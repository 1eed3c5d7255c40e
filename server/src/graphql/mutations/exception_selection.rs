//! Which exceptions are changed together.

use std::collections::HashSet;

use async_graphql::{ID, InputObject, OneofObject};

use super::user_error::{UserError, UserErrorCode};
use crate::{
    graphql::{
        errors::Fault,
        filters::condition,
        limits::GraphqlLimits,
        node_id::NodeId,
        queries::{ExceptionFilter, Standpoint},
    },
    inventory::{
        Inventory,
        exceptions::{Selection, Wanted},
    },
};

/// An exception as somebody saw it.
#[derive(Clone, Debug, InputObject)]
pub struct SeenExceptionInput {
    /// The exception.
    id: ID,
    /// Change it only if its `version` is still this one; null changes any.
    expected_version: Option<i32>,
}

/// All exceptions that match a filter.
#[derive(Clone, Debug, InputObject)]
pub struct MatchingExceptionsInput {
    /// Which; an empty filter is all there are.
    filter: ExceptionFilter,
    /// How many that are, as `totalCount` of the same filter told: with another number, nothing is changed.
    expected_count: i32,
}

/// Which exceptions: one of these.
#[derive(Clone, Debug, OneofObject)]
pub enum ExceptionSelectionInput {
    /// These, at most 1,000; one that is named twice is changed once.
    Ids(Vec<ID>),
    /// These, at most 1,000, each only as it was seen; none may be named twice.
    Seen(Vec<SeenExceptionInput>),
    /// All that match, however many they are.
    Matching(Box<MatchingExceptionsInput>),
}

impl ExceptionSelectionInput {
    /// What to select; the user's error is about the field that makes no sense, the fault about an id of another kind.
    pub(super) fn read(self, inventory: &Inventory) -> Result<Result<Selection, UserError>, Fault> {
        match self {
            Self::Ids(ids) => named(("ids", true), ids.into_iter().map(|id| (id, None))),
            Self::Seen(seen) => named(("seen", false), seen.into_iter().map(|one| (one.id, one.expected_version))),
            Self::Matching(matching) => matching.read(inventory),
        }
    }
}

impl MatchingExceptionsInput {
    fn read(&self, inventory: &Inventory) -> Result<Result<Selection, UserError>, Fault> {
        let condition = condition(Some(&self.filter), &Standpoint::now(inventory))?;
        Ok(match usize::try_from(self.expected_count) {
            Ok(expected) => Ok(Selection::Matching { condition, expected }),
            Err(_) => Err(bad("expectedCount", "a count is not negative").within(&["matching"])),
        }
        .map_err(|error| error.within(&["selection"])))
    }
}

fn named(
    (field, may_repeat): (&str, bool),
    ids: impl ExactSizeIterator<Item = (ID, Option<i32>)>,
) -> Result<Result<Selection, UserError>, Fault> {
    let refused = |message: &str| Ok(Err(bad(field, message).within(&["selection"])));
    if ids.len() > GraphqlLimits::MAX_VALUES {
        return refused("at most 1,000 exceptions are named; use a filter for more");
    }
    let (mut wanted, mut known) = (Vec::new(), HashSet::new());
    for (id, version) in ids {
        let id = NodeId::exception(&id)?;
        if known.insert(id) {
            wanted.push(Wanted { id, expected_version: version.map(i64::from) });
        } else if !may_repeat {
            return refused("an exception is named twice");
        }
    }
    Ok(Ok(Selection::Named(wanted)))
}

fn bad(field: &str, message: &str) -> UserError {
    UserError::about(field, UserErrorCode::BadInput, message)
}
