//! What can be asked of one field, by the kind of the field. Operators of one filter hold together.

use async_graphql::{Enum, ID, InputObject};
use sea_orm::{
    ColumnTrait, Condition, Value,
    sea_query::{Expr, LikeExpr},
};

use crate::graphql::{
    errors::Fault,
    limits::GraphqlLimits,
    node_id::NodeId,
    types::scalars::{Date, DateTime},
};

/// Which way a list is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
pub enum OrderDirection {
    /// From small to large, from A to Z, from old to new.
    #[default]
    Asc,
    /// From large to small, from Z to A, from new to old.
    Desc,
}

/// Asks about a name. Letter case does not count, and a host name counts up to its first `|` or `.` only. Operators that
/// are null are not asked.
#[derive(Clone, Debug, Default, InputObject)]
pub struct StringFilter {
    /// Is this name. A longer form of a host name (`RECEPTION-PC.corp.example`) finds the same devices.
    eq: Option<String>,
    /// Is one of these names, at most 1000; an empty list matches nothing.
    r#in: Option<Vec<String>>,
    /// Contains this text. Characters such as `%` and `_` mean themselves.
    contains: Option<String>,
    /// Starts with this text. Characters such as `%` and `_` mean themselves.
    starts_with: Option<String>,
}

/// Which names a column holds, in their canonical form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::graphql) enum Names {
    Hosts,
    Organizations,
}

impl Names {
    /// The name as the column has it; `None` when nothing is left, and nothing matches.
    fn whole(self, name: &str) -> Option<String> {
        match self {
            Self::Hosts => domain::hostname::canonical(name),
            Self::Organizations => domain::organization::canonical(name),
        }
    }

    /// A part of a name. Canonical host names have no `|` and no `.`, so that a part with one is in none of them, and is
    /// not cut there.
    fn part(self, part: &str) -> Option<String> {
        let is_possible = self == Self::Organizations || !part.contains(['.', '|']);
        self.whole(part).filter(|_| is_possible)
    }
}

impl StringFilter {
    pub(in crate::graphql) fn on(&self, column: impl ColumnTrait, names: Names) -> Result<Condition, Fault> {
        let equal = self.eq.as_deref().map(|name| one_of(column, names.whole(name)));
        let among = self.r#in.as_deref().map(bounded).transpose()?;
        let among = among.map(|all| one_of(column, all.iter().filter_map(|name| names.whole(name))));
        let like = |part: &Option<String>, open: &str| {
            part.as_deref().map(|part| match names.part(part) {
                Some(part) => column.like(LikeExpr::new(format!("{open}{}%", escaped(&part))).escape('!')),
                None => never(),
            })
        };
        let (contains, starts_with) = (like(&self.contains, "%"), like(&self.starts_with, ""));
        Ok(Condition::all().add_option(equal).add_option(among).add_option(contains).add_option(starts_with))
    }
}

/// A text for LIKE in which every character means itself. `!` escapes: a backslash would itself need escaping.
fn escaped(text: &str) -> String {
    let escape = |mut escaped: String, character| {
        if matches!(character, '%' | '_' | '!') {
            escaped.push('!');
        }
        escaped.push(character);
        escaped
    };
    text.chars().fold(String::new(), escape)
}

fn never() -> Expr {
    Expr::cust("1 = 0")
}

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
    pub(in crate::graphql) fn on(&self, column: impl ColumnTrait) -> Condition {
        let asked = Condition::all()
            .add_option(self.eq.map(|instant| column.eq(instant.0)))
            .add_option(self.gte.map(|instant| column.gte(instant.0)))
            .add_option(self.lte.map(|instant| column.lte(instant.0)));
        with_null(column, asked, self.is_null)
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

/// A filter on a field that always has one of an enum's values.
macro_rules! enum_filter {
    ($(#[$doc:meta])* $name:ident of $value:ty) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, InputObject)]
        pub struct $name {
            /// Is this value.
            eq: Option<$value>,
            /// Is one of these values; an empty list matches nothing.
            r#in: Option<Vec<$value>>,
        }

        impl $name {
            /// The values that are asked for; `None` when none is.
            pub(in crate::graphql) fn values(&self) -> Option<Vec<$value>> {
                both(self.eq, self.r#in.clone())
            }
        }
    };
}

/// The same where the value can be missing.
macro_rules! nullable_enum_filter {
    ($(#[$doc:meta])* $name:ident of $value:ty) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, InputObject)]
        pub struct $name {
            /// Is this value.
            eq: Option<$value>,
            /// Is one of these values; an empty list matches nothing.
            r#in: Option<Vec<$value>>,
            /// Whether there is no value; no other operator matches then.
            is_null: Option<bool>,
        }

        impl $name {
            /// On a column that holds what this function makes of a value.
            pub(in crate::graphql) fn on(
                &self,
                column: impl ColumnTrait,
                stored: impl Fn($value) -> i64,
            ) -> Condition {
                let asked = both(self.eq, self.r#in.clone());
                let asked = asked.map(|values| one_of(column, values.into_iter().map(stored)));
                with_null(column, Condition::all().add_option(asked), self.is_null)
            }
        }
    };
}

enum_filter! {
    /// Asks which vendor. Operators that are null are not asked.
    VendorFilter of crate::graphql::types::VendorName
}
enum_filter! {
    /// Asks which kind of trouble an exception is about. Operators that are null are not asked.
    ExceptionTypeFilter of crate::graphql::types::ExceptionType
}
enum_filter! {
    /// Asks whether an exception is open. Operators that are null are not asked.
    ExceptionStatusFilter of crate::graphql::types::ExceptionStatus
}
enum_filter! {
    /// Asks for the state of a batch or a run. Operators that are null are not asked.
    JobStatusFilter of crate::graphql::types::JobStatus
}
enum_filter! {
    /// Asks what ordered a batch. Operators that are null are not asked.
    JobTriggerFilter of crate::graphql::types::JobTrigger
}
nullable_enum_filter! {
    /// Asks for the kind of a device. Operators that are null are not asked.
    DeviceTypeFilter of crate::graphql::types::DeviceType
}
nullable_enum_filter! {
    /// Asks whether a device is billed. Operators that are null are not asked.
    BillingStatusFilter of crate::graphql::types::BillingStatus
}

/// What `eq` and `in` allow together; `None` when neither is asked.
fn both<T: PartialEq>(eq: Option<T>, among: Option<Vec<T>>) -> Option<Vec<T>> {
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
fn with_null(column: impl ColumnTrait, asked: Condition, is_null: Option<bool>) -> Condition {
    let asked = match asked.is_empty() {
        false if column.def().is_null() => asked.add(column.is_not_null()),
        _ => asked,
    };
    asked.add_option(is_null.map(|is_null| if is_null { column.is_null() } else { column.is_not_null() }))
}

fn bounded<T>(values: &[T]) -> Result<&[T], Fault> {
    let max = GraphqlLimits::MAX_VALUES;
    let message = || Fault::BadUserInput(format!("an `in` list has {} values, and may have {max}", values.len()));
    (values.len() <= max).then_some(values).ok_or_else(message)
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

    fn on_hostname(filter: &StringFilter) -> String {
        sql(filter.on(device::Column::CanonicalHostname, Names::Hosts).unwrap())
    }

    fn text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn host_names_are_compared_in_their_canonical_form() {
        let filter = StringFilter { eq: text("Reception-PC.corp.example"), ..StringFilter::default() };
        assert_eq!(on_hostname(&filter), r#""canonical_hostname" = 'reception-pc'"#);
        let filter =
            StringFilter { r#in: Some(vec!["A".into(), " | nobody".into(), "b".into()]), ..Default::default() };
        assert_eq!(on_hostname(&filter), r#""canonical_hostname" IN ('a', 'b')"#);
    }

    #[test]
    fn wildcards_mean_themselves() {
        let filter = StringFilter { contains: text("50%_!"), ..StringFilter::default() };
        assert_eq!(on_hostname(&filter), r#""canonical_hostname" LIKE '%50!%!_!!%' ESCAPE '!'"#);
        let filter = StringFilter { starts_with: text("PC-"), ..StringFilter::default() };
        assert_eq!(on_hostname(&filter), r#""canonical_hostname" LIKE 'pc-%' ESCAPE '!'"#);
    }

    #[test]
    fn what_no_name_can_be_matches_nothing() {
        for filter in [
            StringFilter { eq: text("   "), ..StringFilter::default() },
            StringFilter { r#in: Some(Vec::new()), ..StringFilter::default() },
            StringFilter { contains: text(".corp"), ..StringFilter::default() },
        ] {
            assert_eq!(on_hostname(&filter), "1 = 0");
        }
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

    #[test]
    fn a_list_without_end_is_refused() {
        let filter = StringFilter { r#in: Some(vec!["a".into(); 1001]), ..StringFilter::default() };
        assert!(matches!(filter.on(device::Column::CanonicalHostname, Names::Hosts), Err(Fault::BadUserInput(_))));
    }
}
