//! The root fields of an operation: what it asks for, before any of it is done.

use std::collections::{HashMap, HashSet};

use async_graphql::{
    Name, Pos, Positioned, Request, ServerError, Value,
    parser::types::{
        DocumentOperations, ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
        VariableDefinition,
    },
};

/// The operation that would run, of several the named one.
pub(super) fn operation<'a>(document: &'a ExecutableDocument, name: Option<&str>) -> Option<&'a OperationDefinition> {
    let found = match (&document.operations, name) {
        (DocumentOperations::Single(operation), _) => Some(operation),
        (DocumentOperations::Multiple(operations), Some(name)) => operations.get(name),
        (DocumentOperations::Multiple(operations), None) => operations.values().next(),
    };
    found.map(|operation| &operation.node)
}

/// Its root fields in their order, wherever fragments put them and whatever `@include` and `@skip` say. A fragment is gone
/// into once, so that the way through takes no longer than the document is.
pub(super) fn root_fields<'a>(
    document: &'a ExecutableDocument,
    operation: &'a OperationDefinition,
) -> Vec<&'a Positioned<Field>> {
    let mut walk = Walk { document, seen: HashSet::new(), fields: Vec::new() };
    walk.through(&operation.selection_set.node);
    walk.fields
}

/// All fields of these selections and of what is below them, fragments not gone into.
pub(super) fn fields_below(mut open: Vec<&SelectionSet>) -> Vec<&Positioned<Field>> {
    let mut fields = Vec::new();
    while let Some(set) = open.pop() {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    fields.push(field);
                    open.push(&field.node.selection_set.node);
                }
                Selection::InlineFragment(fragment) => open.push(&fragment.node.selection_set.node),
                Selection::FragmentSpread(_) => {}
            }
        }
    }
    fields
}

/// What a mutation asks for.
pub(super) struct Asked {
    pub(super) fields: Vec<Positioned<Field>>,
    /// What its variables are where the request gives none.
    pub(super) defaults: HashMap<Name, Value>,
}

/// The kind of an operation, and the name and place of each root field.
pub(super) type Named = (OperationType, Vec<(Name, Pos)>);

/// What a request would run, by names; `None` where nothing can run.
pub(super) fn names_of_request(request: &mut Request) -> Result<Option<Named>, ServerError> {
    let name = request.operation_name.clone();
    let document = request.parsed_query()?;
    Ok(operation(document, name.as_deref()).map(|operation| {
        let fields = root_fields(document, operation).into_iter();
        (operation.ty, fields.map(|field| (field.node.name.node.clone(), field.pos)).collect())
    }))
}

/// The mutation that a request would run; `None` where it would run none.
pub(super) fn mutation_of_request(request: &mut Request) -> Result<Option<Asked>, ServerError> {
    let name = request.operation_name.clone();
    let document = request.parsed_query()?;
    let mutation = operation(document, name.as_deref()).filter(|operation| operation.ty == OperationType::Mutation);
    Ok(mutation.map(|operation| {
        let default =
            |definition: &VariableDefinition| Some((definition.name.node.clone(), definition.default_value()?.clone()));
        Asked {
            fields: root_fields(document, operation).into_iter().cloned().collect(),
            defaults: operation.variable_definitions.iter().filter_map(|one| default(&one.node)).collect(),
        }
    }))
}

/// The same operation, to be changed.
pub(super) fn operation_mut<'a>(
    document: &'a mut ExecutableDocument,
    name: Option<&str>,
) -> Option<&'a mut OperationDefinition> {
    let found = match (&mut document.operations, name) {
        (DocumentOperations::Single(operation), _) => Some(operation),
        (DocumentOperations::Multiple(operations), Some(name)) => operations.get_mut(name),
        (DocumentOperations::Multiple(operations), None) => operations.values_mut().next(),
    };
    found.map(|operation| &mut operation.node)
}

/// The fragments that put root fields into an operation.
pub(super) fn spread_fragments(document: &ExecutableDocument, operation: &OperationDefinition) -> Vec<Name> {
    let mut walk = Walk { document, seen: HashSet::new(), fields: Vec::new() };
    walk.through(&operation.selection_set.node);
    walk.seen.into_iter().map(Name::new).collect()
}

struct Walk<'a> {
    document: &'a ExecutableDocument,
    seen: HashSet<&'a str>,
    fields: Vec<&'a Positioned<Field>>,
}

impl<'a> Walk<'a> {
    fn through(&mut self, selections: &'a SelectionSet) {
        // By hand and not by recursion: nobody has looked yet how deep fragments nest.
        let mut open = vec![selections.items.iter()];
        while let Some(items) = open.last_mut() {
            let Some(selection) = items.next() else {
                open.pop();
                continue;
            };
            match &selection.node {
                Selection::Field(field) => self.fields.push(field),
                Selection::InlineFragment(fragment) => open.push(fragment.node.selection_set.node.items.iter()),
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    let fragment = self.document.fragments.get(name).filter(|_| self.seen.insert(name.as_str()));
                    open.extend(fragment.map(|fragment| fragment.node.selection_set.node.items.iter()));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    #[test]
    fn root_fields_are_found_wherever_they_are_written() {
        let document = parse_query(
            "query Q { a { x } ...F ... { b: c } ... on Query { d @skip(if: true) } }
             fragment F on Query { e ...G } fragment G on Query { f ...F }",
        );
        let document = document.unwrap();
        let fields = root_fields(&document, operation(&document, Some("Q")).unwrap());
        let names: Vec<&str> = fields.iter().map(|field| field.node.name.node.as_str()).collect();
        assert_eq!(names, ["a", "e", "f", "c", "d"]);
    }
}
