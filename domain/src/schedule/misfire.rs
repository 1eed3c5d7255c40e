//! What becomes of slots that nobody took in time.

use chrono::{DateTime, TimeDelta, Utc};

use crate::clock::BusinessZone;

/// A slot that is taken within this time was not missed: tickers wake every few seconds, and a server may be replaced.
const IN_TIME: TimeDelta = TimeDelta::minutes(1);

/// How late a slot may still be taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grace {
    /// As long as its business day is today.
    #[default]
    RestOfDay,
    /// This long after it was due.
    For(TimeDelta),
}

/// What becomes of missed slots: those that came while no server was there to take them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfire {
    /// They are not made up.
    Skip,
    /// The newest of them is made up within the grace, for all of them.
    Once(Grace),
    /// Each of them is made up within the grace, the oldest first.
    All {
        /// How many at most, the newest of them; at least 1.
        most: u16,
        /// How late each of them may be.
        grace: Grace,
    },
}

/// Rules section 3: made up once, if its day is still today.
impl Default for Misfire {
    fn default() -> Self {
        Self::Once(Grace::RestOfDay)
    }
}

impl Misfire {
    /// How many slots may wait to be taken at a time.
    pub(super) fn most(self) -> usize {
        match self {
            Self::Skip | Self::Once(_) => 1,
            Self::All { most, .. } => most.into(),
        }
    }

    /// Whether a slot may be taken now.
    pub(super) fn allows(self, slot: DateTime<Utc>, zone: BusinessZone, now: DateTime<Utc>) -> bool {
        match self {
            Self::Skip => now - slot <= IN_TIME,
            Self::Once(Grace::For(grace)) | Self::All { grace: Grace::For(grace), .. } => now - slot <= grace,
            Self::Once(Grace::RestOfDay) | Self::All { grace: Grace::RestOfDay, .. } => {
                zone.date_of(slot) == zone.date_of(now)
            }
        }
    }
}

/// Why a slot was passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassedOver {
    /// Nobody took it in time, and its schedule makes nothing up any more.
    TooLate,
    /// Newer missed slots are made up, and its schedule makes no more of them up.
    Superseded,
    /// Its schedule was paused.
    Paused,
}

impl PassedOver {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::TooLate, Self::Superseded, Self::Paused];

    /// The code that is stored.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLate => "too_late",
            Self::Superseded => "superseded",
            Self::Paused => "paused",
        }
    }

    /// The reason of a stored code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }
}
