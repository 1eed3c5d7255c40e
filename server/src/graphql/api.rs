//! The schema at work: every request gets its own loaders and its principal.

use std::{fmt, sync::Arc};

use async_graphql::{Data, Executor, Request, Response, Schema};
use futures::{
    StreamExt,
    stream::{self, BoxStream},
};

use super::{
    HubSchema,
    coding::Coding,
    guard::Guard,
    limits::GraphqlLimits,
    loaders::{Attended, attend},
    mutations::Mutation,
    ordering::Ordering,
    pagination::ReadAhead,
    principal::Principal,
    queries::Query,
    subscriptions::Subscription,
    variables::RequiredVariables,
};
use crate::inventory::Inventory;

/// Executes requests. Cheap to clone.
#[derive(Clone)]
pub struct Api {
    schema: HubSchema,
    inventory: Inventory,
    /// Of a hub at one moment, the rows that were read ahead.
    ahead: Option<Arc<ReadAhead>>,
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("inventory", &self.inventory).finish_non_exhaustive()
    }
}

impl Api {
    /// With the default limits.
    pub fn new(inventory: Inventory) -> Self {
        Self::with_limits(inventory, GraphqlLimits::default())
    }

    /// With these limits.
    pub fn with_limits(inventory: Inventory, limits: GraphqlLimits) -> Self {
        let builder = Schema::build(Query::default(), Mutation::default(), Subscription)
            .data(inventory.clone())
            .extension(Coding)
            .extension(Ordering)
            .extension(Guard(limits))
            .extension(RequiredVariables);
        let is_told = limits.introspection;
        let builder = if is_told { builder } else { builder.disable_introspection().disable_suggestions() };
        Self { schema: builder.finish(), inventory, ahead: None }
    }

    /// The same schema over the hub at one moment.
    #[must_use]
    pub fn at(&self, moment: Inventory) -> Self {
        Self { schema: self.schema.clone(), inventory: moment, ahead: Some(Arc::default()) }
    }

    fn attend(
        &self,
        request: Request,
        execute: impl FnOnce(HubSchema, Request) -> BoxStream<'static, Response>,
    ) -> Attended {
        // Before the schema's own: the hub may be one of a moment.
        let mut request = request.data(Principal::local_operator()).data(self.inventory.clone());
        if let Some(ahead) = &self.ahead {
            request = request.data(Arc::clone(ahead));
        }
        attend(&self.inventory, request, |request| execute(self.schema.clone(), request))
    }
}

impl Executor for Api {
    async fn execute(&self, request: Request) -> Response {
        let once = |schema: HubSchema, request| stream::once(async move { schema.execute(request).await }).boxed();
        let mut attended = self.attend(request, once);
        // Who drops the execution gives its statements up too.
        self.inventory.database().watch_request(attended.next()).await.unwrap_or_default()
    }

    fn execute_stream(&self, request: Request, session_data: Option<Arc<Data>>) -> BoxStream<'static, Response> {
        self.attend(request, |schema, request| Executor::execute_stream(&schema, request, session_data)).boxed()
    }
}
