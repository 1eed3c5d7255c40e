//! Alerts: what a night left behind is judged, each trouble is told once when it begins and once when it is over (rules
//! section 12).
//!
//! `evidence` reads what is known of a day, `domain::alerting` judges it, `recording` writes what began and what is over
//! together with the messages that `telling` says each sink gets (the outbox), in one transaction: what is recorded is told,
//! however the process ends. `outbox` hands out what is due, to one server at a time, and `delivering` sends it. This module decides
//! no rule and knows no vendor; how a message is sent is for `sinks`.

mod delivering;
mod evidence;
mod messages;
mod outbox;
mod recording;
mod telling;
mod verifying;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::alerting::VerificationSettings;
use rand::{Rng, SeedableRng, rngs::StdRng};

pub use self::delivering::Tried;
use super::Inventory;
use crate::sinks::{MessageKind, Sink};

/// What people set about alerts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertRules {
    /// What is looked at after a night.
    pub verification: VerificationSettings,
    /// How often a message is tried before it is given up.
    pub attempts: u32,
    /// With more messages than this at once, a sink gets one that lists them.
    pub digest_over: usize,
    /// For how long a server has a message to itself; longer than an attempt may take.
    pub lease: Duration,
    /// How long somebody who tries a sink waits for it at most; shorter than a request may take.
    pub trial: Duration,
}

impl Default for AlertRules {
    fn default() -> Self {
        Self {
            verification: VerificationSettings::default(),
            attempts: 12,
            digest_over: 5,
            lease: Duration::from_mins(2),
            trial: Duration::from_secs(20),
        }
    }
}

/// Where alerts go, and the randomness of the waits between attempts.
#[derive(Debug)]
pub(crate) struct Outlet {
    sinks: Vec<Arc<dyn Sink>>,
    dice: Mutex<StdRng>,
}

impl Outlet {
    fn new(sinks: Vec<Arc<dyn Sink>>, seed: Option<u64>) -> Self {
        let dice = seed.map_or_else(StdRng::from_os_rng, StdRng::seed_from_u64);
        Self { sinks, dice: Mutex::new(dice) }
    }

    /// Anything from 0 to 1.
    fn roll(&self) -> f64 {
        self.dice.lock().unwrap_or_else(PoisonError::into_inner).random()
    }
}

impl Default for Outlet {
    fn default() -> Self {
        Self::new(Vec::new(), None)
    }
}

impl Inventory {
    /// The same hub with these sinks set up. The seed is for tests; without it the operating system gives one.
    #[must_use]
    pub fn with_sinks(mut self, sinks: Vec<Arc<dyn Sink>>, seed: Option<u64>) -> Self {
        for sink in &sinks {
            self.metrics.expect_deliveries(sink.name().code());
        }
        self.outlet = Arc::new(Outlet::new(sinks, seed));
        self
    }
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryStatus {
    /// Waits to be sent, or to be tried again.
    Pending,
    /// A server is sending it.
    Sending,
    /// It was taken.
    Delivered,
    /// It is not tried again.
    GivenUp,
}

impl DeliveryStatus {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Sending, Self::Delivered, Self::GivenUp];

    /// The code that is stored.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sending => "sending",
            Self::Delivered => "delivered",
            Self::GivenUp => "given_up",
        }
    }

    /// The status of a stored code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }
}

/// The code of what a stored message tells.
pub fn event_code(event: MessageKind) -> &'static str {
    match event {
        MessageKind::Opened => "opened",
        MessageKind::Closed => "closed",
        MessageKind::Test => "test",
    }
}

/// What a stored message tells.
pub fn event_from_code(code: &str) -> Option<MessageKind> {
    [MessageKind::Opened, MessageKind::Closed].into_iter().find(|event| event_code(*event) == code)
}
