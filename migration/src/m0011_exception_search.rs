//! Finding and sorting exceptions: the text of their details to search in, and an index for each filter and order.
//!
//! On PostgreSQL parts of texts are found by trigrams. The extension `pg_trgm` comes with PostgreSQL and may be created by
//! whoever may create in the database; where it can't be, the hub works without these two indexes (docs/operations.md).

use caseless::Caseless;
use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, DatabaseBackend, Statement, Value as Bound},
};
use unicode_normalization::UnicodeNormalization;

use crate::sql;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Rows that are filled per statement.
const BATCH: u64 = 1000;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, &["ALTER TABLE exceptions ADD COLUMN details_text text NOT NULL DEFAULT ''"]).await?;
        fill(manager).await?;
        if manager.get_database_backend() == DatabaseBackend::Postgres {
            sql::run(manager, &[SORTED_BY_BYTES, TRIGRAMS, TRIGRAM_INDEXES]).await?;
        }
        for (name, on) in indexes(manager) {
            sql::run(manager, &[&format!("CREATE INDEX {name} ON exceptions {on}")]).await?;
        }
        sql::run(manager, &PERIODS).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, &PERIODS_BEFORE).await?;
        for (name, _) in indexes(manager).iter().rev() {
            sql::run(manager, &[&format!("DROP INDEX {name}")]).await?;
        }
        if manager.get_database_backend() == DatabaseBackend::Postgres {
            // The extension stays: somebody else may use it.
            sql::run(manager, &["DROP INDEX IF EXISTS ix_exceptions_text, ix_exceptions_hostname_part"]).await?;
        }
        sql::run(manager, &["ALTER TABLE exceptions DROP COLUMN details_text"]).await
    }
}

const INDEXES: [(&str, &str); 10] = [
    ("ix_exceptions_found", "(date_found, id)"),
    ("ix_exceptions_seen", "(last_seen_date, id)"),
    ("ix_exceptions_type", "(type, id)"),
    ("ix_exceptions_type_found", "(type, date_found, id)"),
    ("ix_exceptions_severity", "(severity, id)"),
    ("ix_exceptions_closed", "(resolved_date, id)"),
    ("ix_exceptions_assignee", "(assigned_to, id)"),
    ("ix_exceptions_organization", "(organization_id, id)"),
    ("ix_exceptions_organization_found", "(organization_id, date_found, id)"),
    ("ix_exceptions_snoozed", "(snoozed_until) WHERE snoozed_until IS NOT NULL"),
];

/// What can be missing is last whichever way a list goes. SQLite has the downward order in the same index, read from its
/// end; PostgreSQL has its nulls at the other end there.
const DOWNWARD: [(&str, &str); 3] = [
    ("ix_exceptions_closed_down", "(resolved_date DESC NULLS LAST, id DESC)"),
    ("ix_exceptions_assignee_down", "(assigned_to DESC NULLS LAST, id DESC)"),
    ("ix_exceptions_organization_down", "(organization_id DESC NULLS LAST, id DESC)"),
];

/// Who was open on a day, and what a trend counts, without a look into the table.
const PERIODS: [&str; 4] = [
    "DROP INDEX ix_exception_period_opened",
    "DROP INDEX ix_exception_period_closed",
    "CREATE INDEX ix_exception_period_span ON exception_period (opened_on, closed_on, exception_id)",
    "CREATE INDEX ix_exception_period_ended ON exception_period (closed_on, exception_id)",
];

const PERIODS_BEFORE: [&str; 4] = [
    "DROP INDEX ix_exception_period_span",
    "DROP INDEX ix_exception_period_ended",
    "CREATE INDEX ix_exception_period_opened ON exception_period (opened_on)",
    "CREATE INDEX ix_exception_period_closed ON exception_period (closed_on)",
];

/// What people work on is a small part of the history, and is asked for in every order.
const UNRESOLVED: [(&str, &str); 8] = [
    ("ix_unresolved_found", "(date_found, id)"),
    ("ix_unresolved_seen", "(last_seen_date, id)"),
    ("ix_unresolved_hostname", "(hostname, id)"),
    ("ix_unresolved_type", "(type, id)"),
    ("ix_unresolved_severity", "(severity, id)"),
    ("ix_unresolved_closed", "(resolved_date, id)"),
    ("ix_unresolved_assignee", "(assigned_to, id)"),
    ("ix_unresolved_organization", "(organization_id, id)"),
];

const UNRESOLVED_DOWNWARD: [(&str, &str); 3] = [
    ("ix_unresolved_closed_down", "(resolved_date DESC NULLS LAST, id DESC)"),
    ("ix_unresolved_assignee_down", "(assigned_to DESC NULLS LAST, id DESC)"),
    ("ix_unresolved_organization_down", "(organization_id DESC NULLS LAST, id DESC)"),
];

/// Names of the indexes and what they are on.
fn indexes(manager: &SchemaManager<'_>) -> Vec<(&'static str, String)> {
    let is_postgres = manager.get_database_backend() == DatabaseBackend::Postgres;
    // PostgreSQL has trigrams for this; SQLite reads the texts, and an index has nothing else to read.
    let texts = [("ix_exceptions_text", "(details_text)")];
    let texts = texts.iter().filter(|_| !is_postgres);
    let all = INDEXES.iter().chain(texts).chain(DOWNWARD.iter().filter(|_| is_postgres));
    let unresolved = UNRESOLVED.iter().chain(UNRESOLVED_DOWNWARD.iter().filter(|_| is_postgres));
    let all = all.map(|(name, on)| (*name, (*on).to_owned()));
    let unresolved = unresolved.map(|(name, on)| (*name, format!("{on} WHERE NOT resolved")));
    let by_status = by_status(manager);
    let unresolved_by_status = ("ix_unresolved_status", format!("{by_status} WHERE NOT resolved"));
    all.chain(unresolved).chain([("ix_exceptions_status", by_status), unresolved_by_status]).collect()
}

/// Open ones, then snoozed ones by the day, then resolved ones: a key that does not depend on which day it is. The
/// expression is the one by which the list is sorted: `server/src/graphql/queries/exceptions/order.rs`.
fn by_status(manager: &SchemaManager<'_>) -> String {
    let date = if manager.get_database_backend() == DatabaseBackend::Postgres { "DATE " } else { "" };
    format!(
        "((CASE WHEN resolved THEN {date}'9999-12-31' \
         WHEN snoozed_until IS NULL THEN {date}'0001-01-01' WHEN snoozed_until > {date}'9999-12-30' \
         THEN {date}'9999-12-30' ELSE snoozed_until END), id)"
    )
}

/// As host names are: both databases then agree on the order, and a keyset cursor holds.
const SORTED_BY_BYTES: &str = "ALTER TABLE exceptions ALTER COLUMN type TYPE varchar(64) COLLATE \"C\", \
                               ALTER COLUMN assigned_to TYPE varchar(255) COLLATE \"C\"";

const TRIGRAMS: &str = "DO $$ BEGIN CREATE EXTENSION IF NOT EXISTS pg_trgm; \
                        EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported THEN \
                        RAISE NOTICE 'pg_trgm is not there: searching in texts of exceptions reads all of them'; \
                        END $$";

/// The operator class is named with the schema in which the extension is: it need not be in the search path.
const TRIGRAM_INDEXES: &str = "DO $$ DECLARE home text; BEGIN \
                               SELECT nspname INTO home FROM pg_extension JOIN pg_namespace \
                               ON pg_namespace.oid = extnamespace WHERE extname = 'pg_trgm'; \
                               IF home IS NOT NULL THEN \
                               EXECUTE format('CREATE INDEX ix_exceptions_text ON exceptions \
                               USING gin (details_text %I.gin_trgm_ops)', home); \
                               EXECUTE format('CREATE INDEX ix_exceptions_hostname_part ON exceptions \
                               USING gin (hostname %I.gin_trgm_ops)', home); \
                               END IF; END $$";

/// Gives the exceptions that are there their text.
async fn fill(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    let backend = manager.get_database_backend();
    let mut after = 0_i64;
    loop {
        let read = format!(
            "SELECT id, hostname, CAST(details AS text) AS details FROM exceptions WHERE id > {after} \
             ORDER BY id LIMIT {BATCH}"
        );
        let rows = connection.query_all_raw(Statement::from_string(backend, read)).await?;
        let mut values: Vec<Bound> = Vec::with_capacity(rows.len() * 2);
        for row in &rows {
            after = row.try_get("", "id")?;
            let (hostname, details) = (row.try_get::<String>("", "hostname")?, row.try_get::<String>("", "details")?);
            let details = serde_json::from_str(&details).unwrap_or(serde_json::Value::Null);
            values.extend([after.into(), text(&hostname, &details).into()]);
        }
        if rows.is_empty() {
            return Ok(());
        }
        let places: Vec<_> = (0..rows.len()).map(|row| place(row * 2 + 1)).collect();
        let write = format!(
            "UPDATE exceptions SET details_text = found.column2 FROM (VALUES {}) AS found \
             WHERE found.column1 = exceptions.id",
            places.join(", ")
        );
        connection.execute_raw(Statement::from_sql_and_values(backend, write, values)).await?;
    }
}

fn place(number: usize) -> String {
    format!("(CAST(${number} AS bigint), CAST(${} AS text))", number + 1)
}

/// As `domain::search` made it when this was written: the host name and every text of the details, folded.
fn text(hostname: &str, details: &serde_json::Value) -> String {
    let mut texts = vec![folded(hostname)];
    gather(details, &mut texts);
    texts.join("\n")
}

fn gather(value: &serde_json::Value, texts: &mut Vec<String>) {
    use serde_json::Value;
    match value {
        Value::String(text) => texts.push(folded(text)),
        Value::Array(values) => values.iter().for_each(|value| gather(value, texts)),
        Value::Object(fields) => fields.values().for_each(|value| gather(value, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn folded(text: &str) -> String {
    let plain = text.chars().map(|character| if character.is_whitespace() { ' ' } else { character });
    plain.filter(|character| !character.is_control()).nfkc().default_case_fold().nfkc().collect()
}
