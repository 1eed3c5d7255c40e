//! Whether a document asks for the schema, anywhere in it.

use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};

/// Every fragment is looked at once, used or not.
pub(super) fn is_asked(document: &ExecutableDocument) -> bool {
    let operations = document.operations.iter().map(|(_, operation)| &operation.node.selection_set.node);
    let fragments = document.fragments.values().map(|fragment| &fragment.node.selection_set.node);
    operations.chain(fragments).any(selects_schema)
}

fn selects_schema(set: &SelectionSet) -> bool {
    set.items.iter().any(|selection| match &selection.node {
        Selection::Field(field) => {
            matches!(field.node.name.node.as_str(), "__schema" | "__type")
                || selects_schema(&field.node.selection_set.node)
        }
        Selection::InlineFragment(inline) => selects_schema(&inline.node.selection_set.node),
        Selection::FragmentSpread(_) => false,
    })
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    #[test]
    fn the_schema_is_asked_for_wherever_it_is_asked_for() {
        for (query, expected) in [
            ("{ a __typename }", false),
            ("{ __schema { types { name } } }", true),
            ("{ a: __type(name: \"A\") { name } }", true),
            ("{ ... on Query { __schema { description } } }", true),
            ("{ ...F } fragment F on Query { __schema { description } }", true),
        ] {
            assert_eq!(is_asked(&parse_query(query).unwrap()), expected, "{query}");
        }
    }
}
