//! Syncing one device: who asked, whose turn it is, by which keys its neighbours are found; and who decided on a held
//! collection, with its devices where they can be compared.

use sea_orm_migration::{prelude::*, schema::*, sea_orm::DatabaseBackend};

use crate::sql;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 4] = ["sync", "sync_turn", "link_key", "held_device"];

/// What a person's decision on a held collection adds to its row.
const DECISION: [&str; 3] = ["decided_by varchar(255)", "decided_at timestamp with time zone", "decision_note text"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(sync()).await?;
        manager.create_table(sync_turn()).await?;
        manager.create_table(link_key()).await?;
        manager.create_table(held_device()).await?;
        sql::run(
            manager,
            &[
                "CREATE INDEX ix_sync_requested ON sync (requested_at, id)",
                "CREATE INDEX ix_sync_identity ON sync (device_identity_id, requested_at, id)",
                "CREATE INDEX ix_sync_open ON sync (outcome, id) WHERE ended_at IS NULL",
                // Several wishes for one device that wait are one.
                "CREATE UNIQUE INDEX ux_sync_waiting ON sync (vendor_id, vendor_device_key) WHERE outcome = 'queued'",
                "CREATE INDEX ix_link_key_key ON link_key (key, identity_id)",
            ],
        )
        .await?;
        for column in DECISION {
            sql::run(manager, &[&format!("ALTER TABLE collection ADD COLUMN {column}")]).await?;
        }
        let devices = match manager.get_database_backend() {
            DatabaseBackend::Postgres => HELD_ON_POSTGRES,
            _ => HELD_ON_SQLITE,
        };
        sql::run(manager, &[devices]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in DECISION {
            let name = column.split(' ').next().unwrap_or_default();
            sql::run(manager, &[&format!("ALTER TABLE collection DROP COLUMN {name}")]).await?;
        }
        sql::drop_tables(manager, &TABLES).await
    }
}

/// The devices of collections that wait already.
const HELD_ON_POSTGRES: &str = "INSERT INTO held_device (collection_id, vendor_device_key, hostname, site_key, site_name) \
    SELECT DISTINCT ON (h.collection_id, d->>'vendor_device_key') h.collection_id, d->>'vendor_device_key', \
    left(d->>'hostname', 255), d->'organization'->>'key', left(d->'organization'->>'name', 255) \
    FROM held_collection h CROSS JOIN LATERAL json_array_elements(replace(h.body, '\\u0000', '')::json->'observations') AS d";

const HELD_ON_SQLITE: &str = "INSERT INTO held_device (collection_id, vendor_device_key, hostname, site_key, site_name) \
    SELECT h.collection_id, json_extract(d.value, '$.vendor_device_key'), \
    substr(json_extract(d.value, '$.hostname'), 1, 255), json_extract(d.value, '$.organization.key'), \
    substr(json_extract(d.value, '$.organization.name'), 1, 255) \
    FROM held_collection h, json_each(h.body, '$.observations') AS d \
    GROUP BY h.collection_id, json_extract(d.value, '$.vendor_device_key')";

/// A wish to read one device anew, and what came of it.
fn sync() -> TableCreateStatement {
    Table::create()
        .table("sync")
        .col(big_pk_auto("id"))
        .col(big_integer("vendor_id"))
        .col(string_len_null("vendor_device_key", 255))
        .col(string_len_null("hostname", 255))
        .col(big_integer_null("device_identity_id"))
        .col(string_len("trigger", 20))
        .col(string_len("requested_by", 255))
        .col(timestamp_with_time_zone("requested_at"))
        .col(timestamp_with_time_zone("not_before"))
        .col(timestamp_with_time_zone_null("started_at"))
        .col(timestamp_with_time_zone_null("claimed_until"))
        .col(timestamp_with_time_zone_null("ended_at"))
        .col(string_len("outcome", 20))
        .col(text_null("message"))
        .col(big_integer_null("duration_ms"))
        .col(big_integer_null("retry_after_seconds"))
        .col(big_integer("opened"))
        .col(big_integer("closed"))
        .foreign_key(ForeignKey::create().from("sync", "vendor_id").to("vendor", "id"))
        .foreign_key(
            ForeignKey::create()
                .from("sync", "device_identity_id")
                .to("device_identity", "id")
                .on_delete(ForeignKeyAction::SetNull),
        )
        .to_owned()
}

/// When a vendor may be asked for a device again.
fn sync_turn() -> TableCreateStatement {
    Table::create()
        .table("sync_turn")
        .col(big_integer("vendor_id"))
        .col(string_len("asked", 300))
        .col(timestamp_with_time_zone("free_at"))
        .primary_key(Index::create().col("vendor_id").col("asked"))
        .to_owned()
}

/// The keys of the identities that are present, by which linking and the checks bring them together.
fn link_key() -> TableCreateStatement {
    Table::create()
        .table("link_key")
        .col(big_integer("identity_id"))
        .col(text("key"))
        .primary_key(Index::create().col("identity_id").col("key"))
        .foreign_key(
            ForeignKey::create()
                .from("link_key", "identity_id")
                .to("device_identity", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

/// The devices of a held collection, to compare them with what is stored.
fn held_device() -> TableCreateStatement {
    Table::create()
        .table("held_device")
        .col(big_integer("collection_id"))
        .col(string_len("vendor_device_key", 255))
        .col(string_len("hostname", 255))
        .col(string_len_null("site_key", 255))
        .col(string_len_null("site_name", 255))
        .primary_key(Index::create().col("collection_id").col("vendor_device_key"))
        .foreign_key(
            ForeignKey::create()
                .from("held_device", "collection_id")
                .to("held_collection", "collection_id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}
