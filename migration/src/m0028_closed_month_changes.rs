//! Closed months keep what changed in them, by which organizations were left out, and the text that was hashed. Months that
//! were closed before have format 1, which knows none of it.

use sea_orm_migration::{prelude::*, schema::*, sea_orm::DatabaseBackend};

use crate::sql;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "closed_month_change";
const WHY: &str = "a closed month stays as it was billed";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for mut column in [big_integer("format"), json_binary_null("left_out_ids"), text_null("content")] {
            if column.get_column_name() == "format" {
                column.default(1);
            }
            manager.alter_table(Table::alter().table("closed_month").add_column(column).to_owned()).await?;
        }
        manager.create_table(change()).await?;
        match manager.get_database_backend() {
            DatabaseBackend::Postgres => guard_postgres(manager).await,
            _ => guard_sqlite(manager).await,
        }
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::drop_tables(manager, &[TABLE]).await?;
        for column in ["content", "left_out_ids", "format"] {
            manager.alter_table(Table::alter().table("closed_month").drop_column(column).to_owned()).await?;
        }
        Ok(())
    }
}

/// Without foreign keys to `organization` and `device_identity`: what was billed does not follow what becomes of them.
fn change() -> TableCreateStatement {
    Table::create()
        .table(TABLE)
        .col(string_len("month", 7))
        .col(big_integer("position"))
        .col(date("day"))
        .col(big_integer("device_identity_id"))
        .col(string_len("vendor_device_key", 255))
        .col(string_len("hostname", 255))
        .col(big_integer_null("organization_id"))
        .col(string_len_null("organization_name", 255))
        .col(string_len("kind", 32))
        .col(big_integer("endpoints"))
        .col(big_integer("seats"))
        .primary_key(Index::create().col("month").col("position"))
        .foreign_key(ForeignKey::create().from(TABLE, "month").to("closed_month", "month"))
        .to_owned()
}

/// The function is that of the other tables of closed months.
async fn guard_postgres(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let rows = format!(
        "CREATE TRIGGER {TABLE}_rows BEFORE UPDATE OR DELETE ON {TABLE} \
         FOR EACH ROW EXECUTE FUNCTION refuse_change_as_billed()"
    );
    let whole = format!(
        "CREATE TRIGGER {TABLE}_whole BEFORE TRUNCATE ON {TABLE} \
         FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_as_billed()"
    );
    sql::run(manager, &[&rows, &whole]).await
}

async fn guard_sqlite(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    for change in ["UPDATE", "DELETE"] {
        let trigger = format!(
            "CREATE TRIGGER {TABLE}_{} BEFORE {change} ON {TABLE} BEGIN SELECT RAISE(ABORT, '{WHY}'); END",
            change.to_lowercase()
        );
        sql::run(manager, &[&trigger]).await?;
    }
    Ok(())
}
