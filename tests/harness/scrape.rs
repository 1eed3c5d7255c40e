//! Reading `/metrics` as Prometheus does.

use std::collections::{BTreeMap, BTreeSet};

use crate::http_client;

/// What one scrape told.
#[derive(Clone, Debug)]
pub struct Scrape {
    /// The text as it came.
    pub text: String,
    /// Every series, and its value as it is written.
    samples: BTreeMap<String, String>,
}

impl Scrape {
    /// Scrapes the hub that answers at this address of GraphQL.
    pub async fn of(graphql_url: &str) -> Self {
        let url = graphql_url.replace("/graphql", "/metrics");
        let answer = http_client().get(url).send().await.unwrap_or_else(|error| panic!("no metrics: {error}"));
        assert_eq!(answer.status(), 200);
        let media = answer.headers()["content-type"].to_str().unwrap_or_default().to_owned();
        assert!(media.starts_with("application/openmetrics-text; version=1.0.0"), "{media}");
        let text = answer.text().await.unwrap_or_else(|error| panic!("the metrics broke off: {error}"));
        Self::read(text)
    }

    /// Reads OpenMetrics text; panics where it is none.
    pub fn read(text: String) -> Self {
        assert!(text.ends_with("# EOF\n"), "{text}");
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let sample = |line: &str| {
            let (series, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no sample: {line}"));
            assert!(value.parse::<f64>().is_ok(), "no number: {line}");
            (series.to_owned(), value.to_owned())
        };
        let samples = lines.map(sample).collect();
        Self { text, samples }
    }

    /// The value of a series, named and written as it is told; `None` when it is not there.
    pub fn find(&self, series: &str) -> Option<&str> {
        self.samples.get(series).map(String::as_str)
    }

    /// The whole number that a series tells; panics when it is not there, or is none.
    #[track_caller]
    pub fn value(&self, series: &str) -> u64 {
        let value = self.find(series).unwrap_or_else(|| panic!("no {series} in\n{}", self.text));
        value.trim_end_matches(".0").parse().unwrap_or_else(|error| panic!("{error}: {series} {value}"))
    }

    /// The names of all samples, as queries name them.
    pub fn names(&self) -> BTreeSet<&str> {
        self.samples.keys().map(|series| series.split('{').next().unwrap_or_default()).collect()
    }

    /// The series whose names begin like this.
    pub fn series(&self, start: &str) -> BTreeSet<&str> {
        self.samples.keys().map(String::as_str).filter(|series| series.starts_with(start)).collect()
    }
}
