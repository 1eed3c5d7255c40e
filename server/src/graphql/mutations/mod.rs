//! The mutations: one `input` each, and one payload with the changed object and `userErrors`.
//!
//! What a user can expect to happen (already resolved, not found at the vendor) is data of the payload; GraphQL errors
//! are for faults. Who acts is the principal of the request and never part of an input.

mod access_order;
mod api_token;
mod assign_exception;
mod cancel_job;
mod change_exceptions;
mod close_month;
mod comment_on_exception;
mod decide_link;
mod exception_change;
mod exception_payload;
mod exception_selection;
mod held_collection;
mod job_selection;
mod organization_alias;
mod own_password;
mod pause_schedule;
mod reopen_exception;
mod resolve_exception;
mod retry_job;
mod snooze_exception;
mod start_collection;
mod sync_device;
mod sync_devices;
mod test_alert;
mod user;
mod user_error;

use async_graphql::MergedObject;

pub use self::{
    api_token::{CreateApiTokenInput, CreateApiTokenPayload, RevokeApiTokenInput, RevokeApiTokenPayload},
    assign_exception::AssignExceptionInput,
    cancel_job::{CancelJobInput, CancelJobPayload},
    change_exceptions::{ChangeExceptionsInput, ChangeExceptionsPayload, ExceptionChangeInput, ExceptionChangeResult},
    close_month::{CloseMonthInput, CloseMonthPayload},
    comment_on_exception::CommentOnExceptionInput,
    decide_link::{DecideLinkInput, DecideLinkPayload, IdentityInput},
    exception_change::{
        AssignChangeInput, CommentChangeInput, ReopenChangeInput, ResolutionChoice, ResolveChangeInput,
        SnoozeChangeInput,
    },
    exception_payload::{ExceptionChangeOutcome, ExceptionPayload},
    exception_selection::{ExceptionSelectionInput, MatchingExceptionsInput, SeenExceptionInput},
    held_collection::{ApplyHeldCollectionInput, DiscardHeldCollectionInput, HeldCollectionPayload},
    organization_alias::{OrganizationAliasPayload, RemoveOrganizationAliasInput, SetOrganizationAliasInput},
    own_password::{ChangeOwnPasswordInput, ChangeOwnPasswordPayload},
    pause_schedule::{PauseScheduleInput, ResumeScheduleInput, SchedulePayload},
    reopen_exception::ReopenExceptionInput,
    resolve_exception::ResolveExceptionInput,
    retry_job::{RetryJobInput, RetryJobPayload},
    snooze_exception::SnoozeExceptionInput,
    start_collection::{StartCollectionInput, StartCollectionPayload},
    sync_device::{SyncDeviceInput, SyncDevicePayload},
    sync_devices::{DeviceToSyncInput, SyncDevicesInput, SyncDevicesPayload},
    test_alert::{TestAlertInput, TestAlertPayload, TestAlertResult},
    user::{ChangeUserInput, CreateUserInput, OidcIdentityInput, UserPayload},
    user_error::{UserError, UserErrorCode},
};

/// What can be changed.
#[derive(Clone, Copy, Debug, Default, MergedObject)]
pub struct Mutation(
    sync_device::SyncDeviceMutation,
    sync_devices::SyncDevicesMutation,
    held_collection::HeldCollectionMutations,
    resolve_exception::ResolveExceptionMutation,
    reopen_exception::ReopenExceptionMutation,
    assign_exception::AssignExceptionMutation,
    comment_on_exception::CommentOnExceptionMutation,
    snooze_exception::SnoozeExceptionMutation,
    change_exceptions::ChangeExceptionsMutation,
    start_collection::StartCollectionMutation,
    cancel_job::CancelJobMutation,
    retry_job::RetryJobMutation,
    decide_link::DecideLinkMutations,
    organization_alias::OrganizationAliasMutation,
    close_month::CloseMonthMutation,
    pause_schedule::PauseScheduleMutations,
    test_alert::TestAlertMutation,
    user::UserMutations,
    own_password::OwnPasswordMutation,
    api_token::ApiTokenMutations,
);
