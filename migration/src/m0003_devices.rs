//! Physical machines and the vendors' records of them over time.

use sea_orm_migration::{prelude::*, schema::*};

use crate::sql;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(device()).await?;
        sql::sort_by_bytes(manager, "device", "canonical_hostname").await?;
        manager.create_table(device_identity()).await?;
        sql::run(
            manager,
            &[
                "CREATE INDEX ix_device_hostname ON device (canonical_hostname, id)",
                "CREATE INDEX ix_device_organization ON device (organization_id, canonical_hostname, id)",
                "CREATE UNIQUE INDEX ux_device_identity_vendor_key ON device_identity (vendor_id, vendor_device_key)",
                "CREATE INDEX ix_device_identity_device ON device_identity (device_id)",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::drop_tables(manager, &["device", "device_identity"]).await
    }
}

/// A machine, with what its sources say of it now, so that lists filter and sort without reading snapshots.
fn device() -> TableCreateStatement {
    Table::create()
        .table("device")
        .col(big_pk_auto("id"))
        .col(string_len("hostname", 255))
        .col(string_len("canonical_hostname", 255))
        .col(string_len_null("display_name", 255))
        .col(big_integer_null("organization_id"))
        .col(big_integer_null("device_type_id"))
        .col(big_integer_null("billing_status_id"))
        .col(string_len_null("spare_reason", 40))
        .col(boolean("present"))
        .col(date("first_seen_date"))
        .col(date("last_seen_date"))
        .col(big_integer_null("merged_into_id"))
        .foreign_key(ForeignKey::create().from("device", "organization_id").to("organization", "id"))
        .foreign_key(ForeignKey::create().from("device", "device_type_id").to("device_type", "id"))
        .foreign_key(ForeignKey::create().from("device", "billing_status_id").to("billing_status", "id"))
        .to_owned()
}

/// One vendor's device over time, linked to its machine.
fn device_identity() -> TableCreateStatement {
    Table::create()
        .table("device_identity")
        .col(big_pk_auto("id"))
        .col(big_integer("vendor_id"))
        .col(string_len("vendor_device_key", 255))
        .col(date("first_seen_date"))
        .col(date("last_seen_date"))
        .col(big_integer_null("device_id"))
        .col(string_len_null("link_rule", 40))
        .col(text_null("link_evidence"))
        .foreign_key(ForeignKey::create().from("device_identity", "vendor_id").to("vendor", "id"))
        .foreign_key(ForeignKey::create().from("device_identity", "device_id").to("device", "id"))
        .to_owned()
}
