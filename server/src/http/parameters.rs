//! The parameters of a GraphQL request (query or documentId, operationName, variables, extensions), from JSON and from a URL.

use async_graphql::{Request, Value, Variables};
use serde_json::{Map, Value as Json};
use url::form_urlencoded;

use super::{
    answer::{Code, Refusal},
    persisted::{DOCUMENT_ID, PERSISTED_QUERY},
};

/// Reads one request from a JSON object. Unknown members are ignored, as the specification asks.
pub(crate) fn from_json(value: Json) -> Result<Request, Refusal> {
    let Json::Object(mut members) = value else {
        return Err(bad("the request must be a JSON object with the member query"));
    };
    let query = text(&mut members, "query")?;
    let document_id = text(&mut members, DOCUMENT_ID)?;
    let mut request = Request::new(query.clone().unwrap_or_default());
    request.operation_name = text(&mut members, "operationName")?;
    if let Some(variables) = object(&mut members, "variables")? {
        request.variables = variables_from(variables)?;
    }
    if let Some(extensions) = object(&mut members, "extensions")? {
        request.extensions = serde_json::from_value(extensions).map_err(|error| bad(format!("extensions: {error}")))?;
    }
    // An extension of that name would be another way in.
    request.extensions.remove(DOCUMENT_ID);
    if query.is_none() && document_id.is_none() && !request.extensions.contains_key(PERSISTED_QUERY) {
        return Err(bad("the parameter query is missing"));
    }
    if query.is_some() && document_id.is_some() {
        return Err(bad("query and documentId are both given"));
    }
    if let Some(id) = document_id {
        request.extensions.insert(DOCUMENT_ID.to_owned(), Value::String(id));
    }
    Ok(request)
}

/// Reads one request from a URL's query string, where variables and extensions are JSON texts.
pub(crate) fn from_url(query_string: &str) -> Result<Request, Refusal> {
    let mut members = Map::new();
    for (name, value) in form_urlencoded::parse(query_string.as_bytes()) {
        let value = match name.as_ref() {
            "query" | "operationName" | DOCUMENT_ID => Json::String(value.into_owned()),
            "variables" | "extensions" if value.is_empty() => Json::Null,
            "variables" | "extensions" => serde_json::from_str(&value)
                .map_err(|error| bad(format!("the parameter {name} is not JSON: {error}")))?,
            _ => continue,
        };
        if members.insert(name.clone().into_owned(), value).is_some() {
            return Err(bad(format!("the parameter {name} is given twice")));
        }
    }
    from_json(Json::Object(members))
}

fn text(members: &mut Map<String, Json>, name: &str) -> Result<Option<String>, Refusal> {
    match members.remove(name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) => Ok(Some(text)),
        Some(_) => Err(bad(format!("the parameter {name} must be a string"))),
    }
}

fn object(members: &mut Map<String, Json>, name: &str) -> Result<Option<Json>, Refusal> {
    match members.remove(name) {
        None | Some(Json::Null) => Ok(None),
        Some(value @ Json::Object(_)) => Ok(Some(value)),
        Some(_) => Err(bad(format!("the parameter {name} must be an object"))),
    }
}

fn variables_from(value: Json) -> Result<Variables, Refusal> {
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
            (json!({"documentId": 1}), "documentId"),
            (json!({"query": "{a}", "documentId": "a"}), "documentId"),
            (json!({"extensions": {"documentId": "a"}}), "query"),
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
