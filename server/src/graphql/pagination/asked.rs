//! What a document asks of the rows of a page.

use async_graphql::{Context, SelectionField};

/// The fields of the rows of the connection that is being resolved, by `nodes` and by `edges`. A fragment's count whether it
/// applies or not: rather one too many.
pub(in crate::graphql) fn fields_of_rows<'a>(ctx: &'a Context<'a>) -> Vec<SelectionField<'a>> {
    let mut fields = Vec::new();
    for field in ctx.field().selection_set() {
        match field.name() {
            "nodes" => fields.extend(field.selection_set()),
            "edges" => {
                for node in field.selection_set().filter(|field| field.name() == "node") {
                    fields.extend(node.selection_set());
                }
            }
            _ => {}
        }
    }
    fields
}
