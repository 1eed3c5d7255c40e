//! `and`, `or` and `not`, for every filter alike.

use sea_orm::Condition;

use crate::{graphql::errors::Fault, inventory::Reference};

/// Filters inside filters.
const MAX_DEPTH: usize = 8;
/// Filters in one tree.
const MAX_FILTERS: usize = 200;

/// The filters that a filter holds.
pub(in crate::graphql) struct Joined<'a, F> {
    pub(in crate::graphql) and: Option<&'a [F]>,
    pub(in crate::graphql) or: Option<&'a [F]>,
    pub(in crate::graphql) not: Option<&'a F>,
}

/// A list's filter.
pub(in crate::graphql) trait Filter: Sized {
    /// What its own fields ask, all of them together; nothing asked is always true.
    fn fields(&self, reference: &Reference) -> Result<Condition, Fault>;

    /// The filters in its `and`, `or` and `not`.
    fn joined(&self) -> Joined<'_, Self>;
}

/// The condition of a whole filter; no filter is always true.
pub(in crate::graphql) fn condition<F: Filter>(filter: Option<&F>, reference: &Reference) -> Result<Condition, Fault> {
    let mut left = MAX_FILTERS;
    filter.map_or(Ok(Condition::all()), |filter| inside(filter, reference, (MAX_DEPTH, &mut left)))
}

fn inside<F: Filter>(
    filter: &F,
    reference: &Reference,
    (depth, left): (usize, &mut usize),
) -> Result<Condition, Fault> {
    let depth = depth.checked_sub(1).ok_or_else(|| too_large("nests", MAX_DEPTH, "levels"))?;
    *left = left.checked_sub(1).ok_or_else(|| too_large("holds", MAX_FILTERS, "filters"))?;
    let joined = filter.joined();
    let mut whole = Condition::all().add(filter.fields(reference)?);
    for one in joined.and.unwrap_or_default() {
        whole = whole.add(inside(one, reference, (depth, left))?);
    }
    if let Some(alternatives) = joined.or {
        // An empty `or` is false, because none of its filters holds; an empty `and` is true.
        let mut any = Condition::any();
        for one in alternatives {
            any = any.add(inside(one, reference, (depth, left))?);
        }
        whole = whole.add(any);
    }
    if let Some(refused) = joined.not {
        whole = whole.add(inside(refused, reference, (depth, left))?.not());
    }
    Ok(whole)
}

fn too_large(verb: &str, limit: usize, what: &str) -> Fault {
    Fault::BadUserInput(format!("a filter {verb} more than {limit} {what}"))
}
