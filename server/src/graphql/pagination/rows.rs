//! Cutting pages out of tables, and out of lists that are already in memory.

use async_graphql::OutputType;
use sea_orm::{
    ColumnTrait, ColumnType, DatabaseConnection, EntityTrait, IdenStatic, ModelTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select,
    sea_query::{Asterisk, Expr, ExprTrait, Func, Order as SqlOrder, SelectStatement},
};

use super::{
    connection::{Connection, Edge, Fact, PageInfo},
    cursor::{Cursor, Key, KeyKind},
    page::{PageArguments, Window},
};
use crate::graphql::{errors::Fault, filters::OrderDirection};

/// The order of a list of rows: by a column that is never null, then by one that makes it unique. Both go one way, so
/// that one comparison of rows finds a place in an index.
pub(in crate::graphql) struct Order<E: EntityTrait> {
    /// The list's name; cursors of another list are refused.
    pub(in crate::graphql) list: &'static str,
    /// The sort key.
    pub(in crate::graphql) key: E::Column,
    /// What makes it unique.
    pub(in crate::graphql) id: E::Column,
    /// Which way.
    pub(in crate::graphql) direction: OrderDirection,
}

impl<E: EntityTrait> Order<E> {
    fn name(&self) -> String {
        format!("{}/{}/{:?}", self.list, self.key.as_str(), self.direction)
    }

    fn cursor(&self, row: &E::Model) -> Result<Cursor, Fault>
    where
        E::Model: ModelTrait<Entity = E>,
    {
        let part = |column| Key::of(row.get(column)).ok_or_else(|| Fault::corrupt("sort key", self.key.as_str()));
        Ok(Cursor { key: part(self.key)?, id: part(self.id)? })
    }

    fn decode(&self, text: Option<&String>) -> Result<Option<Cursor>, Fault> {
        let kinds = (kind_of(self.key), kind_of(self.id));
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    After,
    Before,
}

fn kind_of(column: impl ColumnTrait) -> KeyKind {
    match column.def().get_column_type() {
        ColumnType::Date => KeyKind::Date,
        ColumnType::TimestampWithTimeZone => KeyKind::Instant,
        ColumnType::BigInteger => KeyKind::Number,
        _ => KeyKind::Text,
    }
}

/// Reads a page of a table: one statement, and one more for each of `totalCount` and the far end's neighbour if asked.
pub(in crate::graphql) async fn page_of_rows<E, T>(
    reader: &DatabaseConnection,
    (rows, order): (Select<E>, Order<E>),
    arguments: &PageArguments,
    show: fn(E::Model) -> T,
) -> Result<Connection<T>, Fault>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E>,
    T: OutputType,
{
    let window = arguments.window()?;
    let (after, before) = (order.decode(arguments.after.as_ref())?, order.decode(arguments.before.as_ref())?);
    let mut range = rows.clone();
    for (cursor, side) in [(&after, Side::After), (&before, Side::Before)] {
        if let Some(cursor) = cursor {
            range = range.filter(order.beyond(cursor, side));
        }
    }
    let wanted = u64::from(window.size) + 1;
    let found = order.sort(range, window.backward).limit(wanted).all(reader).await?;
    let places = found.into_iter().map(|row| order.cursor(&row).map(|cursor| (cursor, row)));
    let cut = Cut::new(places.collect::<Result<_, _>>()?, window);
    let beside = |cursor: &Option<Cursor>, away| match cursor {
        Some(cursor) => Fact::Ask(Box::new(neighbour(&rows, order.beyond(cursor, away).not()))),
        None => Fact::Known(false),
    };
    let edges = (beside(&after, Side::After), beside(&before, Side::Before));
    let total = Fact::Ask(Box::new(count_of(&rows)));
    Ok(cut.into_connection(&order.name(), edges, total, show))
}

/// Whether a row of the list is on the far side of a cursor (the cursor's own row is).
fn neighbour<E: EntityTrait>(rows: &Select<E>, far_side: Expr) -> SelectStatement {
    let mut statement = rows.clone().filter(far_side).into_query();
    statement.clear_selects().expr(Expr::val(1)).limit(1).to_owned()
}

fn count_of<E: EntityTrait>(rows: &Select<E>) -> SelectStatement {
    let mut statement = rows.clone().into_query();
    statement.clear_selects().expr(Func::count(Expr::col(Asterisk))).to_owned()
}

/// Cuts a page out of a list in memory that is sorted by this key.
pub(in crate::graphql) fn page_of_slice<R: Clone, T: OutputType>(
    list: &'static str,
    (rows, key): (&[R], fn(&R) -> (i64, i64)),
    arguments: &PageArguments,
    show: impl Fn(&[R]) -> Vec<T>,
) -> Result<Connection<T>, Fault> {
    let _ = (list, rows, key, arguments, show);
    todo!()
}

/// The rows of a page in the list's order, and whether more were found on the side it was read towards.
struct Cut<R> {
    rows: Vec<(Cursor, R)>,
    more: bool,
    backward: bool,
}

impl<R> Cut<R> {
    /// From one row more than the page has, in the order of reading.
    fn new(mut rows: Vec<(Cursor, R)>, window: Window) -> Self {
        let more = rows.len() > usize::from(window.size);
        rows.truncate(window.size.into());
        if window.backward {
            rows.reverse();
        }
        Self { rows, more, backward: window.backward }
    }
}
