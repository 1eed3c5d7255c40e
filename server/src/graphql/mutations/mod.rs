//! The mutations: one `input` each, and one payload with the changed object and `userErrors`.
//!
//! What a user can expect to happen (already resolved, not found at the vendor) is data of the payload; GraphQL errors
//! are for faults. Who acts is the principal of the request and never part of an input.

mod organization_alias;
mod resolve_exception;
mod start_collection;
mod sync_device;
mod user_error;

use async_graphql::MergedObject;

pub use self::{
    organization_alias::{OrganizationAliasPayload, RemoveOrganizationAliasInput, SetOrganizationAliasInput},
    resolve_exception::{ResolutionChoice, ResolveExceptionInput, ResolveExceptionPayload},
    start_collection::{StartCollectionInput, StartCollectionPayload},
    sync_device::{SyncDeviceInput, SyncDevicePayload},
    user_error::{UserError, UserErrorCode},
};

/// What can be changed.
#[derive(Clone, Copy, Debug, Default, MergedObject)]
pub struct Mutation(
    sync_device::SyncDeviceMutation,
    resolve_exception::ResolveExceptionMutation,
    start_collection::StartCollectionMutation,
    organization_alias::OrganizationAliasMutation,
);
