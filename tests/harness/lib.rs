//! The world of a test: a database of its own, simulated vendors over HTTP, a clock that stands still, the hub behind its
//! real HTTP server, and a GraphQL client.
//!
//! Tests make the world, act through the front door and look at the answer. Nothing here sleeps, and nothing is shared
//! between tests but the PostgreSQL server, in which each test has a database of its own.

mod clock;
mod database;
mod graphql;
mod world;

pub use self::{
    clock::TestClock,
    database::{Backend, TestDatabase},
    graphql::{Answer, GraphqlClient},
    world::{World, WorldBuilder},
};
