//! The GraphQL shapes of a page.

use std::{borrow::Cow, sync::Arc};

use async_graphql::{Context, Object, OutputType, TypeName};
use sea_orm::{ConnectionTrait, sea_query::SelectStatement};

use super::cursor::Cursor;
use crate::graphql::{context::Hub, errors::Fault, types::scalars::count};

/// What is known, or the statement that tells it when somebody asks.
#[derive(Clone, Debug)]
pub(super) enum Fact<T> {
    Known(T),
    Ask(Box<SelectStatement>),
}

/// A page of a list.
#[derive(Debug)]
pub struct Connection<T> {
    pub(super) edges: Vec<Edge<T>>,
    pub(super) info: PageInfo,
    pub(super) total: Fact<i64>,
}

impl<T: OutputType> TypeName for Connection<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", T::type_name()).into()
    }
}

impl<T> Connection<T> {
    /// Its rows.
    pub(in crate::graphql) fn rows(&self) -> impl Iterator<Item = &T> + Clone {
        self.edges.iter().map(|edge| &edge.node)
    }
}

/// A page of a list, in the list's order.
#[Object(name_type)]
impl<T: OutputType> Connection<T> {
    /// The rows of this page with their cursors.
    async fn edges(&self) -> &[Edge<T>] {
        &self.edges
    }

    /// The rows of this page without cursors.
    async fn nodes(&self) -> Vec<&T> {
        self.edges.iter().map(|edge| &edge.node).collect()
    }

    /// Where this page lies in the list.
    async fn page_info(&self) -> &PageInfo {
        &self.info
    }

    /// How many rows the whole list has under the filter, whatever the page. Counted only when asked for.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<i32, Fault> {
        match &self.total {
            Fact::Known(total) => Ok(count(*total)),
            Fact::Ask(statement) => {
                let row = ctx.reader().query_one(&**statement).await?;
                let total = row.map(|row| row.try_get_by_index::<i64>(0)).transpose()?;
                Ok(count(total.unwrap_or_default()))
            }
        }
    }
}

/// A row of a page.
#[derive(Debug)]
pub struct Edge<T> {
    pub(super) cursor: Cursor,
    pub(super) order: Arc<str>,
    pub(super) node: T,
}

impl<T: OutputType> TypeName for Edge<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", T::type_name()).into()
    }
}

/// A row of a page, and where it lies.
#[Object(name_type)]
impl<T: OutputType> Edge<T> {
    /// The row's place in the list: give it as `after` or `before` to read on from here. Opaque, and of use only in the
    /// same list and order.
    async fn cursor(&self) -> String {
        self.cursor.encode(&self.order)
    }

    /// The row.
    async fn node(&self) -> &T {
        &self.node
    }
}

/// Where a page lies in its list.
#[derive(Clone, Debug)]
pub struct PageInfo {
    pub(super) has_next: Fact<bool>,
    pub(super) has_previous: Fact<bool>,
    pub(super) start: Option<String>,
    pub(super) end: Option<String>,
}

/// Where a page lies in its list.
#[Object]
impl PageInfo {
    /// Whether rows follow this page.
    async fn has_next_page(&self, ctx: &Context<'_>) -> Result<bool, Fault> {
        exists(ctx, &self.has_next).await
    }

    /// Whether rows come before this page.
    async fn has_previous_page(&self, ctx: &Context<'_>) -> Result<bool, Fault> {
        exists(ctx, &self.has_previous).await
    }

    /// The cursor of the page's first row; null for an empty page.
    async fn start_cursor(&self) -> Option<&str> {
        self.start.as_deref()
    }

    /// The cursor of the page's last row; null for an empty page.
    async fn end_cursor(&self) -> Option<&str> {
        self.end.as_deref()
    }
}

async fn exists(ctx: &Context<'_>, fact: &Fact<bool>) -> Result<bool, Fault> {
    match fact {
        Fact::Known(known) => Ok(*known),
        Fact::Ask(statement) => Ok(ctx.reader().query_one(&**statement).await?.is_some()),
    }
}
