//! Cutting pages out of tables.

use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IdenStatic, ModelTrait, QueryFilter, QuerySelect, QueryTrait,
    Select,
    sea_query::{Asterisk, Expr, ExprTrait, Func, NullOrdering, Order as SqlOrder, SelectStatement},
};

use super::{
    ahead::{Asked, ReadAhead},
    connection::{Connection, Fact},
    cursor::{Cursor, Key},
    cut::{Cut, Neighbours},
    page::{PageArguments, Window},
    sort_key::{SortKey, kind_of},
};
use crate::{
    graphql::{columns::Columns, errors::Fault, filters::OrderDirection},
    inventory::reader::Reader,
};

/// The order of a list of rows: by a key, then by a column that makes it unique. Both go one way, so that one comparison
/// of rows finds a place in an index. Rows without the key come last, whichever way the list goes.
pub(in crate::graphql) struct Order<E: EntityTrait> {
    list: String,
    key: SortKey<E>,
    id: E::Column,
    direction: OrderDirection,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    After,
    Before,
}

impl<E: EntityTrait> Order<E> {
    /// Of the list of this name, whose cursors no other list takes, by a column.
    pub(in crate::graphql) fn new(list: &'static str, key: E::Column, id: E::Column, direction: OrderDirection) -> Self
    where
        E::Model: ModelTrait<Entity = E>,
    {
        Self::by(list.to_owned(), SortKey::column(key), id, direction)
    }

    /// The same by any key.
    pub(in crate::graphql) fn by(list: String, key: SortKey<E>, id: E::Column, direction: OrderDirection) -> Self {
        Self { list, key, id, direction }
    }

    fn name(&self) -> String {
        format!("{}/{}/{:?}", self.list, self.key.name, self.direction)
    }

    fn cursor(&self, row: &E::Model) -> Result<Cursor, Fault>
    where
        E::Model: ModelTrait<Entity = E>,
    {
        let missing = |column: &str| Fault::corrupt("a sort key without value:", column);
        let key = (self.key.of_row)(row);
        if key.is_none() && !self.key.may_be_missing {
            return Err(missing(&self.key.name));
        }
        Ok(Cursor { key, id: Key::of(row.get(self.id)).ok_or_else(|| missing(self.id.as_str()))? })
    }

    fn decode(&self, text: Option<&String>) -> Result<Option<Cursor>, Fault> {
        let kinds = (self.key.kind, kind_of(&self.id));
        text.map(|text| Cursor::decode(text, &self.name(), kinds, self.key.may_be_missing)).transpose()
    }

    /// Rows on one side of a cursor; true or false for each row, never unknown.
    fn beyond(&self, cursor: &Cursor, side: Side) -> Condition {
        let id = || Expr::col(self.id.as_column_ref());
        let upward = (side == Side::After) == (self.direction == OrderDirection::Asc);
        let compare = |place: Expr, bound: Expr| if upward { place.gt(bound) } else { place.lt(bound) };
        let is_there = || self.key.is_there();
        match (&cursor.key, side) {
            (Some(key), _) => {
                let place = Expr::tuple([self.key.sql.clone(), id()]);
                let beyond = compare(place, Expr::tuple([Expr::val(key.clone()), Expr::val(cursor.id.clone())]));
                match (self.key.may_be_missing, side) {
                    (false, _) => beyond.into(),
                    (true, Side::After) => Condition::any().add(is_there().and(beyond)).add(is_there().not()),
                    (true, Side::Before) => Condition::all().add(is_there()).add(beyond),
                }
            }
            (None, Side::After) => {
                Condition::all().add(is_there().not()).add(compare(id(), Expr::val(cursor.id.clone())))
            }
            (None, Side::Before) => Condition::any().add(is_there()).add(compare(id(), Expr::val(cursor.id.clone()))),
        }
    }

    fn sort(&self, mut rows: Select<E>, backward: bool) -> Select<E> {
        let direction = match (self.direction, backward) {
            (OrderDirection::Asc, false) | (OrderDirection::Desc, true) => SqlOrder::Asc,
            (OrderDirection::Desc, false) | (OrderDirection::Asc, true) => SqlOrder::Desc,
        };
        let missing = if backward { NullOrdering::First } else { NullOrdering::Last };
        let statement = QuerySelect::query(&mut rows);
        if self.key.may_be_missing {
            statement.order_by_expr_with_nulls(self.key.sql.clone(), direction.clone(), missing);
        } else {
            statement.order_by_expr(self.key.sql.clone(), direction.clone());
        }
        statement.order_by_expr(Expr::col(self.id.as_column_ref()), direction);
        rows
    }
}

/// Reads a page of a table with one statement; `totalCount` and the neighbour beyond a cursor are one more each, and
/// only when they are asked for.
pub(in crate::graphql) async fn page_of_rows<E, T>(
    reader: &Reader,
    (rows, order): (Select<E>, Order<E>),
    arguments: &PageArguments,
    show: impl Fn(E::Model) -> T,
) -> Result<Connection<T>, Fault>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E>,
{
    let read = async |found: Select<E>, window: Window| Ok(found.limit(window.rows_to_read()).all(reader).await?);
    page_by(read, (rows, &order), arguments, show).await
}

/// The same, of rows of which these columns are read, the order's among them.
pub(in crate::graphql) async fn page_of_columns<E, T>(
    reader: &Reader,
    (rows, columns, order): (Select<E>, &Columns<E>, Order<E>),
    arguments: &PageArguments,
    show: impl Fn(E::Model) -> T,
) -> Result<Connection<T>, Fault>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E> + Default,
{
    let read = async |found: Select<E>, window: Window| {
        let found = columns.select(found.select_only()).limit(window.rows_to_read());
        let rows = reader.query_all(&found.into_query()).await?;
        Ok(rows.iter().map(|row| columns.read(row, 0)).collect::<Result<_, _>>()?)
    };
    page_by(read, (rows, &order), arguments, show).await
}

/// The same of a list whose pages follow each other at one moment: many are read with one statement. Without a place to
/// keep the others, a page is read as of any list.
pub(in crate::graphql) async fn page_of_rows_ahead<E, T>(
    (reader, ahead): (&Reader, Option<&ReadAhead>),
    (rows, order): (Select<E>, Order<E>),
    arguments: &PageArguments,
    show: impl Fn(E::Model) -> T,
) -> Result<Connection<T>, Fault>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E> + Clone + Send + 'static,
{
    let Some(ahead) = ahead.filter(|_| arguments.last.is_none() && arguments.before.is_none()) else {
        return page_of_rows(reader, (rows, order), arguments, show).await;
    };
    let list = format!("{} {}", order.name(), rows.build(reader.get_database_backend()));
    let name = order.name();
    let read = async |found: Select<E>, window: Window| {
        let asked = Asked { list: list.clone(), after: arguments.after.as_ref(), wanted: window.rows_to_read() };
        let (mut rows, to_the_end) = ahead.page(&asked, async |limit| found.limit(limit).all(reader).await).await?;
        let page: Vec<E::Model> = rows.iter().take(usize::from(window.size) + 1).cloned().collect();
        rows.drain(..rows.len().min(window.size.into()));
        if let Some(last) = page.get(usize::from(window.size).wrapping_sub(1)) {
            ahead.keep(list.clone(), order.cursor(last)?.encode(&name), (rows, to_the_end));
        }
        Ok(page)
    };
    page_by(read, (rows, &order), arguments, show).await
}

/// Reads a page as `read` reads the rows of a sorted range.
async fn page_by<E, T>(
    read: impl AsyncFnOnce(Select<E>, Window) -> Result<Vec<E::Model>, Fault>,
    (rows, order): (Select<E>, &Order<E>),
    arguments: &PageArguments,
    show: impl Fn(E::Model) -> T,
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
    let found = read(order.sort(range, window.backward), window).await?;
    let places = found.into_iter().map(|row| order.cursor(&row).map(|cursor| (cursor, row)));
    let neighbours = Neighbours {
        previous: after.map(|inside| exists_outside(&rows, inside)),
        next: before.map(|inside| exists_outside(&rows, inside)),
    };
    let total = Fact::Ask(Box::new(count(&rows)));
    let cut = Cut::new(places.collect::<Result<_, _>>()?, window, neighbours, total);
    Ok(cut.named(&order.name()).show(|rows| rows.into_iter().map(&show).collect()))
}

/// Asks whether the list has rows that a cursor keeps out of the range; its own row is one.
fn exists_outside<E: EntityTrait>(rows: &Select<E>, inside: Condition) -> Fact<bool> {
    let mut statement = rows.clone().filter(inside.not()).into_query();
    Fact::Ask(Box::new(statement.clear_selects().expr(Expr::val(1)).limit(1).to_owned()))
}

fn count<E: EntityTrait>(rows: &Select<E>) -> SelectStatement {
    let mut statement = rows.clone().into_query();
    statement.clear_selects().expr(Func::count(Expr::col(Asterisk))).to_owned()
}
