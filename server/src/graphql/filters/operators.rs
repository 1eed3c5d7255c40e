//! What can be asked of one field, by the kind of the field. Operators of one filter hold together.

use async_graphql::{ID, InputObject};
use sea_orm::{ColumnTrait, Condition, Value, sea_query::Expr};

use crate::graphql::{
    errors::Fault,
    limits::GraphqlLimits,
    node_id::NodeId,
    types::scalars::{Date, DateTime},
};

/// Asks about a day. Operators that are null are not asked.
#[derive(Clone, Debug, Default, InputObject)]
pub struct DateFilter {
    /// Is this day.
    eq: Option<Date>,
    /// Is one of these days, at most 1000; an empty list matches nothing.
    r#in: Option<Vec<Date>>,
    /// Is this day or a later one.
    gte: Option<Date>,
    /// Is this day or an earlier one.
    lte: Option<Date>,
    /// Whether there is no day at all; no other operator matches a missing day.
    is_null: Option<bool>,
}

impl DateFilter {
    pub(in crate::graphql) fn on(&self, column: impl ColumnTrait) -> Result<Condition, Fault> {
        in_order(self.gte, self.lte)?;
        let among = self.r#in.as_deref().map(bounded).transpose()?;
        let asked = Condition::all()
            .add_option(self.eq.map(|day| column.eq(day.0)))
            .add_option(among.map(|days| one_of(column, days.iter().map(|day| day.0))))
            .add_option(self.gte.map(|day| column.gte(day.0)))
            .add_option(self.lte.map(|day| column.lte(day.0)));
        Ok(with_null(column, asked, self.is_null))
    }
}

/// Asks about an instant. Operators that are null are not asked.
#[derive(Clone, Debug, Default, InputObject)]
pub struct DateTimeFilter {
    /// Is this instant.
    eq: Option<DateTime>,
    /// Is this instant or a later one.
    gte: Option<DateTime>,
    /// Is this instant or an earlier one.
    lte: Option<DateTime>,
    /// Whether there is no instant at all; no other operator matches a missing instant.
    is_null: Option<bool>,
}

impl DateTimeFilter {
    pub(in crate::graphql) fn on(&self, column: impl ColumnTrait) -> Result<Condition, Fault> {
        in_order(self.gte, self.lte)?;
        let asked = Condition::all()
            .add_option(self.eq.map(|instant| column.eq(instant.0)))
            .add_option(self.gte.map(|instant| column.gte(instant.0)))
            .add_option(self.lte.map(|instant| column.lte(instant.0)));
        Ok(with_null(column, asked, self.is_null))
    }
}

/// Asks which object a field names, by id. Operators that are null are not asked.
#[derive(Clone, Debug, Default, InputObject)]
pub struct IdFilter {
    /// Is the object with this id.
    eq: Option<ID>,
    /// Is one of the objects with these ids, at most 1000; an empty list matches nothing.
    r#in: Option<Vec<ID>>,
    /// Whether the field names no object; no other operator matches then.
    is_null: Option<bool>,
}

impl IdFilter {
    /// The keys that are asked for, read by this function; `None` when no key is asked for.
    pub(in crate::graphql) fn keys<K: PartialEq>(
        &self,
        decode: fn(&ID) -> Result<K, Fault>,
    ) -> Result<Option<Vec<K>>, Fault> {
        let eq = self.eq.as_ref().map(decode).transpose()?;
        let among = self.r#in.as_deref().map(bounded).transpose()?;
        let among = among.map(|ids| ids.iter().map(decode).collect::<Result<Vec<_>, _>>()).transpose()?;
        Ok(both(eq, among))
    }

    pub(in crate::graphql) fn on<K: Into<Value> + PartialEq>(
        &self,
        column: impl ColumnTrait,
        decode: fn(&ID) -> Result<K, Fault>,
    ) -> Result<Condition, Fault> {
        let asked = self.keys(decode)?.map(|keys| one_of(column, keys));
        Ok(with_null(column, Condition::all().add_option(asked), self.is_null))
    }

    pub(in crate::graphql) fn on_organization(&self, column: impl ColumnTrait) -> Result<Condition, Fault> {
        self.on(column, NodeId::organization)
    }

    /// Whether only rows without an object, or only rows with one, are asked for.
    pub(in crate::graphql) fn wants_null(&self) -> Option<bool> {
        self.is_null
    }
}

/// What `eq` and `in` allow together; `None` when neither is asked.
pub(in crate::graphql) fn both<T: PartialEq>(eq: Option<T>, among: Option<Vec<T>>) -> Option<Vec<T>> {
    match (eq, among) {
        (Some(one), Some(values)) => Some(values.into_iter().filter(|value| *value == one).take(1).collect()),
        (Some(one), None) => Some(vec![one]),
        (None, among) => among,
    }
}

/// The column has one of these values; no value is false, also for a row without one, so that `not` turns it round.
pub(in crate::graphql) fn one_of<V: Into<Value>>(
    column: impl ColumnTrait,
    values: impl IntoIterator<Item = V>,
) -> Expr {
    let mut values: Vec<Value> = values.into_iter().map(Into::into).collect();
    match (values.pop(), values.is_empty()) {
        (None, _) => never(),
        (Some(only), true) => column.eq(only),
        (Some(last), false) => column.is_in(values.into_iter().chain([last])),
    }
}

/// Makes a condition false, and not unknown, for a row whose column is null, so that `not` finds that row.
pub(super) fn with_null(column: impl ColumnTrait, asked: Condition, is_null: Option<bool>) -> Condition {
    let needs_value = !asked.is_empty() && column.def().is_null();
    let asked = asked.add_option(needs_value.then(|| column.is_not_null()));
    asked.add_option(is_null.map(|is_null| if is_null { column.is_null() } else { column.is_not_null() }))
}

/// Refuses a range that ends before it begins: nobody means that, and an empty answer would hide the slip.
pub(super) fn in_order<T: PartialOrd>(gte: Option<T>, lte: Option<T>) -> Result<(), Fault> {
    let is_reversed = matches!((gte, lte), (Some(from), Some(to)) if from > to);
    let message = "a filter's `gte` is after its `lte`: the range is reversed";
    if is_reversed { Err(Fault::BadUserInput(message.to_owned())) } else { Ok(()) }
}

pub(in crate::graphql) fn bounded<T>(values: &[T]) -> Result<&[T], Fault> {
    let max = GraphqlLimits::MAX_VALUES;
    let message = || Fault::BadUserInput(format!("an `in` list has {} values, and may have {max}", values.len()));
    (values.len() <= max).then_some(values).ok_or_else(message)
}

/// False for every row.
pub(super) fn never() -> Expr {
    Expr::cust("1 = 0")
}

#[cfg(test)]
mod tests {
    use entity::{device, exception};
    use sea_orm::{DatabaseBackend, EntityTrait, QueryFilter, QueryTrait};

    use super::*;

    fn sql(condition: Condition) -> String {
        let text = device::Entity::find().filter(condition).build(DatabaseBackend::Sqlite).to_string();
        text.split_once(" WHERE ").map(|(_, asked)| asked.replace("\"device\".", "")).unwrap_or_default()
    }

    #[test]
    fn a_missing_value_is_no_match_and_is_found_by_not() {
        let id = |number| NodeId::Organization(number).encode();
        let filter = IdFilter { eq: Some(id(5)), ..IdFilter::default() };
        let asked = filter.on_organization(device::Column::OrganizationId).unwrap();
        assert_eq!(sql(asked.not()), r#"NOT ("organization_id" = 5 AND "organization_id" IS NOT NULL)"#);
        let none = IdFilter { is_null: Some(true), ..IdFilter::default() };
        assert_eq!(sql(none.on_organization(device::Column::OrganizationId).unwrap()), r#""organization_id" IS NULL"#);
    }

    #[test]
    fn operators_of_one_filter_hold_together() {
        let id = |number| NodeId::Organization(number).encode();
        let keys = |eq, among: Option<Vec<ID>>| {
            IdFilter { eq, r#in: among, is_null: None }.keys(NodeId::organization).unwrap()
        };
        assert_eq!(keys(None, None), None);
        assert_eq!(keys(Some(id(1)), Some(vec![id(1), id(2)])), Some(vec![1]));
        assert_eq!(keys(Some(id(3)), Some(vec![id(1), id(2)])), Some(vec![]));
        let day = |text: &str| Some(Date(text.parse().unwrap()));
        let filter = DateFilter { gte: day("2026-03-01"), lte: day("2026-03-31"), ..DateFilter::default() };
        assert_eq!(
            sql(filter.on(device::Column::LastSeenDate).unwrap()),
            r#""last_seen_date" >= '2026-03-01' AND "last_seen_date" <= '2026-03-31'"#
        );
        assert!(
            filter.on(exception::Column::ResolvedDate).unwrap().len() > 2,
            "a nullable column is asked for a value"
        );
    }
}
