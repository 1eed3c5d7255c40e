//! What can be asked of people, of places and of free text.

use async_graphql::InputObject;
use sea_orm::{ColumnTrait, Condition, sea_query::LikeExpr};

use super::{
    operators::{both, bounded, never, one_of, with_null},
    strings::escaped,
};
use crate::graphql::errors::Fault;

/// Asks which person. Operators that are null are not asked.
#[derive(Clone, Debug, Default, InputObject)]
pub struct PrincipalFilter {
    /// Is this principal, letter for letter.
    eq: Option<String>,
    /// Is one of these principals, at most 1000; an empty list matches nothing.
    r#in: Option<Vec<String>>,
    /// Whether there is nobody; no other operator matches then.
    is_null: Option<bool>,
}

impl PrincipalFilter {
    pub(in crate::graphql) fn on(&self, column: impl ColumnTrait) -> Result<Condition, Fault> {
        let among = self.r#in.as_deref().map(bounded).transpose()?;
        let asked = both(self.eq.clone(), among.map(<[String]>::to_vec)).map(|names| {
            // No principal has a NUL, and PostgreSQL takes none.
            one_of(column, names.into_iter().filter(|name| !name.contains('\0')))
        });
        Ok(with_null(column, Condition::all().add_option(asked), self.is_null))
    }
}

/// Asks for a location by its name. Operators that are null are not asked.
#[derive(Clone, Debug, Default, InputObject)]
pub struct LocationFilter {
    /// Has this name, letter for letter.
    eq: Option<String>,
    /// Has one of these names, at most 1000; an empty list matches nothing.
    r#in: Option<Vec<String>>,
    /// Whether there is no location; no other operator matches then.
    is_null: Option<bool>,
}

impl LocationFilter {
    /// The names that are asked for, `None` when none is; and whether only devices without a location, or with one, are.
    pub(in crate::graphql) fn asked(&self) -> Result<(Option<Vec<String>>, Option<bool>), Fault> {
        let among = self.r#in.as_deref().map(bounded).transpose()?;
        let names = both(self.eq.clone(), among.map(<[String]>::to_vec));
        // No stored name has a NUL, and PostgreSQL takes none.
        let names = names.map(|names| names.into_iter().filter(|name| !name.contains('\0')).collect());
        Ok((names, self.is_null))
    }
}

/// Asks about a text. Letter case does not count.
#[derive(Clone, Debug, Default, InputObject)]
pub struct TextFilter {
    /// Contains this text, in 3 to 1000 characters; null is not asked, and an empty text finds nothing. Characters such
    /// as `%` and `_` mean themselves.
    contains: Option<String>,
}

/// Characters that are looked for at most; SQLite refuses patterns of 50,000 bytes.
const LONGEST: usize = 1000;
/// Characters that are looked for at least: PostgreSQL finds parts by their groups of three, and reads every text for less.
const SHORTEST: usize = 3;

impl TextFilter {
    /// On a column that holds what `domain::search` made.
    pub(in crate::graphql) fn on(&self, column: impl ColumnTrait) -> Result<Condition, Fault> {
        let Some(wanted) = &self.contains else { return Ok(Condition::all()) };
        if wanted.chars().count() > LONGEST {
            return Err(Fault::BadUserInput(format!("a text to look for has at most {LONGEST} characters")));
        }
        let wanted = domain::search::needle(wanted);
        wanted.as_deref().map_or(Ok(()), long_enough)?;
        let found = wanted.map(|wanted| column.like(LikeExpr::new(format!("%{}%", escaped(&wanted))).escape('!')));
        Ok(Condition::all().add(found.unwrap_or_else(never)))
    }
}

/// Refuses to look for a part of a long list of texts by a text that no index helps to find.
pub(super) fn long_enough(part: &str) -> Result<(), Fault> {
    let message = || Fault::BadUserInput(format!("a part of a text to look for has at least {SHORTEST} characters"));
    (part.chars().count() >= SHORTEST).then_some(()).ok_or_else(message)
}
