//! Reading exceptions: the last event of a kind, who was ever snoozed, the numbers of the summary and the order by client,
//! each from an index.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

use crate::sql;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, &["ALTER TABLE exceptions ADD COLUMN organization_name varchar(255)", NAMES]).await?;
        sql::sort_by_bytes(manager, "exceptions", "organization_name").await?;
        if is_postgres(manager) {
            sql::run(manager, &["DROP INDEX ix_exceptions_organization_down, ix_unresolved_organization_down"]).await?;
        }
        for (name, on) in indexes(manager) {
            sql::run(manager, &[&format!("CREATE INDEX {name} ON {on}")]).await?;
        }
        let drop = "DROP INDEX ix_exception_event_exception";
        sql::run(manager, &[drop, "CREATE INDEX ix_exception_event_exception ON exception_event (exception_id, id)"])
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let drop = "DROP INDEX ix_exception_event_exception";
        sql::run(manager, &[drop, "CREATE INDEX ix_exception_event_exception ON exception_event (exception_id)"])
            .await?;
        for (name, _) in indexes(manager).iter().rev() {
            sql::run(manager, &[&format!("DROP INDEX {name}")]).await?;
        }
        if is_postgres(manager) {
            sql::run(manager, &DOWNWARD_BEFORE).await?;
        }
        sql::run(manager, &["ALTER TABLE exceptions DROP COLUMN organization_name"]).await
    }
}

const NAMES: &str = "UPDATE exceptions SET organization_name = \
                     (SELECT canonical_name FROM organization WHERE organization.id = exceptions.organization_id)";

const INDEXES: [(&str, &str); 4] = [
    ("ix_exception_event_snoozed", "exception_event (exception_id) WHERE kind = 'snoozed'"),
    ("ix_exceptions_counted", "exceptions (type, severity, organization_id, resolved, snoozed_until, date_found)"),
    ("ix_exceptions_client", "exceptions (organization_name, id)"),
    ("ix_unresolved_client", "exceptions (organization_name, id) WHERE NOT resolved"),
];

/// As in m0011: PostgreSQL has its nulls at the other end.
const DOWNWARD: [(&str, &str); 2] = [
    ("ix_exceptions_client_down", "exceptions (organization_name DESC NULLS LAST, id DESC)"),
    ("ix_unresolved_client_down", "exceptions (organization_name DESC NULLS LAST, id DESC) WHERE NOT resolved"),
];

const DOWNWARD_BEFORE: [&str; 2] = [
    "CREATE INDEX ix_exceptions_organization_down ON exceptions (organization_id DESC NULLS LAST, id DESC)",
    "CREATE INDEX ix_unresolved_organization_down ON exceptions (organization_id DESC NULLS LAST, id DESC) \
     WHERE NOT resolved",
];

/// Names of the indexes and what they are on.
fn indexes(manager: &SchemaManager<'_>) -> Vec<(&'static str, &'static str)> {
    INDEXES.into_iter().chain(DOWNWARD.into_iter().filter(|_| is_postgres(manager))).collect()
}

fn is_postgres(manager: &SchemaManager<'_>) -> bool {
    manager.get_database_backend() == DatabaseBackend::Postgres
}
