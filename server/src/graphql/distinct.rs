//! Mutations whose record could say something else than what was done are refused before they run.
//!
//! The record reads what came of a root field under its name in the answer. async-graphql lets two fields have one name when one of
//! them is in a fragment, and shows the first; so two root fields of a mutation need two names, no fragment may bring its
//! root fields twice, and the names under which the record asks (`hubRecorded…`) are nobody else's.

use std::collections::HashSet;

use async_graphql::{
    Pos, ServerError, ServerResult,
    parser::types::{ExecutableDocument, Field, OperationDefinition, Selection},
};

use super::{errors::ErrorCode, root_fields::fields_below};

/// What the names begin with under which the record asks.
pub(super) const RESERVED: &str = "hubRecorded";

/// Refuses what can't be recorded as it is done.
pub(super) fn check(document: &ExecutableDocument, operation: &OperationDefinition) -> ServerResult<()> {
    check_roots(document, operation)?;
    let fragments = document.fragments.values().map(|fragment| &fragment.node.selection_set.node);
    let fields = fields_below(fragments.chain([&operation.selection_set.node]).collect());
    fields.into_iter().try_for_each(|field| check_name(&field.node, field.pos))
}

fn check_name(field: &Field, pos: Pos) -> ServerResult<()> {
    let name = field.response_key().node.as_str();
    if name.starts_with(RESERVED) {
        return Err(refusal(format!("names that begin with `{RESERVED}` are the server's own"), pos));
    }
    Ok(())
}

fn check_roots(document: &ExecutableDocument, operation: &OperationDefinition) -> ServerResult<()> {
    let (mut names, mut spread) = (HashSet::new(), HashSet::new());
    let mut open = vec![&operation.selection_set.node];
    while let Some(set) = open.pop() {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    let name = field.node.response_key().node.as_str();
                    if !names.insert(name) {
                        let message = format!("two root fields of a mutation are named `{name}`: give one an alias");
                        return Err(refusal(message, field.pos));
                    }
                }
                Selection::InlineFragment(fragment) => open.push(&fragment.node.selection_set.node),
                Selection::FragmentSpread(found) => {
                    let name = found.node.fragment_name.node.as_str();
                    if !spread.insert(name) {
                        let message = format!("the fragment `{name}` brings root fields of a mutation twice");
                        return Err(refusal(message, found.pos));
                    }
                    open.extend(document.fragments.get(name).map(|fragment| &fragment.node.selection_set.node));
                }
            }
        }
    }
    Ok(())
}

fn refusal(message: String, pos: Pos) -> ServerError {
    let mut error = ServerError::new(message, Some(pos));
    error.extensions = Some(ErrorCode::ValidationFailed.extensions());
    error
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::{super::root_fields::operation, *};

    #[test]
    fn what_could_be_recorded_as_something_else_is_refused() {
        for (query, is_fine) in [
            ("mutation { a { b } c { b } }", true),
            ("mutation { a { b } x: a { b } }", true),
            ("mutation { ...F } fragment F on Mutation { a { b } }", true),
            ("mutation { a { b ... on T { b } } }", true),
            ("mutation { a { b } a { b } }", false),
            ("mutation { a: c { b } ... on Mutation { a: d { b } } }", false),
            ("mutation { ...F ...F } fragment F on Mutation { a { b } }", false),
            ("mutation { ...F ... { ...F } } fragment F on Mutation { a { b } }", false),
            ("mutation { ...F } fragment F on Mutation { ...F }", false),
            ("mutation { a { hubRecordedRefusals: b } }", false),
            ("mutation { a { ...F } } fragment F on T { c { ... { hubRecordedX: b } } }", false),
        ] {
            let document = parse_query(query).unwrap();
            let checked = check(&document, operation(&document, None).unwrap());
            assert_eq!(checked.is_ok(), is_fine, "{query}");
        }
    }
}
