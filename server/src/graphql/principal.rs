//! Who is asking. Every request brings one with it; one that does not is nobody's and gets nothing.

use std::any::TypeId;

use async_graphql::Request;
pub use domain::access::Principal;

/// Who is asking.
pub(super) fn of(request: &Request) -> Option<&Principal> {
    request.data.get(&TypeId::of::<Principal>())?.downcast_ref()
}
