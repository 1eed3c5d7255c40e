//! The schema at work: every request gets its own loaders, and every mutation is recorded.

use std::{collections::BTreeSet, fmt, sync::Arc};

use async_graphql::{Data, Executor, Pos, Request, Response, Schema};
use domain::access::Reach;
use futures::{
    StreamExt,
    stream::{self, BoxStream},
};

use super::{
    HubSchema,
    coding::Coding,
    errors::Fault,
    guard::Guard,
    limits::GraphqlLimits,
    loaders::{Attended, attend},
    mutations::Mutation,
    ordering::Ordering,
    principal::{self, Principal},
    queries::Query,
    recording::{Recording, Refusals},
    rights::Rights,
    subscriptions::Subscription,
    variables::RequiredVariables,
};
use crate::{
    access::{Access, Journal},
    inventory::Inventory,
};

/// Executes requests. Cheap to clone.
#[derive(Clone)]
pub struct Api {
    schema: HubSchema,
    inventory: Inventory,
    journal: Journal,
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
        let access = Access::new(&inventory);
        Self::guarded(inventory, access, limits)
    }

    /// With these users and tokens.
    pub fn guarded(inventory: Inventory, access: Access, limits: GraphqlLimits) -> Self {
        let journal = access.journal().clone();
        let builder = Schema::build(Query::default(), Mutation::default(), Subscription)
            .data(inventory.clone())
            .data(access)
            .extension(Coding)
            .extension(Ordering)
            .extension(Guard(limits))
            .extension(RequiredVariables)
            .extension(Rights)
            .extension(Refusals);
        let is_told = limits.introspection;
        let builder = if is_told { builder } else { builder.disable_introspection().disable_suggestions() };
        Self { schema: builder.finish(), inventory, journal }
    }

    /// The same schema over the hub at one moment.
    #[must_use]
    pub fn at(&self, moment: Inventory) -> Self {
        Self { schema: self.schema.clone(), inventory: moment, journal: self.journal.clone() }
    }

    /// The same over what the principal of a request may see; over nothing where there is none.
    async fn within_reach(&self, request: &Request) -> Result<Self, Response> {
        let nothing = Reach::Organizations(BTreeSet::new());
        let reach = principal::of(request).map_or(&nothing, Principal::reach);
        match self.inventory.within(reach).await {
            Ok(inventory) => Ok(self.at(inventory)),
            Err(error) => {
                let error = async_graphql::Error::from(Fault::from(error));
                Err(Response::from_errors(vec![error.into_server_error(Pos::default())]))
            }
        }
    }

    async fn execute_once(&self, request: Request) -> Response {
        let once = |schema: HubSchema, request| stream::once(async move { schema.execute(request).await }).boxed();
        let mut attended = self.attend(request, once);
        // Who drops the execution gives its statements up too.
        let answered = self.inventory.database().watch_request(attended.next()).await;
        answered.unwrap_or_default()
    }

    fn attend(
        &self,
        request: Request,
        execute: impl FnOnce(HubSchema, Request) -> BoxStream<'static, Response>,
    ) -> Attended {
        // Before the schema's own: the hub may be one of a moment.
        let request = request.data(self.inventory.clone());
        attend(&self.inventory, request, |request| execute(self.schema.clone(), request))
    }
}

impl Executor for Api {
    async fn execute(&self, mut request: Request) -> Response {
        let recording = Recording::of(&mut request, &self.journal);
        let mut response = match self.within_reach(&request).await {
            Ok(api) => api.execute_once(request).await,
            Err(refused) => refused,
        };
        if let Some(recording) = recording {
            recording.end(&mut response).await;
        }
        response
    }

    fn execute_stream(&self, request: Request, session_data: Option<Arc<Data>>) -> BoxStream<'static, Response> {
        let api = self.clone();
        let begun = async move {
            match api.within_reach(&request).await {
                Ok(api) => {
                    let execute = |schema: HubSchema, request| Executor::execute_stream(&schema, request, session_data);
                    api.attend(request, execute).boxed()
                }
                Err(refused) => stream::once(async move { refused }).boxed(),
            }
        };
        stream::once(begun).flatten().boxed()
    }
}
