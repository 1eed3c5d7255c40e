//! The outbox: what is due is handed to one server at a time, by a lease, and what became of it is written down.
//!
//! A server that dies while it sends is not heard of again; its lease runs out and another sends the same message under the
//! same id. So a message is delivered at least once, and receivers that look at the id see it once.

use chrono::{DateTime, TimeDelta, Utc};
use domain::alerting::wait_after;
use entity::alert_delivery::{Column, Entity, Model};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::{Expr, ExprTrait},
};
use uuid::Uuid;

use super::{DeliveryStatus, event_code, messages::compose};
use crate::{
    inventory::{
        Inventory, InventoryError,
        database::{Section, serialize},
    },
    metrics::DeliveryEnd,
    sinks::{Message, MessageKind, SendError, SinkName, Taken},
};

/// Troubles in one message at most.
const MOST: u64 = 500;

/// A message that is older than this is no news: whoever cared has looked.
const TOO_OLD: TimeDelta = TimeDelta::days(3);

/// A message that a server has to itself for a while.
pub(super) struct Claim {
    pub(super) message: Message,
    /// Names the server and this attempt.
    token: String,
    /// How often it was tried, with this attempt.
    attempts: u32,
}

impl Inventory {
    /// Takes the sink's oldest message that is due; `None` when none is. Many that are new become one.
    pub(super) async fn claim_message(&self, sink: SinkName) -> Result<Option<Claim>, InventoryError> {
        // A look without a lock: mostly there is nothing.
        if due(sink, self.now()).one(self.database.reader()).await?.is_none() {
            return Ok(None);
        }
        let transaction = self.database.begin().await?;
        serialize(&transaction, Section::Alerts).await?;
        let rows = self.choose(&transaction, sink).await?;
        let Some(first) = rows.first() else { return Ok(None) };
        let token = Uuid::new_v4().simple().to_string();
        let attempts = u32::try_from(first.attempts).unwrap_or_default() + 1;
        self.take_deliveries(&transaction, &rows, &token).await?;
        let mut message = compose(&transaction, &rows).await?;
        message.id.clone_from(&first.message_id);
        transaction.commit().await?;
        Ok(Some(Claim { message, token, attempts }))
    }

    /// The rows of the next message: those that were tried together before, else many new ones together, else one.
    async fn choose(&self, connection: &impl ConnectionTrait, sink: SinkName) -> Result<Vec<Model>, DbErr> {
        let rows = due(sink, self.now()).limit(MOST).all(connection).await?;
        let Some(first) = rows.first().cloned() else { return Ok(rows) };
        if first.attempts > 0 {
            let together = Column::MessageId.eq(first.message_id).and(is_undone());
            return Entity::find().filter(together).order_by_asc(Column::Id).all(connection).await;
        }
        let new: Vec<Model> = rows.into_iter().filter(|row| row.attempts == 0).collect();
        Ok(if new.len() > self.rules.alerts.digest_over { new } else { vec![first] })
    }

    async fn take_deliveries(
        &self,
        connection: &impl ConnectionTrait,
        rows: &[Model],
        token: &str,
    ) -> Result<(), DbErr> {
        let together = rows.first().map(|row| row.message_id.as_str()).unwrap_or_default();
        let update = Entity::update_many()
            .col_expr(Column::Status, Expr::value(DeliveryStatus::Sending.code()))
            .col_expr(Column::MessageId, Expr::value(together))
            .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
            .col_expr(Column::LeaseExpiresAt, Expr::value(self.now() + self.rules.alerts.lease))
            .col_expr(Column::ClaimedBy, Expr::value(token))
            .filter(Column::Id.is_in(rows.iter().map(|row| row.id)));
        update.exec(connection).await.map(drop)
    }

    /// Writes down what became of a message, unless its lease was lost to another server meanwhile.
    pub(super) async fn settle(
        &self,
        sink: SinkName,
        claim: &Claim,
        outcome: Result<Taken, SendError>,
    ) -> Result<(), InventoryError> {
        let now = self.now();
        let settled = Entity::update_many()
            .col_expr(Column::LeaseExpiresAt, Expr::value(None::<DateTime<Utc>>))
            .filter(Column::ClaimedBy.eq(claim.token.as_str()))
            .filter(Column::Status.eq(DeliveryStatus::Sending.code()));
        let (settled, end) = match outcome {
            Ok(taken) => {
                let settled = settled
                    .col_expr(Column::Status, Expr::value(DeliveryStatus::Delivered.code()))
                    .col_expr(Column::LastError, Expr::value(taken.blemish()))
                    .col_expr(Column::DeliveredAt, Expr::value(now));
                (settled, DeliveryEnd::Delivered)
            }
            Err(error) => {
                let is_last = error.is_final() || claim.attempts >= self.rules.alerts.attempts;
                let (status, end) = if is_last {
                    (DeliveryStatus::GivenUp, DeliveryEnd::GivenUp)
                } else {
                    (DeliveryStatus::Pending, DeliveryEnd::Failed)
                };
                let wait = wait_after(claim.attempts, self.outlet.roll());
                let settled = settled
                    .col_expr(Column::Status, Expr::value(status.code()))
                    .col_expr(Column::NextAttemptAt, Expr::value(now + wait))
                    .col_expr(Column::LastError, Expr::value(error.to_string()));
                (settled, end)
            }
        };
        self.metrics.deliveries_ended(sink.code(), end, 1);
        settled.exec(self.database.writer()).await?;
        Ok(())
    }

    /// Gives up what is too old, for sinks too that are no longer set up, what was tried often enough by servers that died of
    /// it, and ends of troubles whose beginning was given up.
    pub(super) async fn give_up_on_old(&self) -> Result<(), InventoryError> {
        let now = self.now();
        let too_old = Column::CreatedAt.lt(now - TOO_OLD).and(is_free(now));
        let too_often = Column::Attempts.gte(self.rules.alerts.attempts).and(is_free(now));
        let given_up = Condition::any().add(too_old).add(too_often);
        let unheard = Condition::all().add(Column::Event.eq(event_code(MessageKind::Closed))).add(Expr::cust(UNHEARD));
        for (given_up, why) in
            [(given_up, "it was not delivered in time"), (unheard, "that it began was not delivered")]
        {
            let which = Condition::all().add(is_undone()).add(given_up);
            if Entity::find().filter(which.clone()).one(self.database.reader()).await?.is_none() {
                continue;
            }
            for sink in SinkName::ALL {
                let update = Entity::update_many()
                    .col_expr(Column::Status, Expr::value(DeliveryStatus::GivenUp.code()))
                    .col_expr(Column::LastError, Expr::col(Column::LastError).if_null(why))
                    .filter(which.clone().add(Column::Sink.eq(sink.code())));
                let given_up = update.exec(self.database.writer()).await?.rows_affected;
                self.metrics.deliveries_ended(sink.code(), DeliveryEnd::GivenUp, given_up);
            }
        }
        Ok(())
    }
}

/// Nobody was told that it began, and nobody will be.
const UNHEARD: &str = "NOT EXISTS (SELECT 1 FROM alert_delivery AS opened WHERE opened.alert_id = alert_delivery.alert_id \
                       AND opened.sink = alert_delivery.sink AND opened.event = 'opened' \
                       AND opened.status IN ('pending', 'sending', 'delivered'))";

/// What may be sent to a sink now, the oldest first. That a trouble is over is not told before it was told, nor where it was
/// not.
fn due(sink: SinkName, now: DateTime<Utc>) -> Select<Entity> {
    let earlier = "NOT EXISTS (SELECT 1 FROM alert_delivery AS earlier WHERE earlier.alert_id = alert_delivery.alert_id \
                   AND earlier.sink = alert_delivery.sink AND earlier.id < alert_delivery.id \
                   AND earlier.status IN ('pending', 'sending'))";
    Entity::find()
        .filter(Column::Sink.eq(sink.code()))
        .filter(is_undone())
        .filter(is_free(now))
        .filter(Column::NextAttemptAt.lte(now))
        .filter(Expr::cust(earlier))
        .filter(Condition::any().add(Column::Event.eq(event_code(MessageKind::Opened))).add(Expr::cust(UNHEARD).not()))
        .order_by_asc(Column::Id)
}

/// The text of the index `ix_alert_delivery_undone`.
fn is_undone() -> Expr {
    Expr::cust("status IN ('pending', 'sending')")
}

/// Nobody is sending it, or whoever was is not heard of any more.
fn is_free(now: DateTime<Utc>) -> Condition {
    let is_silent = Column::LeaseExpiresAt.lt(now);
    Condition::any().add(Column::Status.eq(DeliveryStatus::Pending.code())).add(is_silent)
}
