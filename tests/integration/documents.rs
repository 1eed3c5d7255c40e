//! What the README and the playground show is what the hub answers.

use std::{fs, path::PathBuf};

use domain::checks::ExceptionType;
use harness::{Backend, World};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The text of the first fenced block of a language.
fn block(text: &str, language: &str) -> String {
    let fence = format!("```{language}\n");
    let from = text.find(&fence).unwrap() + fence.len();
    text[from..].split("```").next().unwrap().to_owned()
}

/// The demo's world on its last night.
async fn demo_world(backend: Backend) -> World {
    let world = World::on(backend).plan(FleetPlan::default()).page_size(500).start().await;
    assert_eq!(world.night(30).await.batch.status, "completed");
    world
}

#[rstest]
#[tokio::test]
async fn the_readmes_query_gives_the_answer_it_shows(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let shown: Value = serde_json::from_str(&block(&readme, "json")).unwrap();
    let world = demo_world(backend).await;
    assert_eq!(world.graphql.query(&block(&readme, "graphql")).await, shown);
}

#[test]
fn every_check_is_told_to_technicians_with_its_severity_an_example_and_when_it_is_not_raised() {
    let page = fs::read_to_string(root().join("docs/checks.md")).unwrap();
    for exception_type in ExceptionType::ALL {
        let code = exception_type.code();
        let severity = format!("{:?}", exception_type.severity()).to_lowercase();
        assert!(page.contains(&format!("| [{code}](#{}) | {severity} |", code.to_lowercase())), "{code} in the table");
        let told = page.split(&format!("\n## {code}\n")).nth(1).and_then(|rest| rest.split("\n## ").next());
        let told = told.unwrap_or_else(|| panic!("no paragraph about {code}"));
        assert!(told.contains("*Example:*") && told.contains("*Not raised*"), "{code}: {told}");
    }
}

#[rstest]
#[tokio::test]
async fn the_playgrounds_examples_work_as_they_are(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = demo_world(backend).await;
    let asked = world.graphql.query("{ exceptions(first: 1) { nodes { id hostname } } devices(first: 1, filter: { vendor: { eq: NINJA } }) { nodes { hostname } } }").await;
    let variables = json!({
        "from": world.day(30).to_string(), "to": world.day(31).to_string(), "date": world.day(30).to_string(),
        "month": world.day(30).format("%Y-%m").to_string(),
        "id": asked["exceptions"]["nodes"][0]["id"], "note": "agent installed",
        "hostname": asked["devices"]["nodes"][0]["hostname"],
    });
    let mut names: Vec<PathBuf> =
        fs::read_dir(root().join("playground/src/examples")).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    world.night(31).await;
    for example in names {
        let query = fs::read_to_string(&example).unwrap();
        let used = variables.as_object().unwrap().iter().filter(|(name, _)| query.contains(&format!("${name}")));
        let used: Value =
            used.map(|(name, value)| (name.clone(), value.clone())).collect::<serde_json::Map<_, _>>().into();
        let answer = world.graphql.ask(&query, used).await;
        let data = answer.data().as_object().unwrap();
        let refused =
            data.values().any(|field| field["userErrors"].as_array().is_some_and(|errors| !errors.is_empty()));
        assert!(!refused, "{}: {:#}", example.display(), answer.body);
    }
    world.settle().await;
}
