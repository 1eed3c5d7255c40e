//! The dashboard, the alert rules and the page about metrics speak of metrics that the hub serves.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    ops::Range,
    path::{Path, PathBuf},
    process::Command,
};

use harness::{Backend, Receiver, Scrape, World};
use serde_json::{Value, json};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/observability").join(name)
}

fn text(name: &str) -> String {
    fs::read_to_string(file(name)).unwrap()
}

/// What a hub serves on which everything has happened that is counted.
async fn served() -> Scrape {
    let receiver = Receiver::start().await;
    let world = World::small_on(Backend::Sqlite).sinks(receiver.as_slack()).start().await;
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

/// The labels that a query wants of each of its metrics: those that it is matched by, and those that it is grouped or joined
/// by.
fn labels_in(expression: &str) -> Vec<(String, BTreeSet<String>)> {
    let mut wanted: Vec<(String, BTreeSet<String>)> = Vec::new();
    for (place, metric) in places_of_metrics(expression) {
        let rest = &expression[place + metric.len()..];
        let matchers = rest.strip_prefix('{').and_then(|rest| rest.split('}').next()).unwrap_or_default();
        let matched = matchers.split(',').map(|matcher| matcher.split(['=', '!']).next().unwrap_or_default());
        let grouped = groupings(expression).into_iter().filter(|(span, _)| span.contains(&place)).flat_map(|it| it.1);
        let names = matched.map(str::to_owned).chain(grouped).chain(listed_after(expression, "on ("));
        let names = names.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
        wanted.push((metric, names.collect()));
    }
    wanted
}

/// Where the metrics of a query are.
fn places_of_metrics(expression: &str) -> Vec<(usize, String)> {
    let places = expression.match_indices("hub_").map(|(place, _)| place);
    let is_part = |sign: char| sign.is_ascii_alphanumeric() || sign == '_';
    let metric = |place: usize| expression[place..].split(|sign| !is_part(sign)).next().unwrap_or_default().to_owned();
    places.map(|place| (place, metric(place))).collect()
}

/// What is grouped by which labels: `sum by (vendor) (…)`.
fn groupings(expression: &str) -> Vec<(Range<usize>, Vec<String>)> {
    let found = expression.match_indices("by (").filter_map(|(place, mark)| {
        let list = place + mark.len();
        let end = list + expression[list..].find(')')?;
        let from = end + expression[end..].find('(')?;
        let labels = expression[list..end].split(',').map(str::to_owned).collect();
        Some((from..closing(expression, from), labels))
    });
    found.collect()
}

/// Where the bracket closes that opens here.
fn closing(expression: &str, from: usize) -> usize {
    let mut depth = 0_i32;
    let end = expression[from..].find(|sign| {
        depth += i32::from(sign == '(') - i32::from(sign == ')');
        depth == 0
    });
    from + end.unwrap()
}

fn listed_after(expression: &str, mark: &str) -> Vec<String> {
    let lists = expression.split(mark).skip(1).map(|rest| rest.split(')').next().unwrap_or_default());
    lists.flat_map(|list| list.split(',').map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// The labels that each metric is served with, and those that Prometheus adds.
fn labels_of(served: &Scrape) -> BTreeMap<String, BTreeSet<String>> {
    let mut labels = BTreeMap::<String, BTreeSet<String>>::new();
    for sample in served.text.lines().filter(|line| !line.starts_with('#')) {
        let (metric, list) = match sample.split_once('{') {
            Some((metric, rest)) => (metric, rest.rsplit_once('}').unwrap().0),
            None => (sample.split(' ').next().unwrap(), ""),
        };
        let names = list.split("=\"").map(|part| part.rsplit([',', '"']).next().unwrap_or_default().to_owned());
        let names = names.chain(["instance", "job"].map(str::to_owned));
        labels.entry(metric.to_owned()).or_default().extend(names);
    }
    labels
}

#[test]
fn the_labels_of_a_query_are_those_that_each_of_its_metrics_must_have() {
    let query = "sum by (le, job) (rate(hub_a_bucket{status!=\"x\", type=\"y\"}[1d])) / on (job) sum(hub_b)";
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    let expected =
        [("hub_a_bucket".to_owned(), names(&["job", "le", "status", "type"])), ("hub_b".to_owned(), names(&["job"]))];
    assert_eq!(labels_in(query), expected);
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
        for (metric, wanted) in labels_in(&query) {
            let own = labels.get(&metric).unwrap_or_else(|| panic!("{metric} of {query} has no sample"));
            assert!(wanted.is_subset(own), "{metric} in {query} has {own:?} and not {wanted:?}");
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
