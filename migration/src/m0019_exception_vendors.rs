//! The vendors whose records an exception is about, on its own row: a list filtered by vendor, or by the lack of one, has no
//! other table to look into. And two indexes less.

use sea_orm_migration::prelude::*;

use crate::sql;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, &["ALTER TABLE exceptions ADD COLUMN vendors bigint NOT NULL DEFAULT 0", VENDORS]).await?;
        for (name, _) in REPEATED {
            sql::run(manager, &[&format!("DROP INDEX {name}")]).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, on) in REPEATED {
            sql::run(manager, &[&format!("CREATE INDEX {name} ON exceptions {on}")]).await?;
        }
        sql::run(manager, &["ALTER TABLE exceptions DROP COLUMN vendors"]).await
    }
}

/// What later indexes have too: each costs its part of every exception that is written.
const REPEATED: [(&str, &str); 2] =
    [("ix_exceptions_type_date", "(type, date_found)"), ("ix_exceptions_resolved", "(resolved, date_found, id)")];

/// A bit for each vendor, at the place of its id. The records that an exception is about never change.
const VENDORS: &str = "UPDATE exceptions SET vendors = COALESCE((SELECT CAST(SUM(DISTINCT bit.value) AS bigint) FROM \
                       (SELECT id, CAST(1 AS bigint) << CAST(id AS integer) AS value FROM vendor) AS bit \
                       JOIN device_identity ON device_identity.vendor_id = bit.id \
                       JOIN exception_identity ON exception_identity.device_identity_id = device_identity.id \
                       WHERE exception_identity.exception_id = exceptions.id), 0)";
