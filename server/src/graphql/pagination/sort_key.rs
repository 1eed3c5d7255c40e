//! What a list of rows is sorted by: a column, or an expression over one row.

use sea_orm::{
    ColumnTrait, ColumnType, EntityTrait, IdenStatic, ModelTrait,
    sea_query::{Expr, ExprTrait},
};

use super::cursor::{Key, KeyKind};

type Read<M> = Box<dyn Fn(&M) -> Option<Key> + Send + Sync>;

/// A sort key, in SQL and in a row that was read.
pub(in crate::graphql) struct SortKey<E: EntityTrait> {
    pub(super) name: String,
    pub(super) sql: Expr,
    pub(super) kind: KeyKind,
    pub(super) may_be_missing: bool,
    pub(super) of_row: Read<E::Model>,
}

impl<E: EntityTrait> SortKey<E> {
    /// A column; one that can be null sorts its nulls last.
    pub(in crate::graphql) fn column(column: E::Column) -> Self
    where
        E::Model: ModelTrait<Entity = E>,
    {
        Self {
            name: column.as_str().to_owned(),
            sql: Expr::col(column.as_column_ref()),
            kind: kind_of(&column),
            may_be_missing: column.def().is_null(),
            of_row: Box::new(move |row| Key::of(row.get(column))),
        }
    }

    /// An expression over one row that is never null, with how to compute it from the row.
    pub(in crate::graphql) fn expression(
        name: &'static str,
        sql: Expr,
        kind: KeyKind,
        of_row: impl Fn(&E::Model) -> Key + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.to_owned(), sql, kind, may_be_missing: false, of_row: Box::new(move |row| Some(of_row(row))) }
    }

    pub(super) fn is_there(&self) -> Expr {
        self.sql.clone().is_not_null()
    }
}

pub(super) fn kind_of(column: &impl ColumnTrait) -> KeyKind {
    match column.def().get_column_type() {
        ColumnType::Date => KeyKind::Date,
        ColumnType::TimestampWithTimeZone => KeyKind::Instant,
        ColumnType::BigInteger | ColumnType::SmallInteger => KeyKind::Number,
        _ => KeyKind::Text,
    }
}
