//! The hub's door: GraphQL over HTTP, over WebSocket and as server-sent events, files, what vendors post, the playground, and what those ask who
//! watch the hub.
//!
//! Our own handlers, because the stock ones run mutations by GET and as `text/plain`, accept a WebSocket of any origin
//! and answer bad requests in ways that the graphql-http audit and the graphql-transport-ws protocol forbid. This module
//! knows HTTP and documents only: it is generic over the executor and over what makes files, knows no schema, no database
//! and no business rule,
//! and refuses to interpret what a resolver returns beyond giving an error without a code one.

mod accept;
mod answer;
mod caller;
mod cookies;
mod cors;
mod document;
mod entity_tag;
mod execution;
mod export;
mod graphql;
mod guest;
mod hardening;
mod health;
mod hook;
mod oidc;
mod operation;
mod options;
mod origin;
mod parameters;
mod persisted;
mod playground;
mod principal;
mod rates;
mod request_log;
mod return_path;
mod schema_file;
mod serving;
mod sign_in;
mod squeezing;
mod sse;
mod started;
mod taken;
#[cfg(test)]
mod tests;
mod tls;
mod watched;
mod websocket;

use std::sync::Arc;

use async_graphql::Executor;
use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
    response::Redirect,
    routing::get,
};

pub use caller::Peer;
pub use export::{BrokenOff, Content, ExportFile, ExportRefusal, ExportRequest, Exports};
pub use hook::{Delivery, SECRET_HEADER, WebhookOptions, Webhooks};
pub use oidc::{Arrival, Arrived, IssuerSignIn, Leaving, NotArrived};
pub use options::{HttpOptions, WebSocketOptions};
pub use persisted::{Documents, TrustedDocuments};
pub use rates::RateLimit;
pub use serving::{ConnectionLimits, Terms, serve};
pub use sign_in::{Granted, Login, NotGranted, SignIn, Unidentified};
pub use tls::{Tls, TlsError};
pub use watched::{Part, Watched};

use answer::{Code, Refusal};
use export::Desk;
use rates::Rates;

/// What every handler needs: who executes, and within which limits.
#[derive(Clone)]
pub(crate) struct Edge<E> {
    executor: E,
    options: Arc<HttpOptions>,
    /// How often clients may ask; `None` counts nobody.
    rates: Option<Arc<Rates>>,
}

/// All routes of the hub over one executor (a schema, or what wraps one) and what makes files.
///
/// - `POST /graphql`: one operation as `application/json` (a batch only where `options` allow it), answered in JSON or as events
/// - `GET /graphql`: the playground for browsers, a query by URL, or a WebSocket of graphql-transport-ws
/// - `GET /export/{what}.{csv|xlsx}`: a file of rows
/// - `GET /schema.graphql`: the schema in GraphQL's own language
/// - `GET /graphql/assets/…`: the playground's files
/// - `POST /hooks/ninja`: what Ninja posts, where a secret is set
/// - `POST /auth/login`, `/auth/refresh`, `/auth/logout`, and `GET /auth`, which tells the ways: where sign-in is on
/// - `GET /auth/oidc/login`, `/auth/oidc/callback`: where an OpenID Connect issuer is set
/// - `GET /healthz`: `200 ok` while the process answers
/// - `GET /readyz`: 200 while the hub can work, else 503 with what is out of order
/// - `GET /metrics`: for Prometheus
/// - `GET /`: leads to the playground
pub fn router<E: Executor>(executor: E, exports: Arc<dyn Exports>, options: HttpOptions) -> Router {
    let options = Arc::new(options);
    let rates = Rates::of(&options);
    let edge = Edge { executor, options: options.clone(), rates: rates.clone() };
    let desk = Desk { exports, options: options.clone() };
    let export = get(export::by_get).fallback(export::other_method).with_state(desk);
    let graphql = get(graphql::by_get::<E>).post(graphql::by_post::<E>).fallback(graphql::other_method);
    let mut guarded = Router::new()
        .route("/export/{file}", export)
        .route("/schema.graphql", get(schema_file::by_get).with_state(options.clone()));
    let mut open = Router::new().route("/healthz", get(health::alive));
    if let Some(watched) = options.watched.clone() {
        let watch = (watched, options.clone());
        open = open.merge(Router::new().route("/readyz", get(watched::ready)).with_state(watch.clone()));
        let metrics = Router::new().route("/metrics", get(watched::metrics)).with_state(watch);
        guarded = guarded.merge(metrics.route_layer(from_fn(principal::require_whole)));
    }
    let mut known = Router::new()
        .route("/graphql", graphql)
        .with_state(edge)
        .merge(guarded.route_layer(from_fn(principal::require)));
    if let Some(rates) = &rates {
        known = known.route_layer(from_fn_with_state(Arc::clone(rates), rates::limit_principal));
    }
    let mut router = known
        .route_layer(from_fn_with_state(Arc::clone(&options), principal::identify))
        .merge(open)
        .merge(sign_in::routes(&options))
        .merge(oidc::routes(&options));
    if options.playground {
        router = router
            .merge(playground::assets())
            .route("/", get(|| async { Redirect::temporary("/graphql") }))
            .route("/graphql/", get(|| async { Redirect::temporary("/graphql") }));
    }
    let mut router = router
        .fallback(|| async { Refusal::new(Code::NotFound, "there is nothing at this address; the API is at /graphql") })
        .layer(from_fn_with_state(Arc::clone(&options), origin::refuse_foreign_hosts))
        .layer(squeezing::layer())
        .merge(hook::routes(&options));
    if let Some(rates) = rates {
        router = router.layer(from_fn_with_state(rates, rates::limit));
    }
    // Outside of the limit, so that a page can read that it asked too often.
    if let Some(cors) = cors::layer(&options) {
        router = router.layer(cors);
    }
    router
        .layer(from_fn(hardening::harden))
        .layer(from_fn_with_state(Arc::clone(&options), request_log::follow))
        .layer(from_fn_with_state(options, caller::recognise))
}
