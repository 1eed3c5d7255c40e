//! What can be asked of a name.

use async_graphql::InputObject;
use sea_orm::{ColumnTrait, Condition, sea_query::LikeExpr};

use super::{
    operators::{bounded, never, one_of},
    texts::long_enough,
};
use crate::graphql::errors::Fault;

/// Asks about a name. Letter case does not count, and a host name counts up to its first `|` or `.` only. Operators that
/// are null are not asked.
#[derive(Clone, Debug, Default, InputObject)]
pub struct StringFilter {
    /// Is this name. A longer form of a host name (`RECEPTION-PC.corp.example`) finds the same devices.
    eq: Option<String>,
    /// Is one of these names, at most 1000; an empty list matches nothing.
    r#in: Option<Vec<String>>,
    /// Contains this text; of exceptions at least 3 characters. Characters such as `%` and `_` mean themselves.
    contains: Option<String>,
    /// Starts with this text. Characters such as `%` and `_` mean themselves.
    starts_with: Option<String>,
}

/// Characters of a stored name at most.
const LONGEST_NAME: usize = 255;

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
    /// not cut there. Nor is a part that is longer than any stored name; SQLite refuses to look for one of 50,000 bytes.
    fn part(self, part: &str) -> Option<String> {
        let is_possible = self == Self::Organizations || !part.contains(['.', '|']);
        self.whole(part).filter(|part| is_possible && part.chars().count() <= LONGEST_NAME)
    }
}

impl StringFilter {
    /// As `on`, for a list in which parts are found by an index, which needs some characters.
    pub(in crate::graphql) fn on_indexed(&self, column: impl ColumnTrait, names: Names) -> Result<Condition, Fault> {
        let part = self.contains.as_deref().and_then(|part| names.part(part));
        part.as_deref().map_or(Ok(()), long_enough)?;
        self.on(column, names)
    }

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
pub(super) fn escaped(text: &str) -> String {
    let escape = |mut escaped: String, character| {
        if matches!(character, '%' | '_' | '!') {
            escaped.push('!');
        }
        escaped.push(character);
        escaped
    };
    text.chars().fold(String::new(), escape)
}

#[cfg(test)]
mod tests {
    use entity::device;
    use sea_orm::{DatabaseBackend, EntityTrait, QueryFilter, QueryTrait};

    use super::*;

    fn on_hostname(filter: &StringFilter) -> String {
        let asked = filter.on(device::Column::CanonicalHostname, Names::Hosts).unwrap();
        let text = device::Entity::find().filter(asked).build(DatabaseBackend::Sqlite).to_string();
        text.split_once(" WHERE ").map(|(_, asked)| asked.replace("\"device\".", "")).unwrap_or_default()
    }

    fn text(text: &str) -> String {
        text.to_owned()
    }

    #[test]
    fn host_names_are_compared_in_their_canonical_form() {
        let filter = StringFilter { eq: Some(text("Reception-PC.corp.example")), ..StringFilter::default() };
        assert_eq!(on_hostname(&filter), r#""canonical_hostname" = 'reception-pc'"#);
        let filter =
            StringFilter { r#in: Some(vec!["A".into(), " | nobody".into(), "b".into()]), ..Default::default() };
        assert_eq!(on_hostname(&filter), r#""canonical_hostname" IN ('a', 'b')"#);
    }

    #[test]
    fn wildcards_mean_themselves() {
        let filter = StringFilter { contains: Some(text("50%_!")), ..StringFilter::default() };
        assert_eq!(on_hostname(&filter), r#""canonical_hostname" LIKE '%50!%!_!!%' ESCAPE '!'"#);
        let filter = StringFilter { starts_with: Some(text("PC-")), ..StringFilter::default() };
        assert_eq!(on_hostname(&filter), r#""canonical_hostname" LIKE 'pc-%' ESCAPE '!'"#);
    }

    #[test]
    fn what_no_name_can_be_matches_nothing() {
        for filter in [
            StringFilter { eq: Some(text("   ")), ..StringFilter::default() },
            StringFilter { r#in: Some(Vec::new()), ..StringFilter::default() },
            StringFilter { contains: Some(text(".corp")), ..StringFilter::default() },
            StringFilter { starts_with: Some("x".repeat(256)), ..StringFilter::default() },
        ] {
            assert_eq!(on_hostname(&filter), "1 = 0");
        }
    }

    #[test]
    fn a_list_without_end_is_refused() {
        let filter = StringFilter { r#in: Some(vec!["a".into(); 1001]), ..StringFilter::default() };
        assert!(matches!(filter.on(device::Column::CanonicalHostname, Names::Hosts), Err(Fault::BadUserInput(_))));
    }
}
