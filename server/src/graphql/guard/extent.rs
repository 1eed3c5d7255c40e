//! How large a document is with its fragments written out, in time linear in the document.

use std::collections::{HashMap, hash_map::Entry};

use async_graphql::{
    Name,
    parser::types::{ExecutableDocument, Field, Selection, SelectionSet},
};

use super::GraphqlLimits;

/// Selection sets inside selection sets, of fields and fragments alike: what async-graphql's own walk is limited to.
pub(super) const MAX_NESTING: u32 = 32;

/// Why a document is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Excess {
    Selections,
    Aliases,
    Directives,
    Depth,
    Nesting,
    Cycle(String),
}

/// The size of a selection set with its fragments written out.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::graphql) struct Extent {
    pub(super) selections: u64,
    /// Fields inside fields.
    pub(super) depth: u32,
    pub(super) aliases: u64,
    pub(super) directives: u64,
    /// See [`MAX_NESTING`].
    nesting: u32,
}

/// What a selection is by itself, beside what it selects.
#[derive(Clone, Copy, Default)]
struct Own {
    is_field: bool,
    aliases: u64,
    directives: u64,
}

impl Extent {
    /// With the selection itself, its directives and, for a field, its alias.
    fn around(self, own: Own) -> Self {
        let selections = self.selections.saturating_add(1 + own.directives + own.aliases);
        Self {
            selections,
            depth: self.depth + u32::from(own.is_field),
            nesting: self.nesting + 1,
            ..self.with(own.aliases, own.directives)
        }
    }

    fn with(self, aliases: u64, directives: u64) -> Self {
        let aliases = self.aliases.saturating_add(aliases);
        Self { aliases, directives: self.directives.saturating_add(directives), ..self }
    }

    fn beside(self, other: Self) -> Self {
        Self {
            selections: self.selections.saturating_add(other.selections),
            depth: self.depth.max(other.depth),
            nesting: self.nesting.max(other.nesting),
            ..self.with(other.aliases, other.directives)
        }
    }

    fn within(self, limits: &GraphqlLimits) -> Result<Self, Excess> {
        if self.selections > limits.selections {
            Err(Excess::Selections)
        } else if self.aliases > limits.aliases {
            Err(Excess::Aliases)
        } else if self.directives > limits.directives {
            Err(Excess::Directives)
        } else if self.depth > limits.depth {
            Err(Excess::Depth)
        } else if self.nesting > MAX_NESTING {
            Err(Excess::Nesting)
        } else {
            Ok(self)
        }
    }
}

/// Checks every operation together and every fragment, used or not: validation walks them all.
pub(super) fn check(document: &ExecutableDocument, limits: &GraphqlLimits) -> Result<Extent, Excess> {
    let mut measure = Measure { document, limits, fragments: HashMap::new(), visited: 0 };
    measure.document()
}

struct Measure<'a> {
    document: &'a ExecutableDocument,
    limits: &'a GraphqlLimits,
    /// `None` while a fragment is being measured: who meets it then goes in a circle.
    fragments: HashMap<&'a str, Option<Extent>>,
    /// Selections that were looked at: as many as the document has at most, however large it is written out.
    visited: u64,
}

impl<'a> Measure<'a> {
    fn document(&mut self) -> Result<Extent, Excess> {
        let mut whole = Extent::default();
        for (_, operation) in self.document.operations.iter() {
            let directives = operation.node.directives.len() as u64;
            let inside = self.selection_set(&operation.node.selection_set.node, 0)?;
            let mut inside = inside.with(0, directives);
            inside.selections = inside.selections.saturating_add(directives);
            inside.nesting += 1;
            whole = whole.beside(inside).within(self.limits)?;
        }
        for name in self.document.fragments.keys() {
            self.fragment(name, 0)?;
        }
        Ok(whole)
    }

    fn selection_set(&mut self, set: &'a SelectionSet, level: u32) -> Result<Extent, Excess> {
        if level > MAX_NESTING {
            return Err(Excess::Nesting);
        }
        let mut whole = Extent::default();
        for selection in &set.items {
            self.visited += 1;
            let own = Own { directives: selection.node.directives().len() as u64, ..Own::default() };
            let extent = match &selection.node {
                Selection::Field(field) => {
                    let inside = self.selection_set(&field.node.selection_set.node, level + 1)?;
                    inside.around(Own { is_field: true, aliases: alias(&field.node), ..own })
                }
                Selection::InlineFragment(fragment) => {
                    self.selection_set(&fragment.node.selection_set.node, level + 1)?.around(own)
                }
                Selection::FragmentSpread(spread) => {
                    self.fragment(&spread.node.fragment_name.node, level + 1)?.around(own)
                }
            };
            whole = whole.beside(extent).within(self.limits)?;
        }
        Ok(whole)
    }

    fn fragment(&mut self, name: &Name, level: u32) -> Result<Extent, Excess> {
        // A spread of a fragment that is not there is validation's to report.
        let Some((name, fragment)) = self.document.fragments.get_key_value(name) else {
            return Ok(Extent::default());
        };
        match self.fragments.entry(name.as_str()) {
            Entry::Occupied(known) => known.get().ok_or_else(|| Excess::Cycle(name.to_string())),
            Entry::Vacant(unknown) => {
                unknown.insert(None);
                let directives = fragment.node.directives.len() as u64;
                let extent = self.selection_set(&fragment.node.selection_set.node, level)?;
                let mut extent = extent.with(0, directives);
                extent.selections = extent.selections.saturating_add(directives);
                self.fragments.insert(name, Some(extent));
                Ok(extent)
            }
        }
    }
}

fn alias(field: &Field) -> u64 {
    u64::from(field.alias.is_some())
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use async_graphql::parser::parse_query;

    use super::*;

    #[test]
    fn a_bomb_is_measured_by_looking_at_each_of_its_selections_once_at_most() {
        let (levels, spreads) = (100, 50);
        let mut query = "{ ...f0 }".to_owned();
        for level in 0..levels {
            write!(query, " fragment f{level} on Query {{ {} }}", format!("...f{} ", level + 1).repeat(spreads))
                .unwrap();
        }
        let document = parse_query(query + &format!(" fragment f{levels} on Query {{ a }}")).unwrap();
        let limits = GraphqlLimits::default();
        let mut measure = Measure { document: &document, limits: &limits, fragments: HashMap::new(), visited: 0 };
        assert!(measure.document().is_err());
        assert!(measure.visited <= (levels * spreads + 2) as u64, "{}", measure.visited);
    }

    #[test]
    fn what_is_measured_is_the_document_written_out() {
        let query = "query Q @x { a ...F b: a @skip(if: false) { c } } fragment F on Query { d: a e { f } }";
        let extent = check(&parse_query(query).unwrap(), &GraphqlLimits::default()).unwrap();
        assert_eq!((extent.depth, extent.aliases, extent.directives), (2, 2, 2));
        // Six fields and a spread; two aliases and two directives.
        assert_eq!(extent.selections, 11);
    }
}
