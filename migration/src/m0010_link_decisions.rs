//! What people decided about links, what was considered beside them, and how records moved between machines.

use sea_orm_migration::{prelude::*, schema::*};

use crate::sql;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(link_decision()).await?;
        manager.create_table(link_candidate()).await?;
        manager.create_table(device_move()).await?;
        sql::run(
            manager,
            &[
                "CREATE UNIQUE INDEX ux_link_decision_pair ON link_decision (lower_identity_id, higher_identity_id)",
                "CREATE INDEX ix_link_decision_higher ON link_decision (higher_identity_id)",
                "CREATE INDEX ix_link_candidate_candidate ON link_candidate (candidate_id)",
                "CREATE INDEX ix_device_move_identity ON device_move (identity_id)",
                "CREATE INDEX ix_device_move_from ON device_move (from_device_id, id)",
                "CREATE INDEX ix_device_move_to ON device_move (to_device_id, id)",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::drop_tables(manager, &["link_decision", "link_candidate", "device_move"]).await
    }
}

/// A person's word on two identities; the newest of a pair stands in its one row. An identity with a decision is never
/// deleted.
fn link_decision() -> TableCreateStatement {
    Table::create()
        .table("link_decision")
        .col(big_pk_auto("id"))
        .col(big_integer("lower_identity_id"))
        .col(big_integer("higher_identity_id"))
        .col(string_len("kind", 40))
        .col(string_len("actor", 255))
        .col(timestamp_with_time_zone("decided_at"))
        .col(text_null("note"))
        .foreign_key(ForeignKey::create().from("link_decision", "lower_identity_id").to("device_identity", "id"))
        .foreign_key(ForeignKey::create().from("link_decision", "higher_identity_id").to("device_identity", "id"))
        .to_owned()
}

/// A candidate that the latest linking considered for an identity and did not take.
fn link_candidate() -> TableCreateStatement {
    let of_identity = |column: &'static str| {
        ForeignKey::create()
            .from("link_candidate", column)
            .to("device_identity", "id")
            .on_delete(ForeignKeyAction::Cascade)
            .to_owned()
    };
    Table::create()
        .table("link_candidate")
        .col(big_integer("identity_id"))
        .col(big_integer("candidate_id"))
        .col(string_len("rule", 40))
        .col(string_len("loss", 40))
        .primary_key(Index::create().col("identity_id").col("candidate_id"))
        .foreign_key(&mut of_identity("identity_id"))
        .foreign_key(&mut of_identity("candidate_id"))
        .to_owned()
}

/// A known identity that went from one machine to another: a merge, or a split.
fn device_move() -> TableCreateStatement {
    Table::create()
        .table("device_move")
        .col(big_pk_auto("id"))
        .col(big_integer("identity_id"))
        .col(big_integer_null("from_device_id"))
        .col(big_integer("to_device_id"))
        .col(timestamp_with_time_zone("moved_at"))
        .col(date("moved_on"))
        .col(string_len_null("rule", 40))
        .foreign_key(
            ForeignKey::create()
                .from("device_move", "identity_id")
                .to("device_identity", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .foreign_key(
            ForeignKey::create()
                .from("device_move", "from_device_id")
                .to("device", "id")
                .on_delete(ForeignKeyAction::SetNull),
        )
        .foreign_key(ForeignKey::create().from("device_move", "to_device_id").to("device", "id"))
        .to_owned()
}
