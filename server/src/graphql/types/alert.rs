//! `Alert`: a trouble, told once when it begins and once when it is over; and its messages.

use async_graphql::{Context, Enum, ID, Object};
use domain::alerting::{self, Subject};
use entity::{alert, alert_delivery};

use super::{
    DateTime, ExceptionType, Json, Severity, VendorName,
    scalars::count,
    stored::{known, vendor_of},
};
use crate::{
    graphql::{context::Hub, errors::Fault, loaders::DeliveriesOfAlert, node_id::NodeId},
    inventory::alerts::{self, event_from_code},
    sinks::{MessageKind, SinkName},
};

/// A kind of trouble with a night.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "alerting::AlertKind")]
pub enum AlertKind {
    /// The day's last collection of the vendor failed.
    CollectionFailed,
    /// The day's last collection of the vendor was partial.
    CollectionPartial,
    /// The day's last collection of the vendor waits for a person to apply or discard it.
    CollectionHeld,
    /// The vendor has no complete snapshot of the day, and no collection that says why.
    SnapshotMissing,
    /// The vendor's complete snapshot is far from the size of its last ones.
    SizeImplausible,
    /// The vendor's collection could not read more records than are allowed.
    SetAside,
    /// The checks of the day failed, were skipped, or never ran.
    ChecksSkipped,
    /// An exception type has more open exceptions than usual.
    ExceptionsJumped,
}

impl AlertKind {
    /// The code that is stored.
    pub(in crate::graphql) fn code(self) -> &'static str {
        alerting::AlertKind::from(self).code()
    }
}

/// Where alerts go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "SinkName")]
pub enum AlertSink {
    /// The signed webhook.
    Webhook,
    /// The Slack-compatible webhook.
    Slack,
    /// E-mail.
    Email,
}

/// What a message tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum AlertEvent {
    /// That the trouble began.
    Opened,
    /// That it is over.
    Closed,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "alerts::DeliveryStatus")]
pub enum AlertDeliveryStatus {
    /// It waits to be sent, or to be tried again.
    Pending,
    /// A server is sending it.
    Sending,
    /// It was taken.
    Delivered,
    /// It is not tried again; `lastError` says why.
    GivenUp,
}

/// A trouble.
#[derive(Clone, Debug)]
pub struct Alert(pub alert::Model);

/// A trouble that was found after a night or after a collection. It is told once when it begins and once when it is over,
/// however many nights it lasts.
#[Object]
impl Alert {
    /// Opaque id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        NodeId::Alert(self.0.id).encode()
    }

    /// The number by which messages name it.
    async fn number(&self) -> i32 {
        count(self.0.id)
    }

    /// Which kind of trouble.
    async fn kind(&self) -> Result<AlertKind, Fault> {
        known("alert kind", &self.0.kind, |code| alerting::AlertKind::from_code(code).map(Into::into))
    }

    /// How bad it is.
    async fn severity(&self) -> Result<Severity, Fault> {
        let severity = domain::checks::Severity::from_rank(self.0.severity).map(Severity::from);
        severity.ok_or_else(|| Fault::corrupt("severity", &self.0.severity.to_string()))
    }

    /// The vendor that it is about; null when it is about checks or an exception type.
    async fn vendor(&self, ctx: &Context<'_>) -> Result<Option<VendorName>, Fault> {
        self.0.vendor_id.map(|id| vendor_of(ctx, id)).transpose()
    }

    /// The exception type of which too many are open; null when it is about something else.
    async fn exception_type(&self) -> Option<ExceptionType> {
        match Subject::from_code(&self.0.subject)? {
            Subject::ExceptionType(exception_type) => Some(exception_type.into()),
            Subject::Vendor(_) | Subject::Checks => None,
        }
    }

    /// The trouble as it began, in a sentence.
    async fn sentence(&self) -> &str {
        &self.0.sentence
    }

    /// The trouble as it was seen last, in a sentence.
    async fn last_sentence(&self) -> &str {
        &self.0.last_sentence
    }

    /// How it was when it was over, in a sentence; null until then.
    async fn closing_sentence(&self) -> Option<&str> {
        self.0.closing_sentence.as_deref()
    }

    /// The facts behind it, as it began: an object whose fields depend on the kind; docs/alerts.md has them.
    async fn details(&self) -> Json {
        Json(self.0.details.clone())
    }

    /// When it was found.
    async fn opened_at(&self) -> DateTime {
        self.0.opened_at.into()
    }

    /// When it was found last.
    async fn last_seen_at(&self) -> DateTime {
        self.0.last_seen_at.into()
    }

    /// When it was found to be over; null until then.
    async fn closed_at(&self) -> Option<DateTime> {
        self.0.closed_at.map(DateTime)
    }

    /// Its messages, the oldest first: one to every sink when it begins, and one when it is over to those that were told.
    /// A sink that is set up later is told then; one whose message was given up is told anew once a night. Empty where no
    /// sink is set up. That another trouble takes its place is not told as its end.
    async fn deliveries(&self, ctx: &Context<'_>) -> Result<Vec<AlertDelivery>, Fault> {
        let rows = ctx.load(DeliveriesOfAlert(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(AlertDelivery).collect())
    }
}

/// A message about an alert.
#[derive(Clone, Debug)]
pub struct AlertDelivery(pub alert_delivery::Model);

/// A message about an alert to one sink. Where many alerts were to be told at once, one message told them all.
#[Object]
impl AlertDelivery {
    /// Where it goes.
    async fn sink(&self) -> Result<AlertSink, Fault> {
        known("sink", &self.0.sink, |code| SinkName::from_code(code).map(Into::into))
    }

    /// What it tells.
    async fn event(&self) -> Result<AlertEvent, Fault> {
        known("alert event", &self.0.event, |code| match event_from_code(code)? {
            MessageKind::Opened => Some(AlertEvent::Opened),
            MessageKind::Closed => Some(AlertEvent::Closed),
            MessageKind::Test => None,
        })
    }

    /// What became of it.
    async fn status(&self) -> Result<AlertDeliveryStatus, Fault> {
        known("delivery status", &self.0.status, |code| alerts::DeliveryStatus::from_code(code).map(Into::into))
    }

    /// The id that receivers see, the same on every attempt and for all alerts of one message.
    async fn message_id(&self) -> &str {
        &self.0.message_id
    }

    /// How often it was tried.
    async fn attempts(&self) -> i32 {
        self.0.attempts
    }

    /// Why the last attempt failed, or for which receivers it did where others took the message; null when none did, or a
    /// later one succeeded.
    async fn last_error(&self) -> Option<&str> {
        self.0.last_error.as_deref()
    }

    /// When it was put in the outbox.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When it is tried next; null when it is not tried any more, or just now.
    async fn next_attempt_at(&self) -> Option<DateTime> {
        let is_pending = self.0.status == alerts::DeliveryStatus::Pending.code();
        is_pending.then(|| self.0.next_attempt_at.into())
    }

    /// When it was taken; null until then.
    async fn delivered_at(&self) -> Option<DateTime> {
        self.0.delivered_at.map(DateTime)
    }
}
