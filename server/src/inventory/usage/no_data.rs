//! Why there is no answer about a day, in a sentence.

use std::fmt;

use chrono::NaiveDate;
use domain::vendor::Vendor;

/// A day of a vendor that can't be told about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoData {
    /// The vendor.
    pub vendor: Vendor,
    /// The day.
    pub date: NaiveDate,
    /// Why not.
    pub why: WhyNot,
    /// The nearest days before and after it that can be asked for.
    pub nearest: Vec<NaiveDate>,
}

/// Why a day can't be told about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyNot {
    /// It is still to come.
    ToCome,
    /// The vendor's complete list was never stored on it.
    NeverStored,
    /// Its snapshots were dropped, and no later day is counted from which its devices could be derived.
    Dropped,
}

impl fmt::Display for NoData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { vendor, date, .. } = self;
        match self.why {
            WhyNot::ToCome => write!(f, "{date} is a day to come, so nothing of {vendor} is stored for it yet")?,
            WhyNot::NeverStored => write!(f, "no complete snapshot of {vendor} is stored for {date}")?,
            WhyNot::Dropped => write!(
                f,
                "the snapshots of {vendor} of {date} were dropped, and no later day is counted to tell its devices from"
            )?,
        }
        let nearest: Vec<_> = self.nearest.iter().map(ToString::to_string).collect();
        match nearest[..] {
            [] => write!(f, "; no day of {vendor} is stored yet"),
            _ => write!(f, "; nearest: {}", nearest.join(" and ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn every_reason_is_a_sentence_that_names_vendor_day_and_the_nearest() {
        let date = day("2026-03-04");
        let told = |why, nearest: &[&str]| {
            let nearest = nearest.iter().map(|text| day(text)).collect();
            NoData { vendor: Vendor::ThreatLocker, date, why, nearest }.to_string()
        };
        assert_eq!(
            told(WhyNot::NeverStored, &["2026-03-02", "2026-03-06"]),
            "no complete snapshot of ThreatLocker is stored for 2026-03-04; nearest: 2026-03-02 and 2026-03-06"
        );
        assert_eq!(
            told(WhyNot::ToCome, &[]),
            "2026-03-04 is a day to come, so nothing of ThreatLocker is stored for it yet; no day of ThreatLocker is \
             stored yet"
        );
        assert_eq!(
            told(WhyNot::Dropped, &["2026-03-06"]),
            "the snapshots of ThreatLocker of 2026-03-04 were dropped, and no later day is counted to tell its devices \
             from; nearest: 2026-03-06"
        );
    }
}
