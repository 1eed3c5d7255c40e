//! Who mapped which vendor organization to which client, and when; and the vendors' names in the form in which they are
//! compared and sorted.

use sea_orm_migration::{prelude::*, schema::*};

use crate::sql;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(site_alias_event()).await?;
        sql::run(
            manager,
            &[
                "CREATE INDEX ix_site_alias_event_site ON site_alias_event (vendor_id, vendor_site_key, id)",
                "ALTER TABLE site ADD COLUMN canonical_name varchar(255) NOT NULL DEFAULT ''",
                // Near enough until the next collection writes what the rules say.
                "UPDATE site SET canonical_name = LOWER(TRIM(name))",
            ],
        )
        .await?;
        sql::sort_by_bytes(manager, "site", "canonical_name").await?;
        sql::run(manager, &["CREATE INDEX ix_site_canonical_name ON site (canonical_name, id)"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, &["DROP INDEX ix_site_canonical_name", "ALTER TABLE site DROP COLUMN canonical_name"])
            .await?;
        sql::drop_tables(manager, &["site_alias_event"]).await
    }
}

fn site_alias_event() -> TableCreateStatement {
    Table::create()
        .table("site_alias_event")
        .col(big_pk_auto("id"))
        .col(big_integer("vendor_id"))
        .col(string_len("vendor_site_key", 255))
        .col(timestamp_with_time_zone("happened_at"))
        .col(string_len("actor", 255))
        .col(string_len_null("from_name", 255))
        .col(string_len_null("to_name", 255))
        .foreign_key(ForeignKey::create().from("site_alias_event", "vendor_id").to("vendor", "id"))
        .to_owned()
}
