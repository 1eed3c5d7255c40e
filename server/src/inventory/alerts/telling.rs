//! Whom a trouble is told: every sink that is set up here and was not told yet, and of its end every sink that is told that it
//! began, wherever that sink is set up.

use std::collections::HashMap;

use chrono::NaiveDate;
use domain::alerting::Scope;
use entity::alert_delivery::{ActiveModel, Column, Entity, Model};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    sea_query::ExprTrait,
};
use uuid::Uuid;

use super::{DeliveryStatus, event_code};
use crate::{
    inventory::{Inventory, InventoryError, bulk},
    sinks::{MessageKind, SinkName},
};

/// Messages on their way into the outbox.
pub(super) struct Outbox {
    /// The sinks that are set up here.
    sinks: Vec<SinkName>,
    /// What was told of alerts that are known, the newest of each sink last.
    told: HashMap<(i64, String), Told>,
    /// When it is looked, and on which day.
    scope: Scope,
    today: NaiveDate,
    rows: Vec<(i64, String, MessageKind)>,
}

/// That a trouble began, told to a sink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// It was, or is about to be.
    Yes,
    /// It was given up; the day on which it was put in the outbox last.
    GivenUp(NaiveDate),
}

impl Outbox {
    /// That it began, for every sink that has no such message. One that was given up is written anew after a night, once:
    /// a sink that is out of order for weeks is not written to at every look.
    pub(super) fn tell_of(&mut self, alert_id: i64) {
        for sink in &self.sinks {
            let sink = sink.code().to_owned();
            let is_due = match self.told.get(&(alert_id, sink.clone())) {
                None => true,
                Some(Told::Yes) => false,
                Some(Told::GivenUp(day)) => self.scope == Scope::Night && *day < self.today,
            };
            if is_due {
                self.rows.push((alert_id, sink, MessageKind::Opened));
            }
        }
    }

    /// That it is over, for every sink that is told that it began.
    pub(super) fn tell_end_of(&mut self, alert_id: i64) {
        let told = self.told.iter().filter(|((id, _), told)| *id == alert_id && **told == Told::Yes);
        let mut sinks: Vec<String> = told.map(|((_, sink), _)| sink.clone()).collect();
        sinks.sort();
        self.rows.extend(sinks.into_iter().map(|sink| (alert_id, sink, MessageKind::Closed)));
    }
}

impl Inventory {
    /// With what was told of these alerts so far.
    pub(super) async fn open_outbox(
        &self,
        transaction: &impl ConnectionTrait,
        known: &[i64],
        scope: Scope,
    ) -> Result<Outbox, InventoryError> {
        let opened =
            Column::AlertId.is_in(known.iter().copied()).and(Column::Event.eq(event_code(MessageKind::Opened)));
        let opened = Entity::find().filter(opened).order_by_asc(Column::Id);
        let rows = if known.is_empty() { Vec::new() } else { opened.all(transaction).await? };
        let told = |row: Model| {
            let is_given_up = row.status == DeliveryStatus::GivenUp.code();
            let told = if is_given_up { Told::GivenUp(self.zone.date_of(row.created_at)) } else { Told::Yes };
            ((row.alert_id, row.sink), told)
        };
        let told = rows.into_iter().map(told).collect();
        let sinks = self.outlet.sinks.iter().map(|sink| sink.name()).collect();
        Ok(Outbox { sinks, told, scope, today: self.today(), rows: Vec::new() })
    }

    /// Writes the messages down; they are due at once.
    pub(super) async fn put_in_outbox(
        &self,
        transaction: &impl ConnectionTrait,
        outbox: Outbox,
    ) -> Result<(), InventoryError> {
        let now = self.now();
        let rows = outbox.rows.into_iter().map(|(alert_id, sink, event)| ActiveModel {
            id: NotSet,
            alert_id: Set(alert_id),
            sink: Set(sink),
            event: Set(event_code(event).to_owned()),
            status: Set(DeliveryStatus::Pending.code().to_owned()),
            message_id: Set(new_message_id()),
            attempts: Set(0),
            created_at: Set(now),
            next_attempt_at: Set(now),
            lease_expires_at: Set(None),
            claimed_by: Set(None),
            last_error: Set(None),
            delivered_at: Set(None),
        });
        bulk::insert(transaction, rows.collect(), None).await?;
        Ok(())
    }
}

/// A name for a message that no other has.
pub(super) fn new_message_id() -> String {
    format!("msg_{}", Uuid::new_v4().simple())
}
