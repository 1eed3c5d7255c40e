//! `and`, `or` and `not`, for every filter alike.

use sea_orm::{
    Condition,
    sea_query::{Query, SqliteQueryBuilder},
};

use crate::{
    graphql::{errors::Fault, limits::GraphqlLimits},
    inventory::Reference,
};

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

/// A list's filter, read in a context: the ids of codes at least.
pub(in crate::graphql) trait Filter<C = Reference>: Sized {
    /// What its own fields ask, all of them together; nothing asked is always true.
    fn fields(&self, context: &C) -> Result<Condition, Fault>;

    /// The filters in its `and`, `or` and `not`.
    fn joined(&self) -> Joined<'_, Self>;
}

/// The condition of a whole filter; no filter is always true.
pub(in crate::graphql) fn condition<C, F: Filter<C>>(filter: Option<&F>, context: &C) -> Result<Condition, Fault> {
    filter.map_or(Ok(Condition::all()), |filter| whole(filter, &|one: &F| one.fields(context)))
}

fn whole<C, F: Filter<C>>(filter: &F, fields: &impl Fn(&F) -> Result<Condition, Fault>) -> Result<Condition, Fault> {
    let mut left = Left { filters: MAX_FILTERS, values: GraphqlLimits::MAX_FILTER_VALUES };
    inside(filter, fields, (MAX_DEPTH, &mut left))
}

/// What a tree may still hold.
struct Left {
    filters: usize,
    values: usize,
}

impl Left {
    fn take(&mut self, fields: &Condition) -> Result<(), Fault> {
        let max = GraphqlLimits::MAX_FILTER_VALUES;
        self.filters = self.filters.checked_sub(1).ok_or_else(|| too_large("holds", MAX_FILTERS, "filters"))?;
        let taken = self.values.checked_sub(bound_values(fields));
        self.values = taken.ok_or_else(|| too_large("holds", max, "values in its lists"))?;
        Ok(())
    }
}

/// How many values a statement with this condition binds: a database takes so many and no more.
fn bound_values(condition: &Condition) -> usize {
    let (_, values) = Query::select().cond_where(condition.clone()).build(SqliteQueryBuilder);
    values.0.len()
}

fn inside<C, F: Filter<C>>(
    filter: &F,
    fields: &impl Fn(&F) -> Result<Condition, Fault>,
    (depth, left): (usize, &mut Left),
) -> Result<Condition, Fault> {
    let depth = depth.checked_sub(1).ok_or_else(|| too_large("nests", MAX_DEPTH, "levels"))?;
    let own = fields(filter)?;
    left.take(&own)?;
    let joined = filter.joined();
    let mut all = Condition::all().add(own);
    for one in joined.and.unwrap_or_default() {
        all = all.add(inside(one, fields, (depth, left))?);
    }
    if let Some(alternatives) = joined.or {
        // An empty `or` is false, because none of its filters holds; an empty `and` is true.
        let mut any = Condition::any();
        for one in alternatives {
            any = any.add(inside(one, fields, (depth, left))?);
        }
        all = all.add(any);
    }
    if let Some(refused) = joined.not {
        all = all.add(inside(refused, fields, (depth, left))?.not());
    }
    Ok(all)
}

fn too_large(verb: &str, limit: usize, what: &str) -> Fault {
    Fault::BadUserInput(format!("a filter {verb} more than {limit} {what}"))
}

#[cfg(test)]
mod tests {
    use sea_orm::sea_query::{Expr, ExprTrait};

    use super::*;

    #[derive(Clone, Default)]
    struct Asked {
        number: Option<i32>,
        among: Vec<i32>,
        and: Option<Vec<Asked>>,
        or: Option<Vec<Asked>>,
        not: Option<Box<Asked>>,
    }

    impl Asked {
        fn condition(&self) -> Condition {
            let among = (!self.among.is_empty()).then(|| Expr::col("n").is_in(self.among.iter().copied()));
            Condition::all().add_option(self.number.map(|number| Expr::col("n").eq(number))).add_option(among)
        }
    }

    impl Filter for Asked {
        fn fields(&self, _: &Reference) -> Result<Condition, Fault> {
            Ok(self.condition())
        }

        fn joined(&self) -> Joined<'_, Self> {
            Joined { and: self.and.as_deref(), or: self.or.as_deref(), not: self.not.as_deref() }
        }
    }

    fn read(filter: &Asked) -> Result<Condition, Fault> {
        whole(filter, &|one: &Asked| Ok(one.condition()))
    }

    fn sql(filter: &Asked) -> String {
        let statement = Query::select().cond_where(read(filter).unwrap()).to_string(SqliteQueryBuilder);
        statement.replace("SELECT  WHERE ", "").replace("\"n\"", "n")
    }

    fn number(number: i32) -> Asked {
        Asked { number: Some(number), ..Asked::default() }
    }

    #[test]
    fn everything_in_one_filter_holds_together() {
        let filter = Asked {
            number: Some(1),
            among: Vec::new(),
            and: Some(vec![number(2), number(3)]),
            or: Some(vec![number(4), number(5)]),
            not: Some(Box::new(number(6))),
        };
        assert_eq!(sql(&filter), "n = 1 AND n = 2 AND n = 3 AND (n = 4 OR n = 5) AND (NOT n = 6)");
    }

    #[test]
    fn an_empty_and_is_true_and_an_empty_or_is_false() {
        assert_eq!(sql(&Asked { and: Some(Vec::new()), ..number(1) }), "n = 1");
        assert_eq!(sql(&Asked { or: Some(Vec::new()), ..number(1) }), "n = 1 AND FALSE");
        assert_eq!(sql(&Asked { not: Some(Box::default()), ..number(1) }), "n = 1 AND (NOT TRUE)");
    }

    #[test]
    fn a_filter_without_end_is_refused() {
        let wrapped = |filter| Asked { not: Some(Box::new(filter)), ..Asked::default() };
        let deep = (0..8).fold(number(1), |inside, _| wrapped(inside));
        assert!(matches!(read(&deep), Err(Fault::BadUserInput(_))));
        let wide = Asked { or: Some(vec![number(1); 200]), ..Asked::default() };
        assert!(matches!(read(&wide), Err(Fault::BadUserInput(_))));
    }

    #[test]
    fn values_are_counted_over_the_whole_tree() {
        let list = Asked { among: vec![7; 1000], ..Asked::default() };
        let of = |lists: usize| Asked { or: Some(vec![list.clone(); lists]), ..Asked::default() };
        assert!(read(&of(10)).is_ok());
        let refused = read(&Asked { number: Some(1), ..of(10) });
        assert!(matches!(refused, Err(Fault::BadUserInput(_))), "one value more");
        let apart = Asked { and: Some(vec![of(5)]), not: Some(Box::new(of(6))), ..Asked::default() };
        assert!(matches!(read(&apart), Err(Fault::BadUserInput(_))));
    }
}
