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

use crate::{
    Found, Unanswered,
    error::{CallSite, CollectError},
    http::HttpLimits,
};

/// A failed attempt and whether another one is of use.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What the caller sees when no attempt is left.
    pub(crate) error: CollectError,
    /// Whether to try again.
    pub(crate) repeat: Repeat,
}

impl Failure {
    /// How long the vendor asked to wait before the next request, where it said so.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match (&self.repeat, &self.error) {
            (Repeat::Later { after: Some(after), .. }, _) => Some(*after),
            (_, CollectError::Throttled { retry_after, .. }) => *retry_after,
            _ => None,
        }
    }

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

/// How long a caller waits for an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// No attempt starts later.
    pub(crate) until: DateTime<Utc>,
    /// The shortest wait between two attempts.
    pub(crate) pause: Duration,
}

impl Patience {
    /// For one device: at most one request per second.
    pub(crate) fn for_one_device(until: DateTime<Utc>) -> Self {
        Self { until, pause: Duration::from_secs(1) }
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
    pub(crate) async fn run<T, F, Fut>(&self, attempt: F) -> Result<T, CollectError>
    where
        F: FnMut() -> Fut + Send,
        Fut: Future<Output = Result<T, Failure>> + Send,
    {
        let patience = Patience { until: self.clock.now() + self.limits.retry_deadline, pause: Duration::ZERO };
        self.run_until(patience, attempt).await.map_err(|failure| failure.error)
    }

    /// The same with a caller's own patience; the last failure says how long the vendor asked to wait.
    pub(crate) async fn run_until<T, F, Fut>(&self, patience: Patience, mut attempt: F) -> Result<T, Failure>
    where
        F: FnMut() -> Fut + Send,
        Fut: Future<Output = Result<T, Failure>> + Send,
    {
        let mut made = 1;
        loop {
            let failure = match attempt().await {
                Ok(value) => return Ok(value),
                Err(failure) => failure,
            };
            let Some(wait) = self.wait_before_next(&failure.repeat, made, patience) else {
                return Err(failure);
            };
            tracing::warn!(error = %failure.error, attempt = made, wait_ms = wait.as_millis(), "trying again");
            self.clock.sleep(wait).await;
            made += 1;
        }
    }

    /// Waits as after the `made`-th failed attempt of something that is started over as a whole. Returns at once when
    /// the limits leave no room for waiting.
    pub(crate) async fn pause(&self, repeat: &Repeat, made: u32) {
        let patience = Patience { until: self.clock.now() + self.limits.retry_deadline, pause: Duration::ZERO };
        if let Some(wait) = self.wait_before_next(repeat, made, patience) {
            self.clock.sleep(wait).await;
        }
    }

    /// How long to wait after the `made`-th attempt; `None` when it was the last.
    fn wait_before_next(&self, repeat: &Repeat, made: u32, patience: Patience) -> Option<Duration> {
        let Repeat::Later { attempts, after } = *repeat else { return None };
        if made >= attempts.min(self.limits.max_attempts) {
            return None;
        }
        let wait = after.unwrap_or_else(|| self.backoff(made)).max(patience.pause);
        let left = (patience.until - self.clock.now()).to_std().unwrap_or_default();
        (wait <= left).then_some(wait)
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

/// The answer about one device, given up when the caller's time is over, whatever it waits for.
pub(crate) async fn answer_within(
    within: Duration,
    at: CallSite,
    answer: impl Future<Output = Result<Found, Failure>> + Send,
) -> Result<Found, Unanswered> {
    let Ok(answered) = tokio::time::timeout(within, answer).await else {
        let problem = format!("no answer within {} s", within.as_secs());
        return Err(Unanswered { error: CollectError::Unreachable { at, problem }, retry_after: None });
    };
    answered.map_err(|failure| Unanswered { retry_after: failure.retry_after(), error: failure.error })
}
