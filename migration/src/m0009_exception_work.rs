//! What people need to work on exceptions: how bad it is, until when nobody wants to see it, and when it was open.

use sea_orm_migration::{prelude::*, schema::*};

use crate::sql;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(exception_period()).await?;
        sql::run(
            manager,
            &[
                "ALTER TABLE exceptions ADD COLUMN severity smallint NOT NULL DEFAULT 2",
                "ALTER TABLE exceptions ADD COLUMN snoozed_until date",
                "ALTER TABLE exception_event ADD COLUMN happened_on date",
                // One open period at most: whoever counts them counts exceptions.
                "CREATE UNIQUE INDEX ux_exception_period_open ON exception_period (exception_id) WHERE closed_on IS NULL",
                "CREATE INDEX ix_exception_period_exception ON exception_period (exception_id, opened_on)",
                "CREATE INDEX ix_exception_period_opened ON exception_period (opened_on)",
                "CREATE INDEX ix_exception_period_closed ON exception_period (closed_on)",
                SEVERITIES,
                KNOWN_PERIODS,
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::drop_tables(manager, &["exception_period"]).await?;
        sql::run(
            manager,
            &[
                "ALTER TABLE exceptions DROP COLUMN severity",
                "ALTER TABLE exceptions DROP COLUMN snoozed_until",
                "ALTER TABLE exception_event DROP COLUMN happened_on",
            ],
        )
        .await
    }
}

const SEVERITIES: &str = "UPDATE exceptions SET severity = CASE type WHEN 'MISSING_NINJA' THEN 3 \
                          WHEN 'SITE_MISMATCH' THEN 3 WHEN 'DUPLICATE_TL' THEN 1 ELSE 2 END";

/// Earlier reopenings are not known as periods: what is known is the first day, and the last end.
const KNOWN_PERIODS: &str = "INSERT INTO exception_period (exception_id, opened_on, opened_at, closed_on, closed_at, \
                             resolution, resolved_by, accepted_until, note) \
                             SELECT id, date_found, COALESCE(reopened_at, resolved_at, CURRENT_TIMESTAMP), \
                             CASE WHEN resolved THEN COALESCE(resolved_date, last_seen_date) END, \
                             CASE WHEN resolved THEN resolved_at END, resolution, resolved_by, accepted_until, \
                             CASE WHEN resolved THEN notes END FROM exceptions";

/// A time during which an exception was open. The trend, and the exceptions as of a date, are counted from these.
fn exception_period() -> TableCreateStatement {
    Table::create()
        .table("exception_period")
        .col(big_pk_auto("id"))
        .col(big_integer("exception_id"))
        .col(date("opened_on"))
        .col(timestamp_with_time_zone("opened_at"))
        .col(date_null("closed_on"))
        .col(timestamp_with_time_zone_null("closed_at"))
        .col(string_len_null("resolution", 40))
        .col(string_len_null("resolved_by", 255))
        .col(date_null("accepted_until"))
        .col(text_null("note"))
        .foreign_key(ForeignKey::create().from("exception_period", "exception_id").to("exceptions", "id"))
        .to_owned()
}
