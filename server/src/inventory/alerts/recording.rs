//! What began, goes on or is over becomes rows, and a message for each sink, in the caller's transaction.

use domain::alerting::{AlertKind, Concern, Step, Subject, Trouble};
use entity::{alert, alert_delivery};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    sea_query::Expr,
};
use uuid::Uuid;

use super::{DeliveryStatus, event_code};
use crate::{
    inventory::{Inventory, InventoryError, bulk},
    sinks::MessageKind,
};

/// How many troubles began, went on and ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Recorded {
    pub(super) begun: usize,
    pub(super) gone_on: usize,
    pub(super) over: usize,
}

impl Inventory {
    /// The troubles that are known and not over. One of a kind that this version does not know is left alone.
    pub(super) async fn list_open_alerts(
        &self,
        connection: &impl ConnectionTrait,
    ) -> Result<Vec<(i64, Concern)>, InventoryError> {
        let open = alert::Entity::find().filter(alert::Column::ClosedAt.is_null()).order_by_asc(alert::Column::Id);
        let rows = open.all(connection).await?;
        let known = |row: alert::Model| {
            let concern = Concern::new(AlertKind::from_code(&row.kind)?, Subject::from_code(&row.subject)?);
            Some((row.id, concern))
        };
        Ok(rows.into_iter().filter_map(known).collect())
    }

    pub(super) async fn record_steps(
        &self,
        transaction: &impl ConnectionTrait,
        steps: Vec<Step<i64>>,
    ) -> Result<Recorded, InventoryError> {
        let (mut recorded, mut told) = (Recorded::default(), Vec::new());
        for step in steps {
            match step {
                Step::Begin(concern, trouble) => {
                    recorded.begun += 1;
                    told.push((self.open_alert(transaction, concern, trouble).await?, MessageKind::Opened));
                }
                Step::GoOn(id, trouble) => {
                    recorded.gone_on += 1;
                    self.see_alert_again(transaction, id, trouble).await?;
                }
                Step::End { known, sentence, told: is_told } => {
                    recorded.over += 1;
                    self.close_alert(transaction, known, sentence).await?;
                    told.extend(is_told.then_some((known, MessageKind::Closed)));
                }
            }
        }
        self.put_in_outbox(transaction, &told).await?;
        Ok(recorded)
    }

    async fn open_alert(
        &self,
        transaction: &impl ConnectionTrait,
        concern: Concern,
        trouble: Trouble,
    ) -> Result<i64, InventoryError> {
        let now = self.now();
        let (kind, subject) = (concern.kind.code(), concern.subject.code());
        tracing::warn!(kind, subject, sentence = trouble.sentence, "an alert begins");
        let row = alert::ActiveModel {
            id: NotSet,
            kind: Set(kind.to_owned()),
            subject: Set(subject.to_owned()),
            vendor_id: Set(concern.subject.vendor().map(|vendor| self.reference.vendor_id(vendor))),
            severity: Set(concern.kind.severity().rank()),
            last_sentence: Set(trouble.sentence.clone()),
            sentence: Set(trouble.sentence),
            closing_sentence: Set(None),
            details: Set(trouble.details),
            opened_at: Set(now),
            last_seen_at: Set(now),
            closed_at: Set(None),
        };
        Ok(row.insert(transaction).await?.id)
    }

    async fn see_alert_again(
        &self,
        transaction: &impl ConnectionTrait,
        id: i64,
        trouble: Trouble,
    ) -> Result<(), InventoryError> {
        let seen = alert::Entity::update_many()
            .col_expr(alert::Column::LastSeenAt, Expr::value(self.now()))
            .col_expr(alert::Column::LastSentence, Expr::value(trouble.sentence))
            .filter(alert::Column::Id.eq(id));
        seen.exec(transaction).await?;
        Ok(())
    }

    async fn close_alert(
        &self,
        transaction: &impl ConnectionTrait,
        id: i64,
        sentence: String,
    ) -> Result<(), InventoryError> {
        tracing::info!(alert = id, sentence, "an alert is over");
        let closed = alert::Entity::update_many()
            .col_expr(alert::Column::ClosedAt, Expr::value(self.now()))
            .col_expr(alert::Column::ClosingSentence, Expr::value(sentence))
            .filter(alert::Column::Id.eq(id));
        closed.exec(transaction).await?;
        Ok(())
    }

    /// A message about each of these for every sink that is set up here.
    async fn put_in_outbox(
        &self,
        transaction: &impl ConnectionTrait,
        told: &[(i64, MessageKind)],
    ) -> Result<(), InventoryError> {
        let now = self.now();
        let rows = told.iter().flat_map(|(alert_id, event)| {
            self.outlet.sinks.iter().map(move |sink| alert_delivery::ActiveModel {
                id: NotSet,
                alert_id: Set(*alert_id),
                sink: Set(sink.name().code().to_owned()),
                event: Set(event_code(*event).to_owned()),
                status: Set(DeliveryStatus::Pending.code().to_owned()),
                message_id: Set(new_message_id()),
                attempts: Set(0),
                created_at: Set(now),
                next_attempt_at: Set(now),
                lease_expires_at: Set(None),
                claimed_by: Set(None),
                last_error: Set(None),
                delivered_at: Set(None),
            })
        });
        bulk::insert(transaction, rows.collect(), None).await?;
        Ok(())
    }
}

/// A name for a message that no other has.
pub(super) fn new_message_id() -> String {
    format!("msg_{}", Uuid::new_v4().simple())
}
