//! Refuses an operation whose required variables are missing or null, or whose variables nest deeper than anything that
//! makes sense.
//!
//! async-graphql checks variables only where they stand for a whole required argument. Inside an input object a missing
//! `$id: ID!` would count as null, that is as not asked, and a filter that lost its value would find everything.

use async_graphql::{
    Positioned, Request, ServerError, ServerResult, Value, Variables,
    parser::types::{ExecutableDocument, Field, OperationDefinition},
};

use super::{
    errors::ErrorCode,
    root_fields::{fields_below, operation},
};

/// Lists and objects inside each other at most. Filters, which nest deepest, end sooner and say so better; beyond, reading
/// a value would take more of the stack than a request should.
const DEEPEST: usize = 40;

/// Checks the variables of a request.
pub(super) fn check_given(request: &mut Request) -> ServerResult<()> {
    let is_deep = request.variables.values().any(|value| is_deeper(value, DEEPEST));
    if is_deep || request.parsed_query().is_ok_and(has_deep_literals) {
        let message = format!("arguments and variables nest at most {DEEPEST} lists and objects");
        let mut error = ServerError::new(message, None);
        error.extensions = Some(ErrorCode::BadUserInput.extensions());
        return Err(error);
    }
    let name = request.operation_name.clone();
    let variables = std::mem::take(&mut request.variables);
    let checked = request
        .parsed_query()
        .map(|document| operation(document, name.as_deref()).map_or(Ok(()), |operation| check(operation, &variables)));
    request.variables = variables;
    // A document that can't be read, or an operation that isn't there, is others' to report.
    checked.unwrap_or(Ok(()))
}

/// Whether an argument that is written into the document nests too deep; what stands for a variable is no level.
fn has_deep_literals(document: &ExecutableDocument) -> bool {
    let operations = document.operations.iter().map(|(_, operation)| &operation.node.selection_set.node);
    let fragments = document.fragments.values().map(|fragment| &fragment.node.selection_set.node);
    let is_deep = |field: &Positioned<Field>| {
        field.node.arguments.iter().any(|(_, given)| {
            let read = given.node.clone().into_const_with(|_| Ok::<_, ()>(Value::Null));
            read.is_ok_and(|read| is_deeper(&read, DEEPEST))
        })
    };
    fields_below(operations.chain(fragments).collect()).into_iter().any(is_deep)
}

fn is_deeper(value: &Value, most: usize) -> bool {
    match (value, most.checked_sub(1)) {
        (Value::List(items), Some(left)) => items.iter().any(|item| is_deeper(item, left)),
        (Value::Object(members), Some(left)) => members.values().any(|member| is_deeper(member, left)),
        (Value::List(_) | Value::Object(_), None) => true,
        _ => false,
    }
}

fn check(operation: &OperationDefinition, variables: &Variables) -> ServerResult<()> {
    for definition in &operation.variable_definitions {
        let (name, wanted) = (&definition.node.name.node, &definition.node.var_type.node);
        let given = variables.get(name).or_else(|| definition.node.default_value());
        if !wanted.nullable && matches!(given, None | Some(Value::Null)) {
            let message = format!("the variable \"${name}\" of type \"{wanted}\" needs a value");
            let mut error = ServerError::new(message, Some(definition.pos));
            error.extensions = Some(ErrorCode::ValidationFailed.extensions());
            return Err(error);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use serde_json::json;

    use super::*;

    fn is_refused(query: &str, variables: serde_json::Value) -> bool {
        let document = parse_query(query).unwrap();
        check(operation(&document, None).unwrap(), &Variables::from_json(variables)).is_err()
    }

    #[test]
    fn a_required_variable_needs_a_value() {
        let query = "query($id: ID!) { a(filter: { id: $id }) }";
        assert!(is_refused(query, json!({})));
        assert!(is_refused(query, json!({ "id": null })));
        assert!(!is_refused(query, json!({ "id": "1" })));
    }

    #[test]
    fn variables_nest_so_deep_and_no_deeper() {
        let nested = |levels: usize| (0..levels).fold(Value::Null, |inner, _| Value::List(vec![inner]));
        assert!(!is_deeper(&nested(DEEPEST), DEEPEST));
        assert!(is_deeper(&nested(DEEPEST + 1), DEEPEST));
    }

    #[test]
    fn others_may_be_left_out() {
        assert!(!is_refused("query($id: ID) { a(id: $id) }", json!({})));
        assert!(!is_refused("query($n: Int! = 5) { a(n: $n) }", json!({})));
        assert!(is_refused("query($n: Int! = 5) { a(n: $n) }", json!({ "n": null })));
    }
}
