//! The rows of a table, page after page, as GraphQL answers them.

use async_graphql::{ErrorExtensionValues, Executor, Request, ServerError, Value};
use serde_json::Map;

use super::{
    asked::variables_of_page,
    cell::{Cell, value_at},
    report::Table,
};
use crate::graphql::{Api, GraphqlLimits, Principal, errors::ErrorCode};

/// A line of the file: one cell per column.
pub(super) type Row = Vec<Cell>;

/// A table that is being read.
pub(super) struct Pages {
    api: Api,
    principal: Principal,
    table: &'static Table,
    document: String,
    asked: Map<String, serde_json::Value>,
    ready: Option<Vec<Row>>,
    place: Place,
}

/// How far reading has come.
enum Place {
    Start,
    After(String),
    End,
}

impl Pages {
    pub(super) fn new(
        (api, principal): (Api, Principal),
        table: &'static Table,
        asked: Map<String, serde_json::Value>,
    ) -> Self {
        Self { api, principal, table, document: table.document(), asked, ready: None, place: Place::Start }
    }

    pub(super) fn table(&self) -> &'static Table {
        self.table
    }

    /// Reads the first page now, for [`Self::next`] to give.
    pub(super) async fn read_ahead(&mut self) -> Result<(), ServerError> {
        self.ready = self.read().await?;
        Ok(())
    }

    /// The next page; `None` after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Row>>, ServerError> {
        match self.ready.take() {
            Some(rows) => Ok(Some(rows)),
            None => self.read().await,
        }
    }

    async fn read(&mut self) -> Result<Option<Vec<Row>>, ServerError> {
        let after = match &self.place {
            Place::Start => None,
            Place::After(cursor) => Some(cursor.as_str()),
            Place::End => return Ok(None),
        };
        let variables = variables_of_page(&self.asked, GraphqlLimits::MAX_PAGE_SIZE, after);
        let request = Request::new(self.document.as_str()).variables(variables).data(self.principal.clone());
        let mut response = self.api.execute(request).await;
        if !response.errors.is_empty() {
            return Err(told(response.errors.swap_remove(0)));
        }
        let found = value_at(&response.data, self.table.rows).unwrap_or(&Value::Null);
        self.place = next_place(found);
        let rows = match found {
            Value::Object(_) => value_at(found, "nodes").unwrap_or(&Value::Null),
            list => list,
        };
        let Value::List(rows) = rows else { return Ok(Some(Vec::new())) };
        let columns = self.table.columns;
        Ok(Some(rows.iter().map(|row| columns.iter().map(|column| Cell::of(row, column)).collect()).collect()))
    }
}

/// A connection says where it goes on; a plain list is all there is.
fn next_place(found: &Value) -> Place {
    let more = value_at(found, "pageInfo.hasNextPage") == Some(&Value::Boolean(true));
    match value_at(found, "pageInfo.endCursor") {
        Some(Value::String(cursor)) if more => Place::After(cursor.clone()),
        _ => Place::End,
    }
}

/// The error without its place in a document that the client never saw. The document is ours, so that what it was
/// refused for is a value of the client's.
fn told(mut error: ServerError) -> ServerError {
    error.locations.clear();
    error.path.clear();
    let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
    if extensions.get("code") == Some(&Value::from(ErrorCode::ValidationFailed.as_str())) {
        extensions.set("code", ErrorCode::BadUserInput.as_str());
    }
    error
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_connection_goes_on_where_it_says_and_a_list_is_all() {
        let at = |json| next_place(&Value::from_json(json).unwrap());
        let page = |next: bool| json!({ "nodes": [], "pageInfo": { "hasNextPage": next, "endCursor": "c" } });
        assert!(matches!(at(page(true)), Place::After(cursor) if cursor == "c"));
        assert!(matches!(at(page(false)), Place::End));
        assert!(matches!(at(json!([{ "a": 1 }])), Place::End));
        assert!(matches!(at(json!(null)), Place::End));
    }
}
