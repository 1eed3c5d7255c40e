//! The parameters of a GraphQL request (query, operationName, variables, extensions), from JSON and from a URL.

use async_graphql::{Request, Variables};
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::answer::{Code, Refusal};

/// Reads one request from a JSON object. Unknown members are ignored, as the specification asks.
pub(crate) fn from_json(value: Value) -> Result<Request, Refusal> {
    let Value::Object(mut members) = value else {
        return Err(bad("the request must be a JSON object with the member query"));
    };
    let Some(query) = text(&mut members, "query")? else {
        return Err(bad("the parameter query is missing"));
    };
    let mut request = Request::new(query);
    request.operation_name = text(&mut members, "operationName")?;
    if let Some(variables) = object(&mut members, "variables")? {
        request.variables = variables_from(variables)?;
    }
    if let Some(extensions) = object(&mut members, "extensions")? {
        request.extensions = serde_json::from_value(extensions).map_err(|error| bad(format!("extensions: {error}")))?;
    }
    Ok(request)
}

/// Reads one request from a URL's query string, where variables and extensions are JSON texts.
pub(crate) fn from_url(query_string: &str) -> Result<Request, Refusal> {
    let mut members = Map::new();
    for (name, value) in form_urlencoded::parse(query_string.as_bytes()) {
        let value = match name.as_ref() {
            "query" | "operationName" => Value::String(value.into_owned()),
            "variables" | "extensions" if value.is_empty() => Value::Null,
            "variables" | "extensions" => serde_json::from_str(&value)
                .map_err(|error| bad(format!("the parameter {name} is not JSON: {error}")))?,
            _ => continue,
        };
        if members.insert(name.clone().into_owned(), value).is_some() {
            return Err(bad(format!("the parameter {name} is given twice")));
        }
    }
    from_json(Value::Object(members))
}

fn text(members: &mut Map<String, Value>, name: &str) -> Result<Option<String>, Refusal> {
    match members.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(bad(format!("the parameter {name} must be a string"))),
    }
}

fn object(members: &mut Map<String, Value>, name: &str) -> Result<Option<Value>, Refusal> {
    match members.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value @ Value::Object(_)) => Ok(Some(value)),
        Some(_) => Err(bad(format!("the parameter {name} must be an object"))),
    }
}

fn variables_from(value: Value) -> Result<Variables, Refusal> {
    serde_json::from_value(value).map_err(|error| bad(format!("variables: {error}")))
}

fn bad(message: impl Into<std::borrow::Cow<'static, str>>) -> Refusal {
    Refusal::new(Code::BadRequest, message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parameters_of_the_wrong_type_are_refused_by_name() {
        for (value, word) in [
            (json!([]), "object"),
            (json!({}), "query"),
            (json!({"query": null}), "query"),
            (json!({"query": 1}), "query"),
            (json!({"query": "{a}", "operationName": 1}), "operationName"),
            (json!({"query": "{a}", "variables": []}), "variables"),
            (json!({"query": "{a}", "extensions": "x"}), "extensions"),
        ] {
            let error = from_json(value.clone()).err().unwrap().into_error();
            assert!(error.message.contains(word), "{value}: {}", error.message);
        }
    }

    #[test]
    fn a_url_carries_every_parameter() {
        let request =
            from_url("query=%7Ba%7D&operationName=A&variables=%7B%22x%22%3A1%7D&extensions=%7B%22y%22%3A2%7D&z=1");
        let request = request.ok().unwrap();
        assert_eq!(request.query, "{a}");
        assert_eq!(request.operation_name.as_deref(), Some("A"));
        assert_eq!(request.variables.len(), 1);
        assert_eq!(request.extensions.len(), 1);
    }

    #[test]
    fn a_url_that_is_ambiguous_or_broken_is_refused() {
        for url in ["query=a&query=b", "query=a&variables=%7B", "variables=%7B%7D", "query=a&variables=1"] {
            assert!(from_url(url).is_err(), "{url}");
        }
    }

    #[test]
    fn variable_names_of_any_spelling_do_no_harm() {
        let request = from_json(json!({"query": "{a}", "variables": {"": 1, "é b": {"\u{0}": []}}}));
        assert!(request.is_ok());
    }
}
