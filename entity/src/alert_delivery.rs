//! A message about an alert to one sink: the outbox.

use sea_orm::entity::prelude::*;

/// A row of `alert_delivery`. Rows with one `message_id` are told by one message.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "alert_delivery")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Alert id.
    pub alert_id: i64,
    /// webhook, slack or email.
    pub sink: String,
    /// opened or closed.
    pub event: String,
    /// pending, sending, delivered or given_up.
    pub status: String,
    /// The same on every attempt; receivers know by it what they have already.
    pub message_id: String,
    /// How often it was tried.
    pub attempts: i32,
    /// Created at.
    pub created_at: DateTimeUtc,
    /// Not tried before then.
    pub next_attempt_at: DateTimeUtc,
    /// One that is being sent is free again after that.
    pub lease_expires_at: Option<DateTimeUtc>,
    /// Who sends it; nobody else says what became of it.
    pub claimed_by: Option<String>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// Delivered at.
    pub delivered_at: Option<DateTimeUtc>,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
