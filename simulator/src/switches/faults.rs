use std::time::Duration;

use chrono::{DateTime, Utc};

use super::Gate;

/// Whose API a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Vendor {
    /// NinjaOne, under `/ninja`.
    Ninja,
    /// ThreatLocker, under `/threatlocker`.
    ThreatLocker,
}

/// When a throttled client may come again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfter {
    /// No header.
    Absent,
    /// Seconds.
    Seconds(u64),
    /// An HTTP date.
    At(DateTime<Utc>),
}

/// What happens to a request.
#[derive(Debug, Clone)]
pub enum Effect {
    /// That status code with the vendor's body for it.
    Status(u16),
    /// 429.
    Throttled(RetryAfter),
    /// 200 with an HTML page that says "Too many requests".
    Html,
    /// 200 with zero bytes.
    EmptyBody,
    /// 200 with an error object where a list belongs.
    ErrorObject,
    /// 200 with something that is not JSON.
    InvalidJson,
    /// 200 with an empty list inside that many bytes of white space.
    Oversize(u64),
    /// The true answer, cut in the middle, with headers that fit the cut.
    Truncated,
    /// The true answer, and in the middle of it the connection breaks.
    Broken,
    /// The true answer, once the gate lets it through.
    Held(Gate),
    /// The true answer, later. For demonstrations; tests use [`Effect::Held`].
    Delayed(Duration),
}

/// Which of the requests it matches a fault strikes, counted from 1 since the fault was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// All of them.
    Always,
    /// The first so many.
    First(u64),
    /// Every so many-th.
    Every(u64),
    /// That one.
    Nth(u64),
    /// That one and all after it.
    From(u64),
}

/// Transport trouble: for whom, when, what.
#[derive(Debug, Clone)]
pub struct Fault {
    vendor: Option<Vendor>,
    prefix: String,
    when: When,
    effect: Effect,
    seen: u64,
}

impl Fault {
    /// Strikes every request of both vendors.
    pub fn new(effect: Effect) -> Self {
        Self { vendor: None, prefix: String::new(), when: When::Always, effect, seen: 0 }
    }

    /// Only requests to this vendor.
    #[must_use]
    pub fn of(self, vendor: Vendor) -> Self {
        Self { vendor: Some(vendor), ..self }
    }

    /// Only paths that begin like this, in any letter case, as [`crate::Recorded::path`] spells them:
    /// `/v2/devices`, `/ws/oauth/token`, `/Computer/`.
    #[must_use]
    pub fn on(self, prefix: &str) -> Self {
        Self { prefix: prefix.to_ascii_lowercase(), ..self }
    }

    /// Only some of them.
    #[must_use]
    pub fn when(self, when: When) -> Self {
        Self { when, ..self }
    }

    /// Only the first so many.
    #[must_use]
    pub fn times(self, calls: u64) -> Self {
        self.when(When::First(calls))
    }

    fn strikes(&mut self, vendor: Vendor, path: &str) -> bool {
        let concerned =
            self.vendor.is_none_or(|wanted| wanted == vendor) && path.to_ascii_lowercase().starts_with(&self.prefix);
        if !concerned {
            return false;
        }
        self.seen += 1;
        match self.when {
            When::Always => true,
            When::First(calls) => self.seen <= calls,
            When::Every(calls) => self.seen.is_multiple_of(calls.max(1)),
            When::Nth(call) => self.seen == call,
            When::From(call) => self.seen >= call,
        }
    }
}

/// What all faults together do to one request.
#[derive(Debug, Default)]
pub(crate) struct Strike {
    pub(crate) gates: Vec<Gate>,
    pub(crate) delay: Duration,
    /// The answer in place of the true one.
    pub(crate) answer: Option<Effect>,
    pub(crate) tail: Option<Tail>,
}

/// How the true answer ends too early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tail {
    Truncated,
    Broken,
}

impl Strike {
    pub(crate) fn of(faults: &mut [Fault], vendor: Vendor, path: &str) -> Self {
        let mut strike = Self::default();
        for fault in faults {
            if fault.strikes(vendor, path) {
                strike.add(&fault.effect);
            }
        }
        strike
    }

    fn add(&mut self, effect: &Effect) {
        match effect {
            Effect::Held(gate) => self.gates.push(gate.clone()),
            Effect::Delayed(delay) => self.delay += *delay,
            Effect::Truncated => self.tail = self.tail.or(Some(Tail::Truncated)),
            Effect::Broken => self.tail = self.tail.or(Some(Tail::Broken)),
            answer if self.answer.is_none() => self.answer = Some(answer.clone()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Effect, Fault, Strike, Vendor, When};

    fn struck(fault: Fault, calls: usize) -> Vec<bool> {
        let mut faults = [fault];
        let hit = |faults: &mut [Fault]| Strike::of(faults, Vendor::Ninja, "/v2/devices").answer.is_some();
        (0..calls).map(|_| hit(&mut faults)).collect()
    }

    #[test]
    fn a_fault_strikes_when_it_says() {
        let fault = || Fault::new(Effect::Html).on("/V2/dev");
        assert_eq!(struck(fault(), 3), [true, true, true]);
        assert_eq!(struck(fault().times(2), 3), [true, true, false]);
        assert_eq!(struck(fault().when(When::Every(2)), 4), [false, true, false, true]);
        assert_eq!(struck(fault().when(When::Nth(2)), 3), [false, true, false]);
        assert_eq!(struck(fault().when(When::From(2)), 3), [false, true, true]);
        assert_eq!(struck(fault().of(Vendor::ThreatLocker), 1), [false]);
        assert_eq!(struck(Fault::new(Effect::Html).on("/v2/organizations"), 1), [false]);
    }

    #[test]
    fn waits_add_up_and_the_first_answer_wins() {
        let mut faults = [
            Fault::new(Effect::Delayed(std::time::Duration::from_secs(1))),
            Fault::new(Effect::Delayed(std::time::Duration::from_secs(2))),
            Fault::new(Effect::Status(500)),
            Fault::new(Effect::Html),
        ];
        let strike = Strike::of(&mut faults, Vendor::Ninja, "/v2/devices");
        assert_eq!(strike.delay.as_secs(), 3);
        assert!(matches!(strike.answer, Some(Effect::Status(500))));
    }
}
