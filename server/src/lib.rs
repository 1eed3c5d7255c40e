//! The hub's process: configuration, HTTP, GraphQL, the use cases (`inventory`) and the scheduler.
//!
//! One direction: `http → graphql → inventory → entity`, `scheduler → inventory → collectors`, and `export`, which makes
//! files of what GraphQL answers; `hooks` says what vendors' webhooks mean,
//! and `entrance` lets in who `access` knows. GraphQL and scheduler never import each other; only `inventory` opens transactions. A
//! test reads the `use` lines and says so.

// An optimised build lays out the future of the whole query root at once: one level per nested field type.
#![recursion_limit = "512"]

pub mod access;
pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod entrance;
pub mod export;
pub mod graphql;
pub mod hooks;
pub mod http;
pub mod hub;
pub mod inventory;
pub mod metrics;
pub mod observing;
pub mod oidc;
pub mod scheduler;
mod signatures;
pub mod sinks;
pub mod telemetry;
