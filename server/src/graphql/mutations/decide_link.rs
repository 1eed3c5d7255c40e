//! `linkIdentities` and `separateIdentities`.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use domain::linking::DecisionKind;

use super::{
    exception_change::read_note,
    user_error::{UserError, UserErrorCode},
};
use crate::{
    graphql::{
        context::Hub,
        errors::Fault,
        loaders::{DeviceId, ExceptionId},
        types::{Device, Exception, VendorName},
    },
    inventory::deciding::{DecideLink, DecideOutcome, Decided, IdentityName},
};

/// A vendor's record.
#[derive(Clone, Debug, InputObject)]
pub struct IdentityInput {
    /// Whose record.
    pub vendor: VendorName,
    /// The vendor's own id of it.
    pub vendor_device_key: String,
}

impl From<&IdentityInput> for IdentityName {
    fn from(input: &IdentityInput) -> Self {
        Self { vendor: input.vendor.into(), vendor_device_key: input.vendor_device_key.trim().to_owned() }
    }
}

/// Two records, and why.
#[derive(Clone, Debug, InputObject)]
pub struct DecideLinkInput {
    /// Exactly two records, in any order; of two vendors or of one.
    identities: Vec<IdentityInput>,
    /// Why, in at most 10,000 characters; null is no note.
    note: Option<String>,
}

impl DecideLinkInput {
    fn into_order(self, kind: DecisionKind, actor: &str) -> Result<DecideLink, UserError> {
        let bad = |field, message: &str| Err(UserError::about(field, UserErrorCode::BadInput, message));
        let note = read_note(self.note)?;
        let [one, other] = self.identities.as_slice() else {
            return bad("identities", "name exactly two records");
        };
        let identities: [IdentityName; 2] = [one.into(), other.into()];
        if identities.iter().any(|name| name.vendor_device_key.contains('\0')) {
            return bad("identities", "an id of a vendor holds no null characters");
        }
        Ok(DecideLink { identities, kind, note, actor: actor.to_owned() })
    }
}

/// What came of a decision about two records.
#[derive(Clone, Debug, Default, SimpleObject)]
pub struct DecideLinkPayload {
    /// The machines of the two records as they are now: one when they are one, else two; empty when the input was refused.
    devices: Vec<Device>,
    /// Whether the devices are as was decided. Two records are not linked while a vendor does not list one of them on its
    /// latest day: the record stays where it is, and the decision takes effect when it comes back. A record is separated from
    /// one that is gone at once, and not while both are gone. False when it was refused.
    in_effect: bool,
    /// Exceptions that opened or reopened by it.
    opened_exceptions: Vec<Exception>,
    /// Exceptions that it closed.
    closed_exceptions: Vec<Exception>,
    /// Why nothing changed; empty when it was decided.
    user_errors: Vec<UserError>,
}

impl DecideLinkPayload {
    async fn of(ctx: &Context<'_>, outcome: DecideOutcome) -> Result<Self, Fault> {
        Ok(match outcome {
            DecideOutcome::Decided(decided) => Self::decided(ctx, decided).await?,
            DecideOutcome::AlreadyDecided(decided) => {
                let message = "the same was decided before, and it stands";
                let user_errors = vec![UserError::new(UserErrorCode::AlreadyDecided, message)];
                Self { user_errors, ..Self::decided(ctx, decided).await? }
            }
            DecideOutcome::Unknown(name) => {
                let message = format!("{} has no record `{}`", name.vendor, name.vendor_device_key);
                Self::refused(UserError::about("identities", UserErrorCode::NotFound, message))
            }
            DecideOutcome::SameIdentity => {
                let message = "both are the same record";
                Self::refused(UserError::about("identities", UserErrorCode::BadInput, message))
            }
        })
    }

    async fn decided(ctx: &Context<'_>, decided: Decided) -> Result<Self, Fault> {
        let mut devices = ctx.load_all(decided.devices.iter().copied().map(DeviceId)).await?;
        let devices = decided.devices.iter().filter_map(|id| devices.remove(&DeviceId(*id))).map(Device);
        Ok(Self {
            devices: devices.collect(),
            in_effect: decided.in_effect,
            opened_exceptions: exceptions(ctx, &decided.opened).await?,
            closed_exceptions: exceptions(ctx, &decided.closed).await?,
            user_errors: Vec::new(),
        })
    }

    fn refused(error: UserError) -> Self {
        Self { user_errors: vec![error], ..Self::default() }
    }
}

async fn exceptions(ctx: &Context<'_>, ids: &[i64]) -> Result<Vec<Exception>, Fault> {
    let mut rows = ctx.load_all(ids.iter().copied().map(ExceptionId)).await?;
    Ok(ids.iter().filter_map(|id| rows.remove(&ExceptionId(*id))).map(Exception::now).collect())
}

async fn decide(ctx: &Context<'_>, input: DecideLinkInput, kind: DecisionKind) -> Result<DecideLinkPayload, Fault> {
    match input.into_order(kind, ctx.principal().name()) {
        Ok(order) => DecideLinkPayload::of(ctx, ctx.inventory().decide_link(order).await?).await,
        Err(error) => Ok(DecideLinkPayload::refused(error)),
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DecideLinkMutations;

#[Object]
impl DecideLinkMutations {
    /// Says that two records are one machine, whatever the rules find. It stands until somebody separates them; where it
    /// contradicts an older decision, the newer one holds. Doing it twice changes nothing the second time, and says so.
    #[graphql(complexity = "1000 + child_complexity")]
    async fn link_identities(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The two records, and why.")] input: DecideLinkInput,
    ) -> Result<DecideLinkPayload, Fault> {
        decide(ctx, input, DecisionKind::Linked).await
    }

    /// Says that two records are two machines, whatever the rules find: they never come together again, not through a third
    /// record either, until somebody links them. Doing it twice changes nothing the second time, and says so.
    #[graphql(complexity = "1000 + child_complexity")]
    async fn separate_identities(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The two records, and why.")] input: DecideLinkInput,
    ) -> Result<DecideLinkPayload, Fault> {
        decide(ctx, input, DecisionKind::Separated).await
    }
}
