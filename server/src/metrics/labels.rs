//! Labels, and the buckets of histograms.

use prometheus_client::metrics::histogram::Histogram;

/// Names and values of labels, always in the same order.
pub(super) type Labels<const N: usize> = [(&'static str, String); N];

pub(super) fn labels<const N: usize>(pairs: [(&'static str, &str); N]) -> Labels<N> {
    pairs.map(|(name, value)| (name, value.to_owned()))
}

/// From a millisecond to the half minute after which a request is stopped.
pub(super) fn of_requests() -> Histogram {
    Histogram::new([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0])
}

/// From a tenth of a second to the hours that a throttled collection may take.
pub(super) fn of_jobs() -> Histogram {
    Histogram::new([0.1, 0.5, 1.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 10_800.0])
}
