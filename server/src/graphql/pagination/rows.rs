//! Cutting pages out of tables.

use sea_orm::{
    ColumnTrait, ColumnType, DatabaseConnection, EntityTrait, IdenStatic, ModelTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select,
    sea_query::{Asterisk, Expr, ExprTrait, Func, Order as SqlOrder, SelectStatement},
};

use super::{
    connection::{Connection, Fact},
    cursor::{Cursor, Key, KeyKind},
    cut::{Cut, Neighbours},
    page::PageArguments,
};
use crate::graphql::{errors::Fault, filters::OrderDirection};

/// The order of a list of rows: by a column that is never null, then by one that makes it unique. Both go one way, so
/// that one comparison of rows finds a place in an index.
pub(in crate::graphql) struct Order<E: EntityTrait> {
    list: &'static str,
    key: E::Column,
    id: E::Column,
    direction: OrderDirection,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    After,
    Before,
}

impl<E: EntityTrait> Order<E> {
    /// Of the list of this name, whose cursors no other list takes.
    pub(in crate::graphql) fn new(
        list: &'static str,
        key: E::Column,
        id: E::Column,
        direction: OrderDirection,
    ) -> Self {
        Self { list, key, id, direction }
    }

    fn name(&self) -> String {
        format!("{}/{}/{:?}", self.list, self.key.as_str(), self.direction)
    }

    fn cursor(&self, row: &E::Model) -> Result<Cursor, Fault>
    where
        E::Model: ModelTrait<Entity = E>,
    {
        let part = |column: E::Column| {
            Key::of(row.get(column)).ok_or_else(|| Fault::corrupt("a sort key without value:", column.as_str()))
        };
        Ok(Cursor { key: part(self.key)?, id: part(self.id)? })
    }

    fn decode(&self, text: Option<&String>) -> Result<Option<Cursor>, Fault> {
        let kinds = (kind_of(&self.key), kind_of(&self.id));
        text.map(|text| Cursor::decode(text, &self.name(), kinds)).transpose()
    }

    /// Rows on one side of a cursor.
    fn beyond(&self, cursor: &Cursor, side: Side) -> Expr {
        let place = Expr::tuple([Expr::col(self.key.as_column_ref()), Expr::col(self.id.as_column_ref())]);
        let bound = Expr::tuple([Expr::val(cursor.key.clone()), Expr::val(cursor.id.clone())]);
        match (side, self.direction) {
            (Side::After, OrderDirection::Asc) | (Side::Before, OrderDirection::Desc) => place.gt(bound),
            (Side::Before, OrderDirection::Asc) | (Side::After, OrderDirection::Desc) => place.lt(bound),
        }
    }

    fn sort(&self, rows: Select<E>, backward: bool) -> Select<E> {
        let direction = match (self.direction, backward) {
            (OrderDirection::Asc, false) | (OrderDirection::Desc, true) => SqlOrder::Asc,
            (OrderDirection::Desc, false) | (OrderDirection::Asc, true) => SqlOrder::Desc,
        };
        rows.order_by(self.key, direction.clone()).order_by(self.id, direction)
    }
}

fn kind_of(column: &impl ColumnTrait) -> KeyKind {
    match column.def().get_column_type() {
        ColumnType::Date => KeyKind::Date,
        ColumnType::TimestampWithTimeZone => KeyKind::Instant,
        ColumnType::BigInteger => KeyKind::Number,
        _ => KeyKind::Text,
    }
}

/// Reads a page of a table with one statement; `totalCount` and the neighbour beyond a cursor are one more each, and
/// only when they are asked for.
pub(in crate::graphql) async fn page_of_rows<E, T>(
    reader: &DatabaseConnection,
    (rows, order): (Select<E>, Order<E>),
    arguments: &PageArguments,
    show: fn(E::Model) -> T,
) -> Result<Connection<T>, Fault>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E>,
{
    let window = arguments.window()?;
    let after = order.decode(arguments.after.as_ref())?.map(|cursor| order.beyond(&cursor, Side::After));
    let before = order.decode(arguments.before.as_ref())?.map(|cursor| order.beyond(&cursor, Side::Before));
    let mut range = rows.clone();
    for bound in [&after, &before].into_iter().flatten() {
        range = range.filter(bound.clone());
    }
    let found = order.sort(range, window.backward).limit(window.rows_to_read()).all(reader).await?;
    let places = found.into_iter().map(|row| order.cursor(&row).map(|cursor| (cursor, row)));
    let neighbours = Neighbours {
        previous: after.map(|inside| exists_outside(&rows, inside)),
        next: before.map(|inside| exists_outside(&rows, inside)),
    };
    let total = Fact::Ask(Box::new(count(&rows)));
    let cut = Cut::new(places.collect::<Result<_, _>>()?, window, neighbours, total);
    Ok(cut.named(&order.name()).show(|rows| rows.into_iter().map(show).collect()))
}

/// Asks whether the list has rows that a cursor keeps out of the range; its own row is one.
fn exists_outside<E: EntityTrait>(rows: &Select<E>, inside: Expr) -> Fact<bool> {
    let mut statement = rows.clone().filter(inside.not()).into_query();
    Fact::Ask(Box::new(statement.clear_selects().expr(Expr::val(1)).limit(1).to_owned()))
}

fn count<E: EntityTrait>(rows: &Select<E>) -> SelectStatement {
    let mut statement = rows.clone().into_query();
    statement.clear_selects().expr(Func::count(Expr::col(Asterisk))).to_owned()
}
