//! The rows of a table, page after page, as GraphQL answers them.

use async_graphql::{ErrorExtensionValues, Executor, Request, ServerError, Value, Variables};
use serde_json::Map;

use super::{
    asked::variables_of_page,
    cell::{Cell, value_at},
    report::{Column, Table},
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
        let owner = value_at(&response.data, self.table.owner()).unwrap_or(&Value::Null);
        let cell = |row: &Value, column: &Column| match column.beside() {
            Some(column) => Cell::of(owner, &column),
            None => Cell::of(row, column),
        };
        let line = |row| self.table.columns.iter().map(|column| cell(row, column)).collect();
        Ok(Some(rows_of(found).iter().map(line).collect()))
    }
}

/// The rows of a connection or of a list; an object that is neither is the only row.
fn rows_of(found: &Value) -> &[Value] {
    match (value_at(found, "nodes"), found) {
        (Some(Value::List(rows)), _) | (None, Value::List(rows)) => rows,
        (None, row @ Value::Object(_)) => std::slice::from_ref(row),
        _ => &[],
    }
}

/// A word of what a document answers; `None` where there is none.
pub(super) async fn word_of(
    (api, principal): (&Api, &Principal),
    (document, field): (&str, &str),
    asked: &Map<String, serde_json::Value>,
) -> Result<Option<String>, ServerError> {
    let variables = Variables::from_json(serde_json::Value::Object(asked.clone()));
    let mut response = api.execute(Request::new(document).variables(variables).data(principal.clone())).await;
    if !response.errors.is_empty() {
        return Err(told(response.errors.swap_remove(0)));
    }
    Ok(match value_at(&response.data, field) {
        Some(Value::String(word)) => Some(word.clone()),
        Some(Value::Enum(word)) => Some(word.to_string()),
        _ => None,
    })
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
    fn rows_are_those_of_a_connection_or_of_a_list_and_one_object_is_one_row() {
        let count = |json| rows_of(&Value::from_json(json).unwrap()).len();
        for (found, rows) in [
            (json!({ "nodes": [{ "a": 1 }, { "a": 2 }] }), 2),
            (json!({ "nodes": [] }), 0),
            (json!([{ "a": 1 }]), 1),
            (json!({ "a": 1 }), 1),
            (json!({ "nodes": null }), 0),
            (json!(null), 0),
        ] {
            assert_eq!(count(found.clone()), rows, "{found}");
        }
    }

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
