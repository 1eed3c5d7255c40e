//! A clock that stands still until somebody waits.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use domain::clock::Clock;

#[derive(Debug)]
pub(crate) struct TestClock {
    now: Mutex<DateTime<Utc>>,
    waits: Mutex<Vec<Duration>>,
}

impl TestClock {
    pub(crate) fn new() -> Arc<Self> {
        let now = "2026-11-20T08:00:00Z".parse().unwrap();
        Arc::new(Self { now: Mutex::new(now), waits: Mutex::default() })
    }

    pub(crate) fn waits(&self) -> Vec<Duration> {
        self.waits.lock().unwrap().clone()
    }

    pub(crate) fn advance(&self, by: TimeDelta) {
        *self.now.lock().unwrap() += by;
    }
}

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> DateTime<Utc> {
        *self.now.lock().unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        self.waits.lock().unwrap().push(duration);
        self.advance(TimeDelta::from_std(duration).unwrap());
        tokio::task::yield_now().await;
    }
}
