//! The dashboard, the alert rules and the page about metrics speak of metrics that the hub serves.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use harness::{Backend, Scrape, World};
use serde_json::{Value, json};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/observability").join(name)
}

fn text(name: &str) -> String {
    fs::read_to_string(file(name)).unwrap()
}

/// What a hub serves on which everything has happened that is counted.
async fn served() -> Scrape {
    let world = World::small_on(Backend::Sqlite).start().await;
    world.night(0).await;
    world.graphql.ask("{ nothing }", json!({})).await.error_code();
    world.graphql.query("{ vendors { name } }").await;
    Scrape::of(&world.graphql.url).await
}

/// The metrics that a text names.
fn metrics_in(text: &str) -> BTreeSet<String> {
    let words = text.split(|sign: char| !(sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '_'));
    words.filter(|word| word.starts_with("hub_")).map(str::to_owned).collect()
}

/// The labels that a query groups by or matches on.
fn labels_in(expression: &str) -> BTreeSet<String> {
    let mut labels = BTreeSet::new();
    for list in expression.split("by (").skip(1).chain(expression.split("on (").skip(1)) {
        let names = list.split(')').next().unwrap_or_default().split(',');
        labels.extend(names.map(|name| name.trim().to_owned()));
    }
    for list in expression.split('{').skip(1) {
        let matchers = list.split('}').next().unwrap_or_default().split(',');
        labels.extend(matchers.map(|matcher| matcher.split(['=', '!']).next().unwrap_or_default().trim().to_owned()));
    }
    labels
}

/// The labels that are served, and those that Prometheus adds.
fn labels_of(served: &Scrape) -> BTreeSet<String> {
    let samples = served.text.lines().filter(|line| !line.starts_with('#'));
    let lists = samples.filter_map(|line| Some(line.split_once('{')?.1.rsplit_once('}')?.0.to_owned()));
    let names = lists.flat_map(|list| list.split("=\"").map(str::to_owned).collect::<Vec<_>>());
    let names = names.map(|part| part.rsplit([',', '"']).next().unwrap_or_default().to_owned());
    names.chain(["instance", "job"].map(str::to_owned)).collect()
}

/// Every query of the dashboard and of the rules.
fn queries() -> Vec<String> {
    let mut queries = Vec::new();
    let dashboard: Value = serde_json::from_str(&text("grafana.json")).unwrap();
    for panel in dashboard["panels"].as_array().unwrap() {
        let targets = panel["targets"].as_array();
        assert!(panel["type"] == "row" || targets.is_some_and(|targets| !targets.is_empty()), "{panel:#}");
        queries.extend(targets.into_iter().flatten().map(|target| target["expr"].as_str().unwrap().to_owned()));
    }
    for rule in rules() {
        queries.push(rule["expr"].as_str().unwrap().to_owned());
    }
    queries
}

fn rules() -> Vec<Value> {
    let rules: Value = serde_saphyr::from_str(&text("alerts.yml")).unwrap();
    let groups = rules["groups"].as_array().unwrap();
    groups.iter().flat_map(|group| group["rules"].as_array().unwrap().clone()).collect()
}

#[tokio::test]
async fn every_query_is_of_metrics_and_labels_that_are_served() {
    let served = served().await;
    let (names, labels) = (served.names(), labels_of(&served));
    let queries = queries();
    assert!(queries.len() >= 25, "{}", queries.len());
    for query in queries {
        let metrics = metrics_in(&query);
        assert!(!metrics.is_empty() || query.starts_with("up{"), "{query}");
        for metric in metrics {
            assert!(names.contains(metric.as_str()), "{metric} of {query} is not among {names:?}");
        }
        for label in labels_in(&query) {
            assert!(labels.contains(&label), "{label} of {query} is not among {labels:?}");
        }
    }
}

#[tokio::test]
async fn the_page_names_every_metric_that_is_served_and_no_other() {
    let served = served().await;
    let help = served.text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let families: BTreeSet<String> = help
        .filter_map(|line| line.split_once(' '))
        .map(|(name, kind)| if kind == "counter" { format!("{name}_total") } else { name.to_owned() })
        .collect();
    let page = text("README.md");
    let rows: String = page.lines().filter(|line| line.starts_with("| `hub_")).collect();
    assert_eq!(metrics_in(&rows), families);
}

#[test]
fn every_rule_says_what_is_wrong_and_how_bad() {
    let rules = rules();
    assert!(rules.len() >= 10, "{}", rules.len());
    for rule in rules {
        let severity = rule["labels"]["severity"].as_str().unwrap();
        assert!(["critical", "warning"].contains(&severity), "{rule:#}");
        assert!(rule["alert"].is_string() && rule["annotations"]["summary"].is_string(), "{rule:#}");
    }
}

#[test]
fn promtool_accepts_the_rules_where_it_is_there() {
    match Command::new("promtool").args(["check", "rules"]).arg(file("alerts.yml")).output() {
        Ok(checked) => assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr)),
        Err(error) => println!("promtool is not on this machine: the rules were only parsed ({error})"),
    }
}
