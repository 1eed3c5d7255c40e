//! What was billed: closed months, their lines, and the corrections that were billed with them. Rows that nothing changes
//! and nothing takes away.

use sea_orm_migration::{prelude::*, schema::*, sea_orm::DatabaseBackend};

use crate::sql;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 3] = ["closed_month", "closed_month_line", "closed_month_adjustment"];
const WHY: &str = "a closed month stays as it was billed";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(closed_month()).await?;
        manager.create_table(line()).await?;
        manager.create_table(adjustment()).await?;
        sql::sort_by_bytes(manager, "closed_month_line", "name").await?;
        match manager.get_database_backend() {
            DatabaseBackend::Postgres => guard_postgres(manager).await,
            _ => guard_sqlite(manager).await,
        }
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::drop_tables(manager, &TABLES).await?;
        match manager.get_database_backend() {
            DatabaseBackend::Postgres => sql::run(manager, &["DROP FUNCTION refuse_change_as_billed()"]).await,
            _ => Ok(()),
        }
    }
}

fn closed_month() -> TableCreateStatement {
    Table::create()
        .table("closed_month")
        .col(string_len("month", 7).primary_key())
        .col(date("counted_on"))
        .col(date_null("threatlocker_on"))
        .col(date("counted_from"))
        .col(date("counted_to"))
        .col(big_integer("endpoints"))
        .col(big_integer("seats"))
        .col(json_binary("missing_days"))
        .col(json_binary("left_out"))
        .col(json_binary("gaps"))
        .col(text_null("forced_reason"))
        .col(timestamp_with_time_zone("closed_at"))
        .col(string_len("closed_by", 255))
        .col(string_len("content_hash", 64))
        .to_owned()
}

/// Without a foreign key to `organization`: what was billed does not follow what becomes of a client.
fn line() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("closed_month_line")
        .col(string_len("month", 7))
        .col(big_integer("position"))
        .col(big_integer_null("organization_id"))
        .col(string_len_null("name", 255));
    let numbers = ["", "start_", "highest_", "added_", "removed_"];
    for column in numbers.iter().flat_map(|of| [format!("{of}endpoints"), format!("{of}seats")]) {
        table.col(big_integer(column));
    }
    table
        .col(big_integer("average_endpoints_hundredths"))
        .col(big_integer("average_seats_hundredths"))
        .col(big_integer_null("threatlocker_devices"))
        .col(big_integer("other_endpoints"))
        .col(json_binary("exceptions"))
        .col(big_integer_null("unexplained"))
        .primary_key(Index::create().col("month").col("position"))
        .foreign_key(ForeignKey::create().from("closed_month_line", "month").to("closed_month", "month"))
        .to_owned()
}

fn adjustment() -> TableCreateStatement {
    Table::create()
        .table("closed_month_adjustment")
        .col(string_len("month", 7))
        .col(big_integer("position"))
        .col(string_len("adjusted_month", 7))
        .col(big_integer_null("organization_id"))
        .col(string_len_null("name", 255))
        .col(big_integer("endpoints"))
        .col(big_integer("seats"))
        .primary_key(Index::create().col("month").col("position"))
        .foreign_key(ForeignKey::create().from("closed_month_adjustment", "month").to("closed_month", "month"))
        .foreign_key(ForeignKey::create().from("closed_month_adjustment", "adjusted_month").to("closed_month", "month"))
        .to_owned()
}

async fn guard_postgres(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let refuse = format!(
        "CREATE FUNCTION refuse_change_as_billed() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN RAISE EXCEPTION '{WHY}'; END $$"
    );
    sql::run(manager, &[&refuse]).await?;
    for table in TABLES {
        let rows = format!(
            "CREATE TRIGGER {table}_rows BEFORE UPDATE OR DELETE ON {table} \
             FOR EACH ROW EXECUTE FUNCTION refuse_change_as_billed()"
        );
        let whole = format!(
            "CREATE TRIGGER {table}_whole BEFORE TRUNCATE ON {table} \
             FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_as_billed()"
        );
        sql::run(manager, &[&rows, &whole]).await?;
    }
    Ok(())
}

async fn guard_sqlite(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    for table in TABLES {
        for change in ["UPDATE", "DELETE"] {
            let trigger = format!(
                "CREATE TRIGGER {table}_{} BEFORE {change} ON {table} BEGIN SELECT RAISE(ABORT, '{WHY}'); END",
                change.to_lowercase()
            );
            sql::run(manager, &[&trigger]).await?;
        }
    }
    Ok(())
}
