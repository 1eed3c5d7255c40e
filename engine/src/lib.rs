//! async-graphql, with one function of it replaced: how the fields of an object are resolved.
//!
//! The server depends on this crate under the name `async-graphql`, and so does the code that async-graphql's macros write
//! for our types: they find [`resolver_utils::resolve_container`] here. Everything else is async-graphql's own.

mod container;

pub use async_graphql::*;

/// What the macros call to resolve objects.
pub mod resolver_utils {
    pub use async_graphql::resolver_utils::*;

    pub use crate::container::resolve_container;
}
