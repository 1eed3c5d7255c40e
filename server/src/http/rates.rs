//! How often a client may ask. Each has an allowance that fills up again with time; an operation takes one, whichever
//! way it comes: by a request, as a part of a batch, over a WebSocket.
//!
//! Clients whose allowance is full again are forgotten, so that memory follows how many ask at once and not how many
//! ever asked.

use std::{
    net::IpAddr,
    num::NonZeroU32,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use chrono::{DateTime, Utc};
use domain::{
    access::{Principal, customer},
    clock::Clock,
};
use governor::{Quota, RateLimiter, middleware::NoOpMiddleware, state::keyed::HashMapStateStore};

use super::{
    HttpOptions,
    accept::Accept,
    answer::{Code, Refusal},
    caller::Caller,
};

/// Those who watch the hub must not be locked out by those who use it.
const UNLIMITED: [&str; 2] = ["/healthz", "/readyz"];

/// After so many operations it is looked for clients to forget.
const LOOK_EVERY: u32 = 1024;

/// How often one client may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Operations a minute, in the long run.
    pub per_minute: NonZeroU32,
    /// Operations at once.
    pub burst: NonZeroU32,
}

/// Who an operation is counted for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Client {
    /// An address; of IPv6 the network that one customer has.
    Address(IpAddr),
    /// All whose address is not known.
    Unknown,
    /// A user or an API token, by its name, wherever it asks from.
    Principal(String),
}

impl Client {
    fn of(caller: Caller) -> Self {
        caller.address.map_or(Self::Unknown, |address| Self::Address(customer(address)))
    }
}

type Limiter = RateLimiter<Client, HashMapStateStore<Client>, Monotonic, NoOpMiddleware<Duration>>;

/// The allowances of all clients of one kind.
#[derive(Debug)]
struct Allowances {
    limiter: Limiter,
    clock: Monotonic,
    counted: AtomicU32,
}

impl Allowances {
    fn of(limit: RateLimit, clock: &Arc<dyn Clock>) -> Self {
        let quota = Quota::per_minute(limit.per_minute).allow_burst(limit.burst);
        let clock = Monotonic::of(clock);
        let limiter = Limiter::hashmap_with_clock(quota, clock.clone());
        Self { limiter, clock, counted: AtomicU32::new(0) }
    }

    /// Takes one operation from the allowance, or tells how long to wait for one.
    fn take(&self, client: &Client) -> Result<(), Duration> {
        if self.counted.fetch_add(1, Ordering::Relaxed) % LOOK_EVERY == LOOK_EVERY - 1 {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        let taken = self.limiter.check_key(client);
        taken.map_err(|refused| refused.wait_time_from(governor::clock::Clock::now(&self.clock)))
    }
}

/// The allowances of all clients of this process.
#[derive(Debug)]
pub(crate) struct Rates {
    addresses: Option<Allowances>,
    /// Nobody where nobody signs in: all are one there.
    principals: Option<Allowances>,
}

impl Rates {
    /// `None` where nobody is counted.
    pub(super) fn of(options: &HttpOptions) -> Option<Arc<Self>> {
        let allowances = |limit| Allowances::of(limit, &options.clock);
        let of_principals = options.principal_rate_limit.filter(|_| options.sign_in.is_some());
        let rates = Self { addresses: options.rate_limit.map(allowances), principals: of_principals.map(allowances) };
        (rates.addresses.is_some() || rates.principals.is_some()).then(|| Arc::new(rates))
    }
}

/// Takes one operation from an address; the refusal says how long to wait.
pub(crate) fn take(rates: Option<&Rates>, caller: Caller) -> Result<(), Refusal> {
    let allowances = rates.and_then(|rates| rates.addresses.as_ref());
    allowances.map_or(Ok(()), |allowances| allowances.take(&Client::of(caller)).map_err(refusal))
}

/// Takes one operation from who asks, whatever the address.
pub(crate) fn take_of(rates: Option<&Rates>, principal: &Principal) -> Result<(), Refusal> {
    let allowances = rates.and_then(|rates| rates.principals.as_ref());
    let client = || Client::Principal(principal.name().to_owned());
    allowances.map_or(Ok(()), |allowances| allowances.take(&client()).map_err(refusal))
}

fn refusal(wait: Duration) -> Refusal {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let message = format!("too many operations from this client: ask again in {seconds} s");
    Refusal::new(Code::RateLimited, message).again_after(Duration::from_secs(seconds.max(1)))
}

/// Lets a request through, or answers 429 with `Retry-After`.
pub(super) async fn limit(State(rates): State<Arc<Rates>>, request: Request, next: Next) -> Response {
    if UNLIMITED.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    match take(Some(&rates), Caller::of(request.extensions())) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_answer(Accept::of(request.headers()).media),
    }
}

/// The same for who asks, once that is known.
pub(super) async fn limit_principal(State(rates): State<Arc<Rates>>, request: Request, next: Next) -> Response {
    let taken = request.extensions().get::<Principal>().map(|principal| take_of(Some(&rates), principal));
    match taken {
        Some(Err(refusal)) => refusal.into_answer(Accept::of(request.headers()).media),
        Some(Ok(())) | None => next.run(request).await,
    }
}

/// The hub's clock as the limiter reads it: the time that has passed. A clock that is set back passes no time, so that
/// nobody waits for the hour that was taken back.
#[derive(Clone, Debug)]
struct Monotonic {
    clock: Arc<dyn Clock>,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Debug)]
struct Seen {
    last: DateTime<Utc>,
    passed: Duration,
}

impl Monotonic {
    fn of(clock: &Arc<dyn Clock>) -> Self {
        let seen = Seen { last: clock.now(), passed: Duration::ZERO };
        Self { clock: Arc::clone(clock), seen: Arc::new(Mutex::new(seen)) }
    }
}

impl governor::clock::Clock for Monotonic {
    type Instant = Duration;

    fn now(&self) -> Duration {
        let now = self.clock.now();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let step = (now - seen.last).to_std().unwrap_or_default();
        seen.passed += step;
        seen.last = now;
        seen.passed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_counted_alone_and_an_ipv6_customer_as_one() {
        let client = |text: &str| Client::of(Caller { address: Some(text.parse().unwrap()), is_secure: false });
        assert_ne!(client("192.0.2.1"), client("192.0.2.2"));
        assert_eq!(client("2001:db8:1:2::1"), client("2001:db8:1:2:ffff::9"));
        assert_ne!(client("2001:db8:1:2::1"), client("2001:db8:1:3::1"));
        assert_eq!(Client::of(Caller::default()), Client::Unknown);
    }
}
