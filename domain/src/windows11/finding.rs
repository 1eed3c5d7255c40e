//! What became of one requirement.

use super::Requirement;

/// Whether a requirement is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// It is met.
    Met,
    /// It is known not to be met.
    NotMet,
    /// Nobody reported what decides it, or what was reported cannot be read or contradicts itself.
    NotEnoughData,
}

/// One requirement, judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What is asked.
    pub requirement: Requirement,
    /// Whether it is met.
    pub outcome: Outcome,
    /// What was reported, in the words of the report; `None` when nothing was.
    pub value: Option<String>,
    /// Why it is not met or not known; `None` when it is met.
    pub reason: Option<String>,
    /// What a technician does about it; `None` when it is met.
    pub remedy: Option<String>,
}

impl Finding {
    /// A requirement that is met by this value.
    pub(super) fn met(requirement: Requirement, value: impl Into<String>) -> Self {
        let value = Some(value.into());
        Self { requirement, outcome: Outcome::Met, value, reason: None, remedy: None }
    }

    /// A requirement that this value is known not to meet.
    pub(super) fn not_met(requirement: Requirement, value: impl Into<String>, why: Advice) -> Self {
        let value = Some(value.into());
        Self { requirement, outcome: Outcome::NotMet, value, reason: Some(why.reason), remedy: Some(why.remedy) }
    }

    /// A requirement that what was reported, if anything, does not decide.
    pub(super) fn not_enough_data(requirement: Requirement, value: Option<&str>, why: Advice) -> Self {
        let value = value.map(str::to_owned);
        Self { requirement, outcome: Outcome::NotEnoughData, value, reason: Some(why.reason), remedy: Some(why.remedy) }
    }
}

/// Why a requirement is not met or not known, and what to do about it.
#[derive(Clone, Debug)]
pub(super) struct Advice {
    pub(super) reason: String,
    pub(super) remedy: String,
}

impl Advice {
    pub(super) fn new(reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { reason: reason.into(), remedy: remedy.into() }
    }
}

/// A text with something in it, trimmed; a blank one was not reported.
pub(super) fn said(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}
