//! Rows read by the places of their columns. A statement selects the columns that are needed, of one table or of several
//! that are joined; SeaORM's own way looks every column up by its name, and needs all of a table.

use std::sync::Arc;

use sea_orm::{
    ColumnTrait, ColumnType, DbErr, EntityTrait, Iterable, ModelTrait, QueryResult, QuerySelect, RuntimeErr, Select,
    Value,
    sqlx::{Decode, Postgres, Row, Sqlite, Type},
};

/// Columns of a table, in the order in which a statement selects them.
pub(super) struct Columns<E: EntityTrait>(Vec<(E::Column, ColumnType)>);

impl<E> Columns<E>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E> + Default,
{
    /// These.
    pub(super) fn of(columns: impl IntoIterator<Item = E::Column>) -> Self {
        Self(columns.into_iter().map(|column| (column, column.def().get_column_type().clone())).collect())
    }

    /// All, the primary key first.
    pub(super) fn all() -> Self {
        Self::of(E::Column::iter())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds them to what a statement selects.
    pub(super) fn select<B: EntityTrait>(&self, rows: Select<B>) -> Select<B> {
        rows.columns(self.0.iter().map(|(column, _)| *column))
    }

    /// The row whose columns begin at this place. What was not selected is as the model's `Default` has it, and may not be
    /// shown.
    pub(super) fn read(&self, row: &QueryResult, first: usize) -> Result<E::Model, DbErr> {
        let mut model = E::Model::default();
        for (at, (column, of_type)) in self.0.iter().enumerate() {
            model.try_set(*column, value(row, first + at, of_type)?)?;
        }
        Ok(model)
    }

    /// The same of a table that was joined; `None` where there is no row, and so no primary key.
    pub(super) fn read_joined(&self, row: &QueryResult, first: usize) -> Result<Option<E::Model>, DbErr> {
        stored::<i64>(row, first)?.map(|_| self.read(row, first)).transpose()
    }
}

/// A column as the entity's models take it.
fn value(row: &QueryResult, at: usize, of_type: &ColumnType) -> Result<Value, DbErr> {
    Ok(match of_type {
        ColumnType::String(_) | ColumnType::Text => Value::String(stored(row, at)?),
        ColumnType::BigInteger => Value::BigInt(stored(row, at)?),
        ColumnType::Integer => Value::Int(stored(row, at)?),
        ColumnType::Boolean => Value::Bool(stored(row, at)?),
        ColumnType::Date => Value::ChronoDate(stored(row, at)?),
        ColumnType::TimestampWithTimeZone => Value::ChronoDateTimeUtc(stored(row, at)?),
        // Rare, and written differently by the two databases: as SeaORM reads them.
        ColumnType::JsonBinary => Value::Json(row.try_get_by_index::<Option<serde_json::Value>>(at)?.map(Box::new)),
        ColumnType::Decimal(_) => Value::Decimal(row.try_get_by_index(at)?),
        other => return Err(DbErr::Type(format!("no row is read with a column of {other:?}"))),
    })
}

/// Read as sqlx has it: SeaORM writes a text for every null before it takes it for one.
fn stored<T>(row: &QueryResult, at: usize) -> Result<Option<T>, DbErr>
where
    T: for<'r> Decode<'r, Postgres> + Type<Postgres> + for<'r> Decode<'r, Sqlite> + Type<Sqlite>,
{
    let read = match (row.try_as_pg_row(), row.try_as_sqlite_row()) {
        (Some(row), _) => row.try_get(at),
        (None, Some(row)) => row.try_get(at),
        (None, None) => return Err(DbErr::Type("a row of neither database".to_owned())),
    };
    read.map_err(|error| DbErr::Query(RuntimeErr::SqlxError(Arc::new(error))))
}
