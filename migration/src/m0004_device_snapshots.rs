//! Stored observations: one per identity, vendor and day, and the vendor's own record of the latest day.

use sea_orm_migration::{prelude::*, schema::*};

use crate::sql;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create().table("device_snapshot").to_owned();
        for column in identification().into_iter().chain(vendor_words()).chain(protection()).chain(machine()) {
            table.col(column);
        }
        for (column, target) in [
            ("vendor_id", "vendor"),
            ("device_identity_id", "device_identity"),
            ("site_id", "site"),
            ("device_type_id", "device_type"),
            ("billing_status_id", "billing_status"),
        ] {
            table.foreign_key(ForeignKey::create().from("device_snapshot", column).to(target, "id"));
        }
        manager.create_table(table).await?;
        sql::sort_by_bytes(manager, "device_snapshot", "canonical_hostname").await?;
        manager.create_table(payload()).await?;
        sql::run(
            manager,
            &[
                "CREATE UNIQUE INDEX ux_device_snapshot_day ON device_snapshot (snapshot_date, vendor_id, device_identity_id)",
                "CREATE INDEX ix_device_snapshot_identity ON device_snapshot (device_identity_id, snapshot_date)",
                "CREATE INDEX ix_device_snapshot_hostname ON device_snapshot (snapshot_date, canonical_hostname, device_identity_id)",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::drop_tables(manager, &["device_snapshot", "device_payload"]).await
    }
}

fn identification() -> Vec<ColumnDef> {
    vec![
        big_pk_auto("id"),
        date("snapshot_date"),
        big_integer("vendor_id"),
        big_integer("device_identity_id"),
        big_integer_null("site_id"),
        big_integer_null("device_type_id"),
        big_integer_null("billing_status_id"),
        string_len_null("spare_reason", 40),
        string_len("hostname", 255),
        string_len("canonical_hostname", 255),
        timestamp_with_time_zone("created_at"),
    ]
}

fn vendor_words() -> Vec<ColumnDef> {
    vec![
        string_len_null("organization_name", 255),
        string_len_null("display_name", 255),
        string_len_null("device_status", 100),
        string_len_null("location_key", 255),
        string_len_null("location_name", 255),
        string_len_null("device_type_name", 100),
        string_len_null("device_chassis", 100),
        string_len_null("billable_status_name", 100),
        string_len_null("node_class", 100),
        timestamp_with_time_zone_null("last_online"),
        timestamp_with_time_zone_null("agent_install_timestamp"),
        text_null("last_user"),
        json_binary_null("mac_addresses"),
        json_binary_null("ip_addresses"),
        string_len_null("public_ip", 100),
    ]
}

fn protection() -> Vec<ColumnDef> {
    vec![
        string_len_null("organization_id", 255),
        string_len_null("computer_group", 255),
        string_len_null("security_mode", 100),
        integer_null("deny_count_1d"),
        integer_null("deny_count_3d"),
        integer_null("deny_count_7d"),
        timestamp_with_time_zone_null("install_date"),
        boolean_null("is_locked_out"),
        boolean_null("is_isolated"),
        string_len_null("agent_version", 100),
        boolean_null("has_checked_in"),
    ]
}

fn machine() -> Vec<ColumnDef> {
    vec![
        boolean_null("has_tpm"),
        boolean_null("tpm_enabled"),
        string_len_null("tpm_version", 100),
        boolean_null("secure_boot_available"),
        boolean_null("secure_boot_enabled"),
        string_len_null("os_name", 255),
        string_len_null("os_architecture", 100),
        string_len_null("os_build", 100),
        string_len_null("os_release_id", 100),
        string_len_null("cpu_model", 255),
        string_len_null("system_manufacturer", 255),
        string_len_null("system_model", 255),
        string_len_null("serial_number", 255),
        decimal_len_null("memory_gib", 10, 2),
        text_null("volumes"),
        boolean_null("windows_11_24h2_capable"),
        json_binary_null("windows_11_24h2_deficiencies"),
    ]
}

/// The vendor's record as received, for the latest stored day of each vendor only.
fn payload() -> TableCreateStatement {
    Table::create()
        .table("device_payload")
        .col(big_integer("device_identity_id").primary_key())
        .col(big_integer("vendor_id"))
        .col(date("snapshot_date"))
        .col(json_binary("payload"))
        .foreign_key(ForeignKey::create().from("device_payload", "device_identity_id").to("device_identity", "id"))
        .to_owned()
}
