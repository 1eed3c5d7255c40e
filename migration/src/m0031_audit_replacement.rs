//! SQLite's REPLACE takes a row away without telling triggers of deletion: no event is written over another.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

use crate::{m0027_audit_events::WHY, sql};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() != DatabaseBackend::Sqlite {
            return Ok(());
        }
        let refuse = format!(
            "CREATE TRIGGER audit_event_replace BEFORE INSERT ON audit_event \
             WHEN NEW.id > 0 AND EXISTS (SELECT 1 FROM audit_event WHERE id = NEW.id) \
             BEGIN SELECT RAISE(ABORT, '{WHY}'); END"
        );
        sql::run(manager, &[&refuse]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() != DatabaseBackend::Sqlite {
            return Ok(());
        }
        sql::run(manager, &["DROP TRIGGER audit_event_replace"]).await
    }
}
