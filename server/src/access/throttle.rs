//! Guessing passwords is slow: attempts are counted per name and address, per name, and per address.
//!
//! An attempt counts when it begins, so that many at once are counted too, and is taken back when it succeeds. The counts
//! are this server's: behind several, each lets as many through. They are few, forgotten after a quarter of an hour, and
//! only so many are kept.

use std::{
    collections::{HashMap, VecDeque},
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use domain::access::customer;
use sha2::{Digest, Sha256};

/// How long an attempt counts.
const WINDOW: TimeDelta = TimeDelta::minutes(15);

/// Attempts on one name from one address.
const OF_BOTH: usize = 5;
/// Attempts on one name from everywhere; more than from one place, so that nobody is kept out by a stranger so easily.
const OF_NAME: usize = 50;
/// Attempts from one address on all names.
const OF_ADDRESS: usize = 50;

/// Keys that are remembered at most.
const MOST_KEYS: usize = 50_000;

/// How long it counts that somebody signed in from an address.
const REMEMBERED: TimeDelta = TimeDelta::days(30);

/// Users' addresses that are remembered at most.
const MOST_KNOWN: usize = 10_000;

/// What is counted. Addresses are those of [customers](customer). Names are kept by their digest, because what is typed as a name may be a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Key {
    Both([u8; 32], Option<IpAddr>),
    Name([u8; 32]),
    Address(Option<IpAddr>),
}

impl Key {
    fn limit(self) -> usize {
        match self {
            Self::Both(..) => OF_BOTH,
            Self::Name(_) => OF_NAME,
            Self::Address(_) => OF_ADDRESS,
        }
    }
}

/// Attempts of the last quarter of an hour, and who signed in from where.
#[derive(Debug, Default)]
pub(super) struct Throttle(Mutex<Counted>);

#[derive(Debug, Default)]
struct Counted {
    attempts: HashMap<Key, VecDeque<DateTime<Utc>>>,
    /// When somebody last succeeded from an address: strangers who try the same name don't keep them out.
    known: HashMap<Key, DateTime<Utc>>,
}

impl Throttle {
    /// Counts an attempt, or says after which time the next one is let through.
    pub(super) fn begin(&self, name: &str, address: Option<IpAddr>, now: DateTime<Utc>) -> Result<(), Duration> {
        let keys @ [both, _, of_address] = keys(name, address);
        let mut counted = self.counted();
        let is_known = counted.known.get(&both).is_some_and(|&last| last + REMEMBERED > now);
        let held_by: &[Key] = if is_known { &[both, of_address] } else { &keys };
        counted.count(held_by, &keys, now)
    }

    /// The same for one that has no name yet: others from the address are all that it is counted with.
    pub(super) fn begin_from(&self, address: Option<IpAddr>, now: DateTime<Utc>) -> Result<(), Duration> {
        let key = [Key::Address(address.map(customer))];
        self.counted().count(&key, &key, now)
    }

    /// Takes an attempt without a name back.
    pub(super) fn succeed_from(&self, address: Option<IpAddr>) {
        self.counted().take_back(Key::Address(address.map(customer)));
    }

    /// Takes an attempt back that could not be made.
    pub(super) fn take_back(&self, name: &str, address: Option<IpAddr>) {
        let mut counted = self.counted();
        for key in keys(name, address) {
            counted.take_back(key);
        }
    }

    /// Takes an attempt back that was none on somebody else's account, and what was mistyped before it.
    pub(super) fn succeed(&self, name: &str, address: Option<IpAddr>, now: DateTime<Utc>) {
        let [both, of_name, of_address] = keys(name, address);
        let mut counted = self.counted();
        counted.attempts.remove(&both);
        counted.take_back(of_name);
        counted.take_back(of_address);
        counted.remember(both, now);
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counted {
    /// Counts an attempt by all its keys; some of them may hold it up.
    fn count(&mut self, held_by: &[Key], keys: &[Key], now: DateTime<Utc>) -> Result<(), Duration> {
        let wait = held_by.iter().filter_map(|&key| wait_of(self.attempts.get_mut(&key)?, key, now)).max();
        if let Some(wait) = wait {
            return Err(wait.to_std().unwrap_or_default());
        }
        if self.attempts.len() + keys.len() > MOST_KEYS {
            self.attempts.retain(|_, times| times.back().is_some_and(|&last| last + WINDOW > now));
        }
        let is_full = self.attempts.len() + keys.len() > MOST_KEYS;
        // Still too many: those who come anew have to wait rather than some be forgotten.
        if is_full && !keys.iter().all(|key| self.attempts.contains_key(key) || self.known.contains_key(key)) {
            return Err(Duration::from_mins(1));
        }
        for &key in keys {
            self.attempts.entry(key).or_default().push_back(now);
        }
        Ok(())
    }

    fn take_back(&mut self, key: Key) {
        self.attempts.get_mut(&key).and_then(VecDeque::pop_back);
    }

    fn remember(&mut self, key: Key, now: DateTime<Utc>) {
        if self.known.len() >= MOST_KNOWN {
            self.known.retain(|_, &mut last| last + REMEMBERED > now);
        }
        if self.known.len() < MOST_KNOWN {
            self.known.insert(key, now);
        }
    }
}

/// How long a key has to wait; what is older than the window is forgotten.
fn wait_of(times: &mut VecDeque<DateTime<Utc>>, key: Key, now: DateTime<Utc>) -> Option<TimeDelta> {
    while times.front().is_some_and(|&first| first + WINDOW <= now) {
        times.pop_front();
    }
    let first = times.front().filter(|_| times.len() >= key.limit())?;
    Some(*first + WINDOW - now)
}

fn keys(name: &str, address: Option<IpAddr>) -> [Key; 3] {
    let name = Sha256::digest(name.as_bytes()).into();
    let address = address.map(customer);
    [Key::Both(name, address), Key::Name(name), Key::Address(address)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        "2026-03-02T12:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(minutes)
    }

    #[expect(clippy::unnecessary_wraps, reason = "an address as it is asked for")]
    fn from(last: u8) -> Option<IpAddr> {
        Some(IpAddr::from([192, 0, 2, last]))
    }

    #[test]
    fn the_sixth_attempt_on_a_name_waits_for_the_first_to_be_forgotten() {
        let throttle = Throttle::default();
        for minute in 0..5 {
            assert_eq!(throttle.begin("ann", from(1), at(minute)), Ok(()));
        }
        assert_eq!(throttle.begin("ann", from(1), at(5)), Err(Duration::from_mins(10)));
        assert_eq!(throttle.begin("ann", from(2), at(5)), Ok(()), "elsewhere nobody guessed");
        assert_eq!(throttle.begin("bob", from(1), at(5)), Ok(()));
        assert_eq!(throttle.begin("ann", from(1), at(15)), Ok(()));
        assert_eq!(throttle.begin("ann", from(1), at(15)), Err(Duration::from_mins(1)));
    }

    #[test]
    fn who_succeeds_starts_anew() {
        let throttle = Throttle::default();
        for _ in 0..100 {
            for _ in 0..4 {
                assert_eq!(throttle.begin("ann", from(1), at(0)), Ok(()));
            }
            for _ in 0..4 {
                throttle.succeed("ann", from(1), at(0));
            }
        }
    }

    #[test]
    fn an_address_that_tries_many_names_waits() {
        let throttle = Throttle::default();
        for name in 0..OF_ADDRESS {
            assert_eq!(throttle.begin(&name.to_string(), from(1), at(0)), Ok(()));
        }
        assert!(throttle.begin("another", from(1), at(0)).is_err());
        assert!(throttle.begin("another", from(2), at(0)).is_ok());
    }

    #[test]
    fn an_ipv6_customer_is_one_address() {
        let throttle = Throttle::default();
        let of = |text: &str| Some(text.parse::<IpAddr>().unwrap());
        for last in 0..OF_BOTH {
            assert_eq!(throttle.begin("ann", of(&format!("2001:db8:1:2::{last}")), at(0)), Ok(()));
        }
        assert!(throttle.begin("ann", of("2001:db8:1:2:ffff::9"), at(0)).is_err());
        assert!(throttle.begin("ann", of("2001:db8:1:3::1"), at(0)).is_ok());
    }

    #[test]
    fn a_name_that_is_tried_from_many_addresses_waits() {
        let throttle = Throttle::default();
        for last in 0..OF_NAME {
            assert_eq!(throttle.begin("ann", from(u8::try_from(last).unwrap()), at(0)), Ok(()));
        }
        assert!(throttle.begin("ann", from(200), at(0)).is_err());
    }

    #[test]
    fn strangers_do_not_keep_somebody_out_of_where_they_signed_in() {
        let throttle = Throttle::default();
        assert_eq!(throttle.begin("ann", from(250), at(0)), Ok(()));
        throttle.succeed("ann", from(250), at(0));
        for last in 0..OF_NAME {
            assert_eq!(throttle.begin("ann", from(u8::try_from(last).unwrap()), at(0)), Ok(()));
        }
        assert!(throttle.begin("ann", from(200), at(0)).is_err());
        for _ in 0..OF_BOTH {
            assert_eq!(throttle.begin("ann", from(250), at(0)), Ok(()));
        }
        assert!(throttle.begin("ann", from(250), at(0)).is_err(), "guessing is slow from there too");
    }
}
