//! Refuses an operation whose required variables are missing or null.
//!
//! async-graphql checks variables only where they stand for a whole required argument. Inside an input object a missing
//! `$id: ID!` would count as null, that is as not asked, and a filter that lost its value would find everything.

use async_graphql::{Request, ServerError, ServerResult, Value, Variables, parser::types::OperationDefinition};

use super::{errors::ErrorCode, root_fields::operation};

/// Checks the variables of a request.
pub(super) fn check_required(request: &mut Request) -> ServerResult<()> {
    let name = request.operation_name.clone();
    let variables = std::mem::take(&mut request.variables);
    let checked = request
        .parsed_query()
        .map(|document| operation(document, name.as_deref()).map_or(Ok(()), |operation| check(operation, &variables)));
    request.variables = variables;
    // A document that can't be read, or an operation that isn't there, is others' to report.
    checked.unwrap_or(Ok(()))
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
    fn others_may_be_left_out() {
        assert!(!is_refused("query($id: ID) { a(id: $id) }", json!({})));
        assert!(!is_refused("query($n: Int! = 5) { a(n: $n) }", json!({})));
        assert!(is_refused("query($n: Int! = 5) { a(n: $n) }", json!({ "n": null })));
    }
}
