//! What a document costs, told in `extensions` to who asks: `"extensions": { "cost": true }` of the request.

use async_graphql::{Name, Request, Response, Value, indexmap::IndexMap};

use super::extent::Extent;
use crate::graphql::limits::GraphqlLimits;

/// The name of the cost, in the extensions of a request and of its answer.
const NAME: &str = "cost";

/// Whether a request wants to be told.
pub(in crate::graphql) fn is_asked(request: &Request) -> bool {
    request.extensions.get(NAME) == Some(&Value::Boolean(true))
}

/// The guard's numbers; what was not measured because the document was refused before is null.
pub(in crate::graphql) struct Cost<'a> {
    pub(in crate::graphql) extent: Option<&'a Extent>,
    pub(in crate::graphql) complexity: Option<usize>,
    pub(in crate::graphql) limits: &'a GraphqlLimits,
}

/// Puts the cost into an answer.
pub(in crate::graphql) fn tell(response: &mut Response, cost: &Cost<'_>) {
    response.extensions.insert(NAME.to_owned(), cost.to_value());
}

impl Cost<'_> {
    fn to_value(&self) -> Value {
        let limits = self.limits;
        let numbers = [
            ("selections", self.extent.map(|extent| extent.selections), limits.selections),
            ("depth", self.extent.map(|extent| extent.depth.into()), limits.depth.into()),
            ("aliases", self.extent.map(|extent| extent.aliases), limits.aliases),
            ("directives", self.extent.map(|extent| extent.directives), limits.directives),
            ("complexity", self.complexity.map(|complexity| complexity as u64), limits.complexity as u64),
        ];
        let told = numbers.map(|(name, found, limit)| {
            let found = found.map_or(Value::Null, Value::from);
            (name, object([("found", found), ("limit", Value::from(limit))]))
        });
        object(told)
    }
}

fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    let members = members.into_iter().map(|(name, value)| (Name::new(name), value));
    Value::Object(members.collect::<IndexMap<_, _>>())
}
