//! Whether a Windows workstation may run Windows 11 24H2, as one word. Null for what is no Windows workstation, and for rows
//! that were stored before the hub judged them.

use sea_orm_migration::prelude::*;

use crate::sql;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, &["ALTER TABLE device_snapshot ADD COLUMN windows_11_verdict varchar(30)"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, &["ALTER TABLE device_snapshot DROP COLUMN windows_11_verdict"]).await
    }
}
