//! Client organizations, the vendors' own organizations (`site`) and the names that join them (`site_alias`).

use sea_orm_migration::{prelude::*, schema::*};

use crate::sql;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("organization")
                    .col(big_pk_auto("id"))
                    .col(string_len("name", 255))
                    .col(string_len_uniq("canonical_name", 255))
                    .to_owned(),
            )
            .await?;
        sql::sort_by_bytes(manager, "organization", "canonical_name").await?;
        manager
            .create_table(
                Table::create()
                    .table("site")
                    .col(big_pk_auto("id"))
                    .col(big_integer("vendor_id"))
                    .col(string_len("vendor_site_key", 255))
                    .col(string_len("name", 255))
                    .col(big_integer_null("organization_id"))
                    .foreign_key(ForeignKey::create().from("site", "vendor_id").to("vendor", "id"))
                    .foreign_key(ForeignKey::create().from("site", "organization_id").to("organization", "id"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("site_alias")
                    .col(big_pk_auto("id"))
                    .col(string_len("canonical_name", 255))
                    .col(big_integer("vendor_id"))
                    .col(string_len("vendor_site_key", 255))
                    .foreign_key(ForeignKey::create().from("site_alias", "vendor_id").to("vendor", "id"))
                    .to_owned(),
            )
            .await?;
        sql::run(
            manager,
            &[
                "CREATE UNIQUE INDEX ux_site_vendor_key ON site (vendor_id, vendor_site_key)",
                "CREATE INDEX ix_site_organization ON site (organization_id)",
                "CREATE UNIQUE INDEX ux_site_alias_vendor_key ON site_alias (vendor_id, vendor_site_key)",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::drop_tables(manager, &["organization", "site", "site_alias"]).await
    }
}
