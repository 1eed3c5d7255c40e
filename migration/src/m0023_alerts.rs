//! Alerts: each trouble once, and the messages about it that wait to be delivered.

use sea_orm_migration::{prelude::*, schema::*};

use crate::sql;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 2] = ["alert", "alert_delivery"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(alert()).await?;
        manager.create_table(delivery()).await?;
        sql::run(
            manager,
            &[
                "CREATE UNIQUE INDEX ux_alert_open ON alert (kind, subject) WHERE closed_at IS NULL",
                "CREATE INDEX ix_alert_opened ON alert (opened_at, id)",
                "CREATE INDEX ix_alert_delivery_alert ON alert_delivery (alert_id, sink, id)",
                "CREATE INDEX ix_alert_delivery_undone ON alert_delivery (sink, id) WHERE status IN ('pending', 'sending')",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::drop_tables(manager, &TABLES).await
    }
}

fn alert() -> TableCreateStatement {
    Table::create()
        .table("alert")
        .col(big_pk_auto("id"))
        .col(string_len("kind", 40))
        .col(string_len("subject", 60))
        .col(big_integer_null("vendor_id"))
        .col(small_integer("severity"))
        .col(text("sentence"))
        .col(text("last_sentence"))
        .col(text_null("closing_sentence"))
        .col(json_binary("details"))
        .col(timestamp_with_time_zone("opened_at"))
        .col(timestamp_with_time_zone("last_seen_at"))
        .col(timestamp_with_time_zone_null("closed_at"))
        .foreign_key(ForeignKey::create().from("alert", "vendor_id").to("vendor", "id"))
        .to_owned()
}

fn delivery() -> TableCreateStatement {
    Table::create()
        .table("alert_delivery")
        .col(big_pk_auto("id"))
        .col(big_integer("alert_id"))
        .col(string_len("sink", 20))
        .col(string_len("event", 10))
        .col(string_len("status", 20))
        .col(string_len("message_id", 50))
        .col(integer("attempts"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("next_attempt_at"))
        .col(timestamp_with_time_zone_null("lease_expires_at"))
        .col(string_len_null("claimed_by", 50))
        .col(text_null("last_error"))
        .col(timestamp_with_time_zone_null("delivered_at"))
        .foreign_key(
            ForeignKey::create()
                .from("alert_delivery", "alert_id")
                .to("alert", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}
