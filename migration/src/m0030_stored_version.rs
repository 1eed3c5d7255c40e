//! How often what all share was changed: whoever has a file of it can be told that nothing is new.

use sea_orm_migration::{prelude::*, schema::*};

use crate::sql;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(stored_version()).await?;
        sql::run(manager, &["INSERT INTO stored_version (id, version) VALUES (1, 0)"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::drop_tables(manager, &["stored_version"]).await
    }
}

/// One row.
fn stored_version() -> TableCreateStatement {
    Table::create()
        .table("stored_version")
        .col(big_integer("id").primary_key().check(Expr::cust("id = 1")))
        .col(big_integer("version"))
        .to_owned()
}
