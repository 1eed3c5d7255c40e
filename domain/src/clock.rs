//! Time as a parameter. The server brings the real clock, tests bring one they can set (rules section 3).

use std::{fmt::Debug, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

/// The one source of "now" and of waiting.
#[async_trait]
pub trait Clock: Debug + Send + Sync {
    /// The current instant, to the microsecond (what PostgreSQL keeps).
    fn now(&self) -> DateTime<Utc>;

    /// Waits; a test's clock returns at once and moves itself on.
    async fn sleep(&self, duration: Duration);
}

/// The time zone that decides every date: snapshot dates, `date_found`, schedules, "today".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BusinessZone(pub Tz);

impl BusinessZone {
    /// The business day that an instant falls on.
    pub fn date_of(self, instant: DateTime<Utc>) -> NaiveDate {
        instant.with_timezone(&self.0).date_naive()
    }
}

impl Default for BusinessZone {
    fn default() -> Self {
        Self(chrono_tz::America::Chicago)
    }
}
