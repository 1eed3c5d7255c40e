//! `setOrganizationAlias` and `removeOrganizationAlias`.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::organization::canonical;

use super::user_error::{UserError, UserErrorCode};
use crate::{
    graphql::{
        context::Hub,
        errors::Fault,
        node_id::NodeId,
        types::{Site, VendorName, scalars::count},
    },
    inventory::aliases::{AliasOrder, AliasOutcome, Client},
};

/// Characters of a name or of a vendor's key at most, as their columns have it.
const LONGEST: usize = 255;

/// Which vendor organization is which client: exactly one of `organizationId` and `name` is given.
#[derive(Clone, Debug, InputObject)]
pub struct SetOrganizationAliasInput {
    /// Whose organization it is.
    vendor: VendorName,
    /// The vendor's own id of it.
    vendor_site_key: String,
    /// The client it is; null when it is named.
    organization_id: Option<ID>,
    /// The client's name, in at most 255 characters; one of that name is made when there is none. Null when it is given by
    /// id.
    name: Option<String>,
}

impl SetOrganizationAliasInput {
    fn client(&self) -> Result<Result<Client, UserError>, Fault> {
        let bad = |field, message| Ok(Err(UserError::about(field, UserErrorCode::BadInput, message)));
        match (&self.organization_id, &self.name) {
            (Some(id), None) => Ok(Ok(Client::Known(NodeId::organization(id)?))),
            (None, Some(name)) if !is_plain(name) => {
                bad("name", "1 to 255 characters are needed, and no control characters")
            }
            (None, Some(name)) if canonical(name).is_none() => bad("name", "nothing is left of this name"),
            (None, Some(name)) => Ok(Ok(Client::Named(name.trim().to_owned()))),
            _ => {
                let message = "give either `organizationId` or `name`";
                Ok(Err(UserError::new(UserErrorCode::BadInput, message)))
            }
        }
    }
}

/// Whose alias is taken away.
#[derive(Clone, Debug, InputObject)]
pub struct RemoveOrganizationAliasInput {
    /// Whose organization it is.
    vendor: VendorName,
    /// The vendor's own id of it.
    vendor_site_key: String,
}

fn is_plain(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && text.chars().count() <= LONGEST && !text.chars().any(char::is_control)
}

/// What came of a change of an alias.
#[derive(Clone, Debug, Default, SimpleObject)]
pub struct OrganizationAliasPayload {
    /// The vendor's organization as it is now; null when the input was refused.
    vendor_organization: Option<Site>,
    /// Whether anything is different from before. Setting the same alias twice, or removing one that is not there, is no
    /// error and changes nothing.
    changed: bool,
    /// How many exceptions opened or reopened by it.
    opened_exceptions: i32,
    /// How many exceptions it closed.
    closed_exceptions: i32,
    /// Why nothing was changed; empty when the alias is as the input says.
    user_errors: Vec<UserError>,
}

impl OrganizationAliasPayload {
    fn refused(error: UserError) -> Self {
        Self { user_errors: vec![error], ..Self::default() }
    }

    async fn of(ctx: &Context<'_>, (vendor, key): (VendorName, String), client: Option<Client>) -> Result<Self, Fault> {
        let unknown = |field, message| UserError::about(field, UserErrorCode::NotFound, message);
        let unknown_site =
            || Self::refused(unknown("vendorSiteKey", "the vendor has never listed such an organization"));
        // No stored key is like that, and a null character would not even reach the database.
        if key.chars().count() > LONGEST || key.contains('\0') {
            return Ok(unknown_site());
        }
        let actor = ctx.principal().name().to_owned();
        let order = AliasOrder { vendor: vendor.into(), vendor_site_key: key, client, actor };
        Ok(match ctx.inventory().set_alias(order).await? {
            AliasOutcome::UnknownSite => unknown_site(),
            AliasOutcome::UnknownClient => Self::refused(unknown("organizationId", "there is no such organization")),
            AliasOutcome::Done(done) => Self {
                vendor_organization: Some(Site(done.site)),
                changed: done.changed,
                opened_exceptions: count(done.opened),
                closed_exceptions: count(done.closed),
                user_errors: Vec::new(),
            },
        })
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OrganizationAliasMutation;

#[Object]
impl OrganizationAliasMutation {
    /// Says which client a vendor's organization is, whatever its name. The devices of the latest day are linked anew, and
    /// the checks of the day that was checked last run again. Past days follow: their snapshots point to the vendor's
    /// organization.
    #[graphql(complexity = "1000 + child_complexity")]
    async fn set_organization_alias(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which vendor organization is which client.")] input: SetOrganizationAliasInput,
    ) -> Result<OrganizationAliasPayload, Fault> {
        match input.client()? {
            Err(error) => Ok(OrganizationAliasPayload::refused(error)),
            Ok(client) => OrganizationAliasPayload::of(ctx, (input.vendor, input.vendor_site_key), Some(client)).await,
        }
    }

    /// Takes an alias away: the name of the vendor's organization says again which client it is. What rests on it is done
    /// again, as by `setOrganizationAlias`.
    #[graphql(complexity = "1000 + child_complexity")]
    async fn remove_organization_alias(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose alias is taken away.")] input: RemoveOrganizationAliasInput,
    ) -> Result<OrganizationAliasPayload, Fault> {
        OrganizationAliasPayload::of(ctx, (input.vendor, input.vendor_site_key), None).await
    }
}
