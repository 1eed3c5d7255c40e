//! Puts the fields of an answer into the order in which they were asked for (GraphQL specification, section 7.2.2).
//!
//! Most are: `engine` resolves the fields of an object in their order. What it leaves to async-graphql (root fields, keys that
//! are asked for twice) comes in the order in which fields were ready: the same query would give its keys in another order
//! depending on what had to be loaded. Readers, caches and tests compare answers as text.

use async_graphql::{
    Name, Value,
    indexmap::IndexMap,
    parser::types::{DocumentOperations, ExecutableDocument, Selection, SelectionSet},
};

use super::root_fields;

/// The response keys of one selection, in order, each with the plan of what is below it.
#[derive(Debug, Default)]
pub(super) struct Plan(IndexMap<Name, Plan>);

/// How the answer to an operation is ordered.
pub(super) fn plan(document: &ExecutableDocument, operation: Option<&str>) -> Option<Plan> {
    // A single operation need not be named by the request, even if it has a name.
    let asked = match (&document.operations, operation) {
        (DocumentOperations::Multiple(named), None) if named.len() > 1 => return None,
        _ => root_fields::operation(document, operation)?,
    };
    let mut plan = Plan::default();
    plan.add(&asked.selection_set.node, document);
    Some(plan)
}

impl Plan {
    /// The guard has bounded how much this walks.
    fn add(&mut self, set: &SelectionSet, document: &ExecutableDocument) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    let below = self.0.entry(field.node.response_key().node.clone()).or_default();
                    below.add(&field.node.selection_set.node, document);
                }
                Selection::InlineFragment(inline) => self.add(&inline.node.selection_set.node, document),
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) {
                        self.add(&fragment.node.selection_set.node, document);
                    }
                }
            }
        }
    }

    fn is_order_of(&self, fields: &IndexMap<Name, Value>) -> bool {
        fields.len() == self.0.len() && fields.keys().eq(self.0.keys())
    }

    /// Puts an answer into order.
    pub(super) fn order(&self, value: &mut Value) {
        // A scalar that happens to be an object (JSON) has no selection: it stays as it is.
        if self.0.is_empty() {
            return;
        }
        match value {
            Value::List(items) => items.iter_mut().for_each(|item| self.order(item)),
            Value::Object(fields) if self.is_order_of(fields) => {
                for (value, below) in fields.values_mut().zip(self.0.values()) {
                    below.order(value);
                }
            }
            Value::Object(fields) => {
                let mut unordered = std::mem::take(fields);
                for (key, below) in &self.0 {
                    if let Some(mut value) = unordered.swap_remove(key) {
                        below.order(&mut value);
                        fields.insert(key.clone(), value);
                    }
                }
                fields.extend(unordered);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema, SimpleObject, parser::parse_query};

    use super::*;

    struct Query;

    #[derive(SimpleObject)]
    struct Leaf {
        early: i32,
        late: i32,
    }

    #[Object]
    impl Query {
        async fn slow(&self) -> Vec<Leaf> {
            tokio::task::yield_now().await;
            vec![Leaf { early: 1, late: 2 }]
        }

        async fn quick(&self) -> i32 {
            3
        }
    }

    #[tokio::test]
    async fn answers_come_in_the_order_of_the_question_fragments_included() {
        let schema = Schema::new(Query, EmptyMutation, EmptySubscription);
        let query = "{ slow { late ...Rest } again: quick quick } fragment Rest on Leaf { early late }";
        let mut data = schema.execute(query).await.data;
        plan(&parse_query(query).unwrap(), None).unwrap().order(&mut data);
        let answer = serde_json::to_string(&data).unwrap();
        let named = format!("query Named {query}");
        assert!(plan(&parse_query(&named).unwrap(), None).is_some(), "one that has a name need not be named");
        assert_eq!(answer, r#"{"slow":[{"late":2,"early":1}],"again":3,"quick":3}"#);
    }
}
