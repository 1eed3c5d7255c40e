//! The schema as a whole: every part of it is described and named alike, and every error has a code.

use async_graphql::{Request, Response, Schema, Value, parser::types::OperationType};
use serde_json::Value as Json;

use super::{GraphqlLimits, HubSchema, Mutation, Principal, Query, Subscription, admission::Admission, rights, sdl};

const INTROSPECTION: &str = "{ __schema { types { name kind description
    fields { name description type { ofType { name } } args { name description } }
    inputFields { name description }
    enumValues { name description } } } }";

/// What GraphQL itself brings along.
const BUILT_IN: [&str; 5] = ["Boolean", "Float", "ID", "Int", "String"];

fn schema() -> HubSchema {
    let limits = GraphqlLimits::default();
    Schema::build(Query::default(), Mutation::default(), Subscription).limit_complexity(limits.complexity).finish()
}

async fn ask(query: impl Into<Request>) -> Response {
    let mut request = query.into().data(Principal::local_operator());
    match Admission::of(&mut request, GraphqlLimits::default()) {
        Ok(admission) => admission.finish(schema().execute(request).await, None),
        Err(refused) => *refused,
    }
}

async fn types() -> Vec<Json> {
    let answer = ask(INTROSPECTION).await.into_result().unwrap().data.into_json().unwrap();
    let types = answer["__schema"]["types"].as_array().unwrap().clone();
    let is_ours = |shown: &Json| {
        let name = shown["name"].as_str().unwrap();
        !name.starts_with("__") && !BUILT_IN.contains(&name)
    };
    types.into_iter().filter(is_ours).collect()
}

fn parts<'a>(shown: &'a Json, kind: &str) -> impl Iterator<Item = &'a Json> {
    shown[kind].as_array().into_iter().flatten()
}

fn name(shown: &Json) -> &str {
    shown["name"].as_str().unwrap()
}

#[tokio::test]
async fn every_part_of_the_schema_says_what_it_is() {
    let mut silent = Vec::new();
    let mut look = |path: String, shown: &Json| {
        if shown["description"].as_str().is_none_or(|text| text.trim().is_empty()) {
            silent.push(path);
        }
    };
    for shown in &types().await {
        look(name(shown).to_owned(), shown);
        for kind in ["fields", "inputFields", "enumValues"] {
            for part in parts(shown, kind) {
                look(format!("{}.{}", name(shown), name(part)), part);
                for argument in parts(part, "args") {
                    look(format!("{}.{}({})", name(shown), name(part), name(argument)), argument);
                }
            }
        }
    }
    assert_eq!(silent, [""; 0], "without a description");
}

#[tokio::test]
async fn names_follow_the_customs_of_graphql() {
    let is_word = |text: &str, upper: bool| {
        let first =
            text.starts_with(|first: char| if upper { first.is_ascii_uppercase() } else { first.is_ascii_lowercase() });
        first && text.chars().all(|character| character.is_ascii_alphanumeric())
    };
    let is_constant = |text: &str| text.chars().all(|character| character.is_ascii_uppercase() || character == '_');
    for shown in &types().await {
        let type_name = name(shown);
        assert!(is_word(type_name, true), "{type_name}");
        for part in parts(shown, "fields").chain(parts(shown, "inputFields")) {
            assert!(is_word(name(part), false), "{type_name}.{}", name(part));
            assert!(parts(part, "args").all(|argument| is_word(name(argument), false)), "{type_name}.{}", name(part));
        }
        assert!(parts(shown, "enumValues").all(|value| is_constant(name(value))), "{type_name}");
        if shown["kind"] == "INPUT_OBJECT" {
            let ends = ["Input", "Filter", "Order"].iter().any(|end| type_name.ends_with(end));
            assert!(ends, "{type_name} is an input and does not say so");
        }
    }
}

#[tokio::test]
async fn every_list_has_the_four_arguments_of_a_connection() {
    let types = types().await;
    let query = types.iter().find(|shown| name(shown) == "Query").unwrap();
    for list in ["devices", "snapshots", "exceptions", "organizations", "jobBatches", "jobRuns"] {
        let field = parts(query, "fields").find(|field| name(field) == list).unwrap();
        let arguments: Vec<_> = parts(field, "args").map(name).collect();
        for argument in ["first", "after", "last", "before", "filter"] {
            assert!(arguments.contains(&argument), "{list} has no {argument}");
        }
    }
}

#[tokio::test]
async fn every_root_field_says_which_right_it_needs() {
    let types = types().await;
    for (root, kind) in [
        ("Query", OperationType::Query),
        ("Mutation", OperationType::Mutation),
        ("Subscription", OperationType::Subscription),
    ] {
        let fields = types.iter().filter(|shown| name(shown) == root).flat_map(|shown| parts(shown, "fields"));
        let unsaid: Vec<&str> = fields.map(name).filter(|field| rights::need(kind, field).is_none()).collect();
        assert_eq!(unsaid, [""; 0], "{root} fields that graphql/rights.rs does not list");
    }
}

#[tokio::test]
async fn every_mutation_says_why_it_did_nothing() {
    let types = types().await;
    let of = |wanted: &str| types.iter().find(|shown| name(shown) == wanted).unwrap();
    for mutation in parts(of("Mutation"), "fields") {
        let payload = mutation["type"]["ofType"]["name"].as_str().unwrap();
        assert!(parts(of(payload), "fields").any(|field| name(field) == "userErrors"), "{payload}");
    }
}

#[test]
fn the_schema_is_printed_the_same_way_each_time() {
    assert_eq!(sdl(), sdl());
}

#[tokio::test]
async fn errors_of_the_engine_have_codes() {
    let bad_variable = Request::new("query($date: Date!) { snapshots(date: $date) { totalCount } }")
        .variables(async_graphql::Variables::from_json(serde_json::json!({ "date": "yesterday" })));
    for (query, code) in [
        (Request::new("{ devices"), "GRAPHQL_PARSE_FAILED"),
        (Request::new("{ nothing }"), "GRAPHQL_VALIDATION_FAILED"),
        (Request::new("{ device { id } }"), "GRAPHQL_VALIDATION_FAILED"),
        (Request::new("{ devices(first: \"two\") { totalCount } }"), "GRAPHQL_VALIDATION_FAILED"),
        (Request::new("{ devices(first: 10000000000) { totalCount } }"), "GRAPHQL_VALIDATION_FAILED"),
        (Request::new("{ snapshots(date: \"2026-02-30\") { totalCount } }"), "GRAPHQL_VALIDATION_FAILED"),
        (Request::new("{ usageChanges(vendor: ACME, from: 1, to: 2) { unchanged } }"), "GRAPHQL_VALIDATION_FAILED"),
        (bad_variable, "GRAPHQL_VALIDATION_FAILED"),
        (Request::new("query A { __typename } query B { __typename }"), "OPERATION_RESOLUTION_FAILURE"),
        (Request::new("{ __typename }").operation_name("C"), "OPERATION_RESOLUTION_FAILURE"),
        (Request::new("{ node(id: \"1\") { id } }"), "BAD_USER_INPUT"),
        (Request::new("{ nodes(ids: [\"1\"]) { id } }"), "BAD_USER_INPUT"),
        (Request::new("{ device(id: \"RXhjZXB0aW9uOjE\") { id } }"), "BAD_USER_INPUT"),
        (Request::new(expensive()), "QUERY_TOO_COMPLEX"),
    ] {
        let text = query.query.clone();
        let answer = ask(query).await;
        let codes: Vec<_> = answer.errors.iter().map(code_of).collect();
        assert!(!codes.is_empty() && codes.iter().all(|found| found == code), "{text}: {:?}", answer.errors);
    }
}

fn code_of(error: &async_graphql::ServerError) -> String {
    match error.extensions.as_ref().and_then(|values| values.get("code")) {
        Some(Value::String(code)) => code.clone(),
        _ => format!("no code: {}", error.message),
    }
}

/// Cheap to write, and half a million rows.
fn expensive() -> String {
    let page = |alias: usize| format!("a{alias}: devices(first: 500) {{ edges {{ node {{ id hostname }} }} }} ");
    format!("{{ {} }}", (0..100).map(page).collect::<String>())
}
