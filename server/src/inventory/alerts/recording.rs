//! What began, goes on or is over becomes rows, in the caller's transaction, and what is to be told of it goes to the outbox.

use chrono::NaiveDate;
use domain::alerting::{AlertKind, Concern, Scope, Step, Subject, Trouble};
use entity::alert;
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    sea_query::Expr,
};

use crate::inventory::{Inventory, InventoryError};

/// A trouble that is known and not over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OpenAlert {
    pub(super) id: i64,
    pub(super) concern: Concern,
    /// The business day on which it was found last.
    pub(super) last_seen: NaiveDate,
}

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
    ) -> Result<Vec<OpenAlert>, InventoryError> {
        let open = alert::Entity::find().filter(alert::Column::ClosedAt.is_null()).order_by_asc(alert::Column::Id);
        let rows = open.all(connection).await?;
        let known = |row: alert::Model| {
            let concern = Concern::new(AlertKind::from_code(&row.kind)?, Subject::from_code(&row.subject)?);
            Some(OpenAlert { id: row.id, concern, last_seen: self.zone.date_of(row.last_seen_at) })
        };
        Ok(rows.into_iter().filter_map(known).collect())
    }

    pub(super) async fn record_steps(
        &self,
        transaction: &impl ConnectionTrait,
        steps: Vec<Step<i64>>,
        scope: Scope,
    ) -> Result<Recorded, InventoryError> {
        let mut recorded = Recorded::default();
        let known = steps.iter().filter_map(|step| match step {
            Step::Begin(..) => None,
            Step::GoOn(id, _) | Step::End { known: id, .. } => Some(*id),
        });
        let known: Vec<i64> = known.collect();
        let mut outbox = self.open_outbox(transaction, &known, scope).await?;
        for step in steps {
            match step {
                Step::Begin(concern, trouble) => {
                    recorded.begun += 1;
                    outbox.tell_of(self.open_alert(transaction, concern, trouble).await?);
                }
                Step::GoOn(id, trouble) => {
                    recorded.gone_on += 1;
                    self.see_alert_again(transaction, id, trouble).await?;
                    outbox.tell_of(id);
                }
                Step::End { known, sentence, told } => {
                    recorded.over += 1;
                    self.close_alert(transaction, known, sentence).await?;
                    if told {
                        outbox.tell_end_of(known);
                    }
                }
            }
        }
        self.put_in_outbox(transaction, outbox).await?;
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
}
