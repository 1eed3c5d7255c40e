//! `suggestedLinks`.

use async_graphql::{Context, ID, Object};
use entity::device_identity::{Column, Entity};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::graphql::{
    context::Hub,
    errors::Fault,
    loaders::{ExceptionId, OrganizationId, SuggestionsFor, SuggestionsForException},
    mutations::IdentityInput,
    node_id::NodeId,
    types::SuggestedLinks,
};

/// Records in one answer at most.
const MOST: i32 = 100;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SuggestionQueries;

#[Object]
impl SuggestionQueries {
    /// Records that are linked to no other vendor's on their vendor's latest day, each with those that may be the same
    /// machine. Exactly one of `identity`, `exceptionId` and `organizationId` says whose.
    #[graphql(complexity = "1000 + first.clamp(1, MOST) as usize * child_complexity")]
    async fn suggested_links(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "This record, if it is linked to none; null asks by another argument.")] identity: Option<
            IdentityInput,
        >,
        #[graphql(desc = "The records that this exception is about; null asks by another argument.")]
        exception_id: Option<ID>,
        #[graphql(desc = "This client's records, by host name: ThreatLocker's, and Ninja's billable servers and \
                          workstations. Null asks by another argument.")]
        organization_id: Option<ID>,
        #[graphql(desc = "How many records at most: 1 to 100.", default = 20)] first: i32,
    ) -> Result<Vec<SuggestedLinks>, Fault> {
        if !(1..=MOST).contains(&first) {
            return Err(Fault::PageSize(format!("`first` must be 1 to {MOST}")));
        }
        let most = usize::try_from(first).unwrap_or(1);
        let mut found = match (identity, exception_id, organization_id) {
            (Some(identity), None, None) => of_identity(ctx, &identity).await?,
            (None, Some(id), None) => of_exception(ctx, &id).await?,
            (None, None, Some(id)) => of_organization(ctx, &id, most).await?,
            _ => {
                let message = "give exactly one of `identity`, `exceptionId` and `organizationId`";
                return Err(Fault::BadUserInput(message.to_owned()));
            }
        };
        found.truncate(most);
        Ok(found)
    }
}

async fn of_identity(ctx: &Context<'_>, named: &IdentityInput) -> Result<Vec<SuggestedLinks>, Fault> {
    let key = named.vendor_device_key.trim();
    let vendor_id = ctx.inventory().reference().vendor_id(named.vendor.into());
    let found = if key.contains('\0') {
        None
    } else {
        let of_vendor = Entity::find().filter(Column::VendorId.eq(vendor_id));
        of_vendor.filter(Column::VendorDeviceKey.eq(key)).one(ctx.reader()).await?
    };
    let Some(identity) = found else { return Err(Fault::NotFound("the vendor has no such record".to_owned())) };
    Ok(ctx.load(SuggestionsFor(identity.id)).await?.into_iter().map(SuggestedLinks).collect())
}

async fn of_exception(ctx: &Context<'_>, id: &ID) -> Result<Vec<SuggestedLinks>, Fault> {
    let id = NodeId::exception(id)?;
    if ctx.load(ExceptionId(id)).await?.is_none() {
        return Err(Fault::NotFound("there is no such exception".to_owned()));
    }
    let found = ctx.load(SuggestionsForException(id)).await?.unwrap_or_default();
    Ok(found.into_iter().map(SuggestedLinks).collect())
}

async fn of_organization(ctx: &Context<'_>, id: &ID, most: usize) -> Result<Vec<SuggestedLinks>, Fault> {
    let id = NodeId::organization(id)?;
    if ctx.load(OrganizationId(id)).await?.is_none() {
        return Err(Fault::NotFound("there is no such organization".to_owned()));
    }
    let found = ctx.inventory().suggest_for_organization(id, most).await?;
    Ok(found.into_iter().map(SuggestedLinks).collect())
}
