//! Reading `/metrics` as Prometheus does.

use std::collections::{BTreeMap, BTreeSet};

use crate::http_client;

/// What one scrape told.
#[derive(Clone, Debug)]
pub struct Scrape {
    /// The text as it came.
    pub text: String,
    samples: BTreeMap<String, f64>,
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
            let value = value.parse().unwrap_or_else(|error| panic!("{error}: {line}"));
            (series.to_owned(), value)
        };
        let samples = lines.map(sample).collect();
        Self { text, samples }
    }

    /// The value of a series, written as it is told; `None` when it is not there.
    pub fn find(&self, series: &str) -> Option<f64> {
        self.samples.get(series).copied()
    }

    /// The value of a series; panics when it is not there.
    #[track_caller]
    pub fn value(&self, series: &str) -> f64 {
        self.find(series).unwrap_or_else(|| panic!("no {series} in\n{}", self.text))
    }

    /// The names of all samples, as queries name them.
    pub fn names(&self) -> BTreeSet<&str> {
        self.samples.keys().map(|series| series.split('{').next().unwrap_or_default()).collect()
    }

    /// The series whose names begin like this.
    pub fn series(&self, start: &str) -> BTreeMap<&str, f64> {
        let wanted = self.samples.iter().filter(|(series, _)| series.starts_with(start));
        wanted.map(|(series, value)| (series.as_str(), *value)).collect()
    }
}
