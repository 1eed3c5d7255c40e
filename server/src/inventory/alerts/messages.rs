//! From rows to the message that tells them.

use std::collections::HashMap;

use domain::{alerting::AlertKind, checks::Severity};
use entity::{alert, alert_delivery};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::event_from_code;
use crate::{
    inventory::InventoryError,
    sinks::{Item, Message, MessageKind},
};

/// The message of these rows, which have one message id. It is made of what does not change any more, so that every attempt
/// sends the same.
pub(super) async fn compose(
    connection: &impl ConnectionTrait,
    rows: &[alert_delivery::Model],
) -> Result<Message, InventoryError> {
    let wanted = alert::Column::Id.is_in(rows.iter().map(|row| row.alert_id));
    let alerts = alert::Entity::find().filter(wanted).all(connection).await?;
    let alerts: HashMap<i64, alert::Model> = alerts.into_iter().map(|row| (row.id, row)).collect();
    let item = |row: &alert_delivery::Model| {
        let corrupt = || InventoryError::Corrupt(format!("message {}", row.message_id));
        let event = event_from_code(&row.event).ok_or_else(corrupt)?;
        Ok(item_of(alerts.get(&row.alert_id).ok_or_else(corrupt)?, event))
    };
    let id = rows.first().map(|row| row.message_id.clone()).unwrap_or_default();
    Ok(Message { id, alerts: rows.iter().map(item).collect::<Result<_, InventoryError>>()? })
}

fn item_of(alert: &alert::Model, event: MessageKind) -> Item {
    let is_over = event == MessageKind::Closed;
    let closing = alert.closing_sentence.clone().filter(|_| is_over);
    Item {
        event,
        alert_number: Some(alert.id),
        kind: AlertKind::from_code(&alert.kind).map(|kind| kind.code().to_ascii_uppercase()),
        subject: Some(alert.subject.clone()),
        severity: Severity::from_rank(alert.severity),
        sentence: closing.unwrap_or_else(|| alert.sentence.clone()),
        opened_at: Some(alert.opened_at),
        closed_at: alert.closed_at.filter(|_| is_over),
        details: alert.details.clone(),
    }
}
