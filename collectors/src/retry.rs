//! Trying again: which failures, how often, and how long to wait in between.
//!
//! Waiting goes through the clock and jitter through a seeded generator, so that tests neither wait nor guess. Only calls
//! that change nothing at the vendor are given to [`Retrier::run`].

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use domain::clock::Clock;
use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::{error::CollectError, http::HttpLimits};

/// A failed attempt and whether another one is of use.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What the caller sees when no attempt is left.
    pub(crate) error: CollectError,
    /// Whether to try again.
    pub(crate) repeat: Repeat,
}

impl Failure {
    /// A failure that another attempt would only repeat.
    pub(crate) fn last(error: CollectError) -> Self {
        Self { error, repeat: Repeat::Never }
    }
}

/// Whether to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Another attempt would give the same.
    Never,
    /// It may pass.
    Later {
        /// Most attempts in all, where fewer than [`HttpLimits::max_attempts`] make sense.
        attempts: u32,
        /// How long the vendor asked to wait.
        after: Option<Duration>,
    },
}

impl Repeat {
    /// As often as the limits allow.
    pub(crate) fn often() -> Self {
        Self::Later { attempts: u32::MAX, after: None }
    }

    /// At most `attempts` in all.
    pub(crate) fn up_to(attempts: u32) -> Self {
        Self::Later { attempts, after: None }
    }
}

/// Repeats attempts within the limits.
#[derive(Debug)]
pub(crate) struct Retrier {
    clock: Arc<dyn Clock>,
    limits: HttpLimits,
    jitter: Mutex<StdRng>,
}

impl Retrier {
    pub(crate) fn new(clock: Arc<dyn Clock>, limits: HttpLimits) -> Self {
        let jitter = limits.jitter_seed.map_or_else(StdRng::from_os_rng, StdRng::seed_from_u64);
        Self { clock, limits, jitter: Mutex::new(jitter) }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Runs attempts until one succeeds, is final, or the limits are reached.
    pub(crate) async fn run<T, F, Fut>(&self, mut attempt: F) -> Result<T, CollectError>
    where
        F: FnMut() -> Fut + Send,
        Fut: Future<Output = Result<T, Failure>> + Send,
    {
        let started = self.clock.now();
        let mut made = 1;
        loop {
            let failure = match attempt().await {
                Ok(value) => return Ok(value),
                Err(failure) => failure,
            };
            let Some(wait) = self.wait_before_next(&failure.repeat, made, started) else {
                return Err(failure.error);
            };
            tracing::warn!(error = %failure.error, attempt = made, wait_ms = wait.as_millis(), "trying again");
            self.clock.sleep(wait).await;
            made += 1;
        }
    }

    /// Waits as after the `made`-th failed attempt of something that is started over as a whole. Returns at once when
    /// the limits leave no room for waiting.
    pub(crate) async fn pause(&self, repeat: &Repeat, made: u32) {
        if let Some(wait) = self.wait_before_next(repeat, made, self.clock.now()) {
            self.clock.sleep(wait).await;
        }
    }

    /// How long to wait after the `made`-th attempt; `None` when it was the last.
    fn wait_before_next(&self, repeat: &Repeat, made: u32, started: DateTime<Utc>) -> Option<Duration> {
        let Repeat::Later { attempts, after } = *repeat else { return None };
        if made >= attempts.min(self.limits.max_attempts) {
            return None;
        }
        let wait = after.unwrap_or_else(|| self.backoff(made));
        let spent = (self.clock.now() - started).to_std().unwrap_or_default();
        (spent.saturating_add(wait) <= self.limits.retry_deadline).then_some(wait)
    }

    /// Exponential backoff with full jitter: anything from nothing to the doubled base, so that many hubs that were
    /// throttled together do not come back together.
    fn backoff(&self, made: u32) -> Duration {
        let doubled = self.limits.backoff_base.saturating_mul(1_u32.checked_shl(made - 1).unwrap_or(u32::MAX));
        let ceiling = doubled.min(self.limits.backoff_cap);
        let mut jitter = self.jitter.lock().unwrap_or_else(PoisonError::into_inner);
        jitter.random_range(Duration::ZERO..=ceiling)
    }
}
