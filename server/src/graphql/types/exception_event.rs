//! `ExceptionEvent`: an entry of an exception's history.

use async_graphql::Object;
use entity::exception_event;

use super::{Date, DateTime, ExceptionEventKind, scalars::read_date, stored::known};
use crate::{graphql::errors::Fault, inventory::exceptions::EventKind};

/// Something that happened to an exception.
#[derive(Clone, Debug)]
pub struct ExceptionEvent(pub exception_event::Model);

impl ExceptionEvent {
    fn read_kind(&self) -> Result<EventKind, Fault> {
        known("kind of an event", &self.0.kind, EventKind::from_code)
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.0.detail[key].as_str()
    }
}

/// Something that happened to an exception: who did what, when, and from which value to which.
#[Object]
impl ExceptionEvent {
    /// What happened.
    async fn kind(&self) -> Result<ExceptionEventKind, Fault> {
        self.read_kind().map(Into::into)
    }

    /// When.
    async fn at(&self) -> DateTime {
        self.0.happened_at.into()
    }

    /// The day to which it counts: of a check, the day whose data it looked at; null for what happened before the hub kept
    /// it.
    async fn date(&self) -> Option<Date> {
        self.0.happened_on.map(Date)
    }

    /// Who did it: a person, or `checks`.
    async fn actor(&self) -> &str {
        &self.0.actor
    }

    /// What was said, in full: a comment, why it was resolved or reopened; null when nothing was.
    async fn note(&self) -> Option<&str> {
        self.text("note")
    }

    /// The field of `Exception` that it changed: `resolution`, `assignedTo` or `snoozedUntil`; null when it was found or
    /// commented, which changes no other value.
    async fn field(&self) -> Result<Option<&str>, Fault> {
        self.read_kind().map(EventKind::field)
    }

    /// The value of that field before; null when it had none.
    async fn from(&self) -> Option<&str> {
        self.text("from")
    }

    /// The value of that field after; null when it has none any more.
    async fn to(&self) -> Option<&str> {
        // `resolution` is how the first version of the hub wrote it.
        self.text("to").or_else(|| self.text("resolution"))
    }

    /// Of an acceptance, and of the end of one: its last day; null for ever, and for everything else.
    async fn accepted_until(&self) -> Option<Date> {
        self.text("acceptedUntil").and_then(read_date).map(Date)
    }
}
