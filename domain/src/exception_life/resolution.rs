//! How exceptions are resolved.

use chrono::NaiveDate;

/// How an exception was resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resolution {
    /// A person says that it is repaired; if a later complete check still finds it, it reopens.
    Fixed,
    /// A person lives with it, for ever or until a date.
    Accepted,
    /// A person says that the finding is wrong.
    FalsePositive,
    /// A complete check no longer found it.
    Verified,
}

impl Resolution {
    /// Every resolution.
    pub const ALL: [Self; 4] = [Self::Fixed, Self::Accepted, Self::FalsePositive, Self::Verified];

    /// The code that is stored.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Fixed => "FIXED",
            Self::Accepted => "ACCEPTED",
            Self::FalsePositive => "FALSE_POSITIVE",
            Self::Verified => "VERIFIED",
        }
    }

    /// The resolution of a stored code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|resolution| resolution.code() == code)
    }
}

/// How a person resolves an exception. Only a check can verify, so that there is no word for it here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is repaired.
    Fixed,
    /// It is lived with.
    Accepted {
        /// The last day on which it is accepted; `None` is for ever.
        until: Option<NaiveDate>,
    },
    /// The finding is wrong.
    FalsePositive,
}

impl Verdict {
    /// The resolution that it makes.
    pub const fn resolution(self) -> Resolution {
        match self {
            Self::Fixed => Resolution::Fixed,
            Self::Accepted { .. } => Resolution::Accepted,
            Self::FalsePositive => Resolution::FalsePositive,
        }
    }

    /// The last day on which it is accepted; `None` is for ever, or that it is not accepted.
    pub const fn accepted_until(self) -> Option<NaiveDate> {
        match self {
            Self::Accepted { until } => until,
            Self::Fixed | Self::FalsePositive => None,
        }
    }
}
