//! The vendors and the codes that snapshots refer to, with the ids that existing SQL relies on.

use sea_orm_migration::{prelude::*, schema::*};

use crate::sql;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in [("vendor", "name"), ("device_type", "code"), ("billing_status", "code")] {
            manager
                .create_table(
                    Table::create()
                        .table(table)
                        .col(big_integer("id").primary_key())
                        .col(string_len_uniq(column, 255))
                        .to_owned(),
                )
                .await?;
        }
        sql::run(
            manager,
            &[
                "INSERT INTO vendor (id, name) VALUES (1, 'ninja'), (2, 'threatlocker'), (3, 'Ninja'), (4, 'ThreatLocker')",
                "INSERT INTO billing_status (id, code) VALUES (1, 'billable'), (2, 'spare'), (3, 'unknown')",
                "INSERT INTO device_type (id, code) VALUES (1, 'server'), (2, 'workstation'), (3, 'unknown'), \
                 (4, 'virtual_host'), (5, 'virtual_guest'), (6, 'network'), (7, 'mobile'), (8, 'cloud'), (9, 'other')",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::drop_tables(manager, &["vendor", "device_type", "billing_status"]).await
    }
}
