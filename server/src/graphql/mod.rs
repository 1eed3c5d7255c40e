//! GraphQL: the hub's contract with dashboards, printed as `schema.graphql`.
//!
//! It shows rows and calls use cases. It opens no transaction, decides no rule, and knows neither HTTP nor the
//! scheduler. Roots (`queries`, `mutations`, `subscriptions`) read arguments and call one thing; `types` wrap rows;
//! `loaders` read what many objects need at once; `pagination` and `filters` are the one way in which lists are cut and
//! narrowed; `errors` is the one list of codes; `guard` refuses what would cost too much.

mod admission;
mod api;
mod coding;
mod columns;
mod context;
mod deadline;
mod distinct;
pub mod errors;
mod exceptions_as_of;
pub mod filters;
mod guard;
mod limits;
pub mod loaders;
pub mod mutations;
mod node;
pub mod node_id;
mod ordering;
pub mod pagination;
mod parts;
mod principal;
pub mod queries;
mod recording;
mod rights;
mod root_fields;
mod subscriptions;
#[cfg(test)]
mod tests;
pub mod types;
mod variables;

use async_graphql::{SDLExportOptions, Schema};

pub use self::{
    api::Api, deadline::Deadline, limits::GraphqlLimits, mutations::Mutation, node::Node, principal::Principal,
    queries::Query, subscriptions::Subscription,
};

/// The hub's schema.
pub type HubSchema = Schema<Query, Mutation, Subscription>;

/// The schema in GraphQL's own language: types by name, fields in the order of their declaration, so the same text for
/// the same schema. Needs no database.
pub fn sdl() -> String {
    let schema = Schema::build(Query::default(), Mutation::default(), Subscription).finish();
    schema.sdl_with_options(SDLExportOptions::new().include_specified_by())
}
