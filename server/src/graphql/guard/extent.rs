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
    Depth,
    Nesting,
    Cycle(String),
}

/// The size of a selection set with its fragments written out.
#[derive(Clone, Copy, Debug, Default)]
struct Extent {
    selections: u64,
    /// Fields inside fields.
    depth: u32,
    /// See [`MAX_NESTING`].
    nesting: u32,
}

impl Extent {
    /// With the directives and, for a field, the alias of the selection itself.
    fn around(self, own: u64, is_field: bool) -> Self {
        Self {
            selections: self.selections.saturating_add(own),
            depth: self.depth + u32::from(is_field),
            nesting: self.nesting + 1,
        }
    }

    fn beside(self, other: Self) -> Self {
        Self {
            selections: self.selections.saturating_add(other.selections),
            depth: self.depth.max(other.depth),
            nesting: self.nesting.max(other.nesting),
        }
    }

    fn within(self, limits: &GraphqlLimits) -> Result<Self, Excess> {
        if self.selections > limits.selections {
            Err(Excess::Selections)
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
pub(super) fn check(document: &ExecutableDocument, limits: &GraphqlLimits) -> Result<(), Excess> {
    let mut measure = Measure { document, limits, fragments: HashMap::new() };
    let mut whole = Extent::default();
    for (_, operation) in document.operations.iter() {
        let directives = operation.node.directives.len() as u64;
        let own = measure.selection_set(&operation.node.selection_set.node, 0)?;
        whole = whole.beside(own.around(directives, false)).within(limits)?;
    }
    for name in document.fragments.keys() {
        measure.fragment(name, 0)?;
    }
    Ok(())
}

struct Measure<'a> {
    document: &'a ExecutableDocument,
    limits: &'a GraphqlLimits,
    /// `None` while a fragment is being measured: who meets it then goes in a circle.
    fragments: HashMap<&'a str, Option<Extent>>,
}

impl<'a> Measure<'a> {
    fn selection_set(&mut self, set: &'a SelectionSet, level: u32) -> Result<Extent, Excess> {
        if level > MAX_NESTING {
            return Err(Excess::Nesting);
        }
        let mut whole = Extent::default();
        for selection in &set.items {
            let directives = selection.node.directives().len() as u64;
            let extent = match &selection.node {
                Selection::Field(field) => {
                    let inside = self.selection_set(&field.node.selection_set.node, level + 1)?;
                    inside.around(1 + directives + alias(&field.node), true)
                }
                Selection::InlineFragment(fragment) => {
                    let inside = self.selection_set(&fragment.node.selection_set.node, level + 1)?;
                    inside.around(1 + directives, false)
                }
                Selection::FragmentSpread(spread) => {
                    self.fragment(&spread.node.fragment_name.node, level + 1)?.around(1 + directives, false)
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
                let mut extent = self.selection_set(&fragment.node.selection_set.node, level)?;
                extent.selections = extent.selections.saturating_add(fragment.node.directives.len() as u64);
                self.fragments.insert(name, Some(extent));
                Ok(extent)
            }
        }
    }
}

fn alias(field: &Field) -> u64 {
    u64::from(field.alias.is_some())
}
