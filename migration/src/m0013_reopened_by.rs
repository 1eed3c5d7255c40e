//! Who reopened an exception: what a person reopened, a check closes only on newer data.

use sea_orm_migration::prelude::*;

use crate::sql;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(
            manager,
            &[
                "ALTER TABLE exceptions ADD COLUMN reopened_by varchar(255)",
                // Until now only checks reopened.
                "UPDATE exceptions SET reopened_by = 'checks' WHERE reopened_at IS NOT NULL",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, &["ALTER TABLE exceptions DROP COLUMN reopened_by"]).await
    }
}
