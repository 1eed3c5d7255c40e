//! The schema at work: every request gets its own loaders, and every mutation is recorded.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, OnceLock},
};

use async_graphql::{Data, Executor, Pos, Request, Response, Schema, SchemaBuilder};
use domain::access::Reach;
use futures::{
    StreamExt,
    stream::{self, BoxStream},
};

use super::{
    HubSchema,
    admission::Admission,
    errors::Fault,
    guard::{Measure, Measured},
    limits::GraphqlLimits,
    loaders::{Attended, attend},
    mutations::Mutation,
    pagination::ReadAhead,
    principal::{self, Principal},
    queries::Query,
    recording::Recording,
    subscriptions::Subscription,
};
use crate::{
    access::{Access, Journal},
    inventory::Inventory,
};

/// Without the inventory: every request brings the one that its principal may see.
fn builder(access: &Access, limits: GraphqlLimits) -> SchemaBuilder<Query, Mutation, Subscription> {
    let builder = Schema::build(Query::default(), Mutation::default(), Subscription).data(access.clone());
    if limits.introspection { builder } else { builder.disable_introspection().disable_suggestions() }
}

/// Executes requests. Cheap to clone.
#[derive(Clone)]
pub struct Api {
    schema: HubSchema,
    /// The same, which also tells the complexity of a document; built when somebody asks.
    measuring: Arc<OnceLock<HubSchema>>,
    limits: GraphqlLimits,
    inventory: Inventory,
    access: Access,
    journal: Journal,
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
        let access = Access::new(&inventory);
        Self::guarded(inventory, access, limits)
    }

    /// With these users and tokens.
    pub fn guarded(inventory: Inventory, access: Access, limits: GraphqlLimits) -> Self {
        let journal = access.journal().clone();
        let schema = builder(&access, limits).limit_complexity(limits.complexity).finish();
        Self { schema, measuring: Arc::default(), limits, inventory, access, journal, ahead: None }
    }

    /// The same schema over the hub at one moment.
    #[must_use]
    pub fn at(&self, moment: Inventory) -> Self {
        Self { inventory: moment, ahead: Some(Arc::default()), ..self.clone() }
    }

    /// The same over what the principal of a request may see; over nothing where there is none.
    async fn within_reach(&self, request: &Request) -> Result<Self, Response> {
        let nothing = Reach::Organizations(BTreeSet::new());
        let reach = principal::of(request).map_or(&nothing, Principal::reach);
        match self.inventory.within(reach).await {
            Ok(inventory) => Ok(Self { inventory, ..self.clone() }),
            Err(error) => {
                let error = async_graphql::Error::from(Fault::from(error));
                Err(Response::from_errors(vec![error.into_server_error(Pos::default())]))
            }
        }
    }

    async fn execute_once(&self, mut request: Request) -> Response {
        let admission = match Admission::of(&mut request, self.limits) {
            Ok(admission) => admission,
            Err(refused) => return *refused,
        };
        let (schema, measured) = (self.schema_for(&admission), Measured::default());
        let request = request.data(measured.clone());
        let once = |request| stream::once(async move { schema.execute(request).await }).boxed();
        let mut attended = self.attend(request, once);
        // Who drops the execution gives its statements up too.
        let answered = self.inventory.database().watch_request(attended.next()).await;
        admission.finish(answered.unwrap_or_default(), measured.complexity())
    }

    fn execute_admitted(&self, mut request: Request, session_data: Option<Arc<Data>>) -> BoxStream<'static, Response> {
        let admission = match Admission::of(&mut request, self.limits) {
            Ok(admission) => admission,
            Err(refused) => return stream::once(async move { *refused }).boxed(),
        };
        let (schema, measured) = (self.schema_for(&admission), Measured::default());
        let request = request.data(measured.clone());
        let answers = self.attend(request, |request| Executor::execute_stream(&schema, request, session_data));
        answers.map(move |response| admission.finish(response, measured.complexity())).boxed()
    }

    fn schema_for(&self, admission: &Admission) -> HubSchema {
        if !admission.tells_cost {
            return self.schema.clone();
        }
        let build = || builder(&self.access, self.limits).extension(Measure(self.limits)).finish();
        self.measuring.get_or_init(build).clone()
    }

    fn attend(&self, request: Request, execute: impl FnOnce(Request) -> BoxStream<'static, Response>) -> Attended {
        let mut request = request.data(self.inventory.clone());
        if let Some(ahead) = &self.ahead {
            request = request.data(Arc::clone(ahead));
        }
        attend(&self.inventory, request, execute)
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
                Ok(api) => api.execute_admitted(request, session_data),
                Err(refused) => stream::once(async move { refused }).boxed(),
            }
        };
        stream::once(begun).flatten().boxed()
    }
}
