//! The life of an exception (rules section 8, "Life of an exception").
//!
//! `checked` says what a check does to an exception that is already known, `changed` what a person does to it, and `event`
//! what its history says of either. Nothing here knows rows or counts versions.

mod changed;
mod checked;
mod event;
mod resolution;
#[cfg(test)]
mod tests;

pub use self::{
    changed::{By, Change, Latest, Refusal, Resolved, Ruling, Work, rule},
    checked::{Evidence, Standing, Step, step},
    event::{Event, EventKind},
    resolution::{Resolution, Verdict},
};
