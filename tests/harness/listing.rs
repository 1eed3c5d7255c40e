//! Reading whole lists, page by page, as a dashboard would.

use serde_json::{Value, json};

use crate::GraphqlClient;

impl GraphqlClient {
    /// Every row of a list, in its order: `every("devices", "orderBy: { field: LAST_SEEN }", "id hostname")`.
    pub async fn every(&self, list: &str, arguments: &str, selection: &str) -> Vec<Value> {
        let (mut rows, mut after) = (Vec::new(), Value::Null);
        let query = format!(
            "query($after: String) {{ {list}(first: 100, after: $after, {arguments}) {{
                nodes {{ {selection} }} pageInfo {{ hasNextPage endCursor }} }} }}"
        );
        loop {
            let answer = self.ask(&query, json!({ "after": after })).await;
            let page = &answer.data()[list];
            rows.extend(page["nodes"].as_array().into_iter().flatten().cloned());
            if page["pageInfo"]["hasNextPage"] != true {
                return rows;
            }
            after = page["pageInfo"]["endCursor"].clone();
        }
    }
}

/// The text of a field; panics, showing the object, when it has none.
#[track_caller]
pub fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object[field].as_str().unwrap_or_else(|| panic!("no text in `{field}`: {object:#}"))
}
