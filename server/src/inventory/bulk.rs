//! Writing many rows with few statements.

use sea_orm::{ActiveModelTrait, ConnectionTrait, DbErr, EntityTrait, Iterable, sea_query::OnConflict};

/// SQLite takes 32,766 bound values in a statement, PostgreSQL 65,535; this leaves room.
const VALUES_PER_STATEMENT: usize = 30_000;
const MOST_ROWS: usize = 1000;

/// How many keys an `IN (…)` list holds at most.
pub(crate) const KEYS_PER_STATEMENT: usize = 10_000;

/// Inserts rows with a fixed number of statements per thousand.
pub(crate) async fn insert<E, A, C>(connection: &C, rows: Vec<A>, on_conflict: Option<OnConflict>) -> Result<u64, DbErr>
where
    E: EntityTrait,
    A: ActiveModelTrait<Entity = E> + Send,
    C: ConnectionTrait,
{
    let size = rows_per_statement(E::Column::iter().count());
    let mut rows = rows.into_iter();
    let mut written = 0;
    loop {
        let chunk: Vec<A> = rows.by_ref().take(size).collect();
        if chunk.is_empty() {
            return Ok(written);
        }
        let insert = E::insert_many(chunk);
        written += match &on_conflict {
            Some(rule) => insert.on_conflict(rule.clone()).exec_without_returning(connection).await?,
            None => insert.exec_without_returning(connection).await?,
        };
    }
}

fn rows_per_statement(columns: usize) -> usize {
    (VALUES_PER_STATEMENT / columns.max(1)).clamp(1, MOST_ROWS)
}
