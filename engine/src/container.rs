//! The fields of an object.
//!
//! async-graphql allocates a future for every field, as large as the largest of the object's resolvers, and another time
//! the task that polls it. Of a page of a hundred rows that was most of the time, although nearly all fields only read what
//! their object has and never wait. Here fields are polled one after the other in one place; only a field that has to wait
//! keeps its place, and the next ones get another. So the fields are also answered in the order in which they were asked for
//! (GraphQL specification, section 7.2.2).

use std::{
    collections::HashSet,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
};

use async_graphql::{
    ContainerType, ContextSelectionSet, Name, Positioned, ServerResult, Value,
    indexmap::IndexMap,
    parser::types::{Field, Selection, SelectionSet},
    resolver_utils,
};
use futures::future::{BoxFuture, join_all};

/// Fields of which it is quicker to compare each with each than to hash their keys.
const FEW: usize = 24;

/// Resolves the fields of an object, those that have to wait concurrently. An object of which a key is asked for twice, one of
/// whose fields has a directive, and one that is known by its interface or union only while fragments are spread in it, is left
/// to async-graphql. (`@skip` and `@include` are gone by now.) The `resolve` of extensions is not called.
///
/// # Errors
/// Where a fragment is unknown, which validation has ruled out.
pub fn resolve_container<'a, T>(ctx: &'a ContextSelectionSet<'a>, root: &'a T) -> BoxFuture<'a, ServerResult<Value>>
where
    T: ContainerType + ?Sized,
{
    // A type can lead back to itself; its futures can't.
    Box::pin(resolve(ctx, root))
}

async fn resolve<T>(ctx: &ContextSelectionSet<'_>, root: &T) -> ServerResult<Value>
where
    T: ContainerType + ?Sized,
{
    let mut fields = Vec::with_capacity(ctx.item.node.items.len());
    let is_plain = |field: &&Positioned<Field>| field.node.directives.is_empty();
    if !collect(ctx, root, ctx.item, &mut fields) || !fields.iter().all(is_plain) || !are_distinct(&fields) {
        return resolver_utils::resolve_container(ctx, root).await;
    }
    let mut values: Vec<Option<Value>> = Vec::with_capacity(fields.len());
    let mut waiting = Vec::new();
    let mut place = Place::new();
    for (at, field) in fields.iter().enumerate() {
        if field.node.name.node == "__typename" {
            values.push(Some(Value::String(root.introspection_type_name().into_owned())));
            continue;
        }
        place.put(resolve_field(ctx, root, field));
        match poll_fn(|task| Poll::Ready(place.poll(task))).await {
            Poll::Ready(answer) => values.push(told(ctx, answer)),
            Poll::Pending => {
                values.push(None);
                waiting.push((at, std::mem::replace(&mut place, Place::new())));
            }
        }
    }
    drop(place);
    let waited = waiting.into_iter().map(async |(at, mut place)| (at, poll_fn(|task| place.poll(task)).await));
    for (at, answer) in join_all(waited).await {
        values[at] = told(ctx, answer);
    }
    let mut object = IndexMap::with_capacity(fields.len());
    for (field, value) in fields.into_iter().zip(values) {
        if let Some(value) = value {
            object.insert(field.node.response_key().node.clone(), value);
        }
    }
    Ok(if object.is_empty() { Value::Null } else { Value::Object(object) })
}

async fn resolve_field<T>(ctx: &ContextSelectionSet<'_>, root: &T, field: &Positioned<Field>) -> ServerResult<Value>
where
    T: ContainerType + ?Sized,
{
    Ok(root.resolve_field(&ctx.with_field(field)).await?.unwrap_or_default())
}

/// The value, or nothing and the error among the errors of the answer.
fn told(ctx: &ContextSelectionSet<'_>, answer: ServerResult<Value>) -> Option<Value> {
    answer.map_err(|error| ctx.add_error(error)).ok()
}

/// The fields of a selection and of the fragments in it that apply to the object. False where that depends on more than the
/// object's own type.
fn collect<'a, T>(
    ctx: &ContextSelectionSet<'a>,
    root: &T,
    set: &'a Positioned<SelectionSet>,
    fields: &mut Vec<&'a Positioned<Field>>,
) -> bool
where
    T: ContainerType + ?Sized,
{
    set.node.items.iter().all(|selection| {
        let (condition, set) = match &selection.node {
            Selection::Field(field) => {
                fields.push(field);
                return true;
            }
            Selection::InlineFragment(inline) => (inline.node.type_condition.as_ref(), &inline.node.selection_set),
            Selection::FragmentSpread(spread) => match ctx.query_env.fragments.get(&spread.node.fragment_name.node) {
                Some(fragment) => (Some(&fragment.node.type_condition), &fragment.node.selection_set),
                None => return false,
            },
        };
        let own = T::type_name();
        if root.introspection_type_name() != own {
            return false;
        }
        let applies = condition.is_none_or(|condition| {
            let named: &Name = &condition.node.on.node;
            let interfaces = || ctx.schema_env.registry.implements.get(&*own);
            *named == *own || interfaces().is_some_and(|interfaces| interfaces.contains(named.as_str()))
        });
        !applies || collect(ctx, root, set, fields)
    })
}

/// Whether no two fields have the same key in the answer.
fn are_distinct(fields: &[&Positioned<Field>]) -> bool {
    let mut keys = fields.iter().map(|field| &field.node.response_key().node);
    if fields.len() > FEW {
        let mut seen = HashSet::with_capacity(fields.len());
        return keys.all(|key| seen.insert(key));
    }
    let is_before = |at: usize, key: &Name| fields[..at].iter().any(|other| other.node.response_key().node == *key);
    keys.enumerate().all(|(at, key)| !is_before(at, key))
}

/// Where a future is polled; once it has ended, the next one can be put there.
struct Place<F>(Pin<Box<Option<F>>>);

impl<F: Future> Place<F> {
    fn new() -> Self {
        Self(Box::pin(None))
    }

    fn put(&mut self, future: F) {
        self.0.set(Some(future));
    }

    fn poll(&mut self, task: &mut Context<'_>) -> Poll<F::Output> {
        match self.0.as_mut().as_pin_mut() {
            Some(future) => future.poll(task),
            None => Poll::Pending,
        }
    }
}
