//! Findings with a life, the identities each is about, and what happened to it.

use sea_orm_migration::{prelude::*, schema::*};

use crate::sql;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(exceptions()).await?;
        sql::sort_by_bytes(manager, "exceptions", "hostname").await?;
        manager
            .create_table(
                Table::create()
                    .table("exception_identity")
                    .col(big_integer("exception_id"))
                    .col(big_integer("device_identity_id"))
                    .primary_key(Index::create().col("exception_id").col("device_identity_id"))
                    .foreign_key(ForeignKey::create().from("exception_identity", "exception_id").to("exceptions", "id"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("exception_identity", "device_identity_id")
                            .to("device_identity", "id"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("exception_event")
                    .col(big_pk_auto("id"))
                    .col(big_integer("exception_id"))
                    .col(timestamp_with_time_zone("happened_at"))
                    .col(string_len("actor", 255))
                    .col(string_len("kind", 40))
                    .col(json_binary("detail"))
                    .foreign_key(ForeignKey::create().from("exception_event", "exception_id").to("exceptions", "id"))
                    .to_owned(),
            )
            .await?;
        sql::run(
            manager,
            &[
                "CREATE UNIQUE INDEX ux_exceptions_fingerprint ON exceptions (fingerprint)",
                "CREATE INDEX ix_exceptions_type_date ON exceptions (type, date_found)",
                "CREATE INDEX ix_exceptions_resolved ON exceptions (resolved, date_found, id)",
                "CREATE INDEX ix_exceptions_hostname ON exceptions (hostname, id)",
                "CREATE INDEX ix_exception_identity_identity ON exception_identity (device_identity_id)",
                "CREATE INDEX ix_exception_event_exception ON exception_event (exception_id)",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::drop_tables(manager, &["exceptions", "exception_identity", "exception_event"]).await
    }
}

fn exceptions() -> TableCreateStatement {
    Table::create()
        .table("exceptions")
        .col(big_pk_auto("id"))
        .col(date("date_found"))
        .col(string_len("type", 64))
        .col(string_len("hostname", 255))
        .col(json_binary("details"))
        .col(boolean("resolved"))
        .col(date_null("resolved_date"))
        .col(string_len_null("resolved_by", 255))
        .col(string_len_null("assigned_to", 255))
        .col(text_null("notes"))
        .col(text("fingerprint"))
        .col(date("last_seen_date"))
        .col(big_integer_null("organization_id"))
        .col(string_len_null("resolution", 40))
        .col(timestamp_with_time_zone_null("resolved_at"))
        .col(date_null("accepted_until"))
        .col(timestamp_with_time_zone_null("reopened_at"))
        .col(big_integer("version"))
        .foreign_key(ForeignKey::create().from("exceptions", "organization_id").to("organization", "id"))
        .to_owned()
}
