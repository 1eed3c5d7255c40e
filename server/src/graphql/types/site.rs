//! `Site`: an organization as one vendor keeps it, and which client it is.

use async_graphql::{Context, Enum, Object};
use entity::{site, site_alias_event};

use super::{DateTime, Organization, VendorName, scalars::count, stored::vendor_of};
use crate::graphql::{
    context::Hub,
    errors::Fault,
    loaders::{
        AliasOfSite, DeviceCountOfSite, EventsOfSite, OrganizationId, SiteKey, SitesOfOrganization, Suggestion,
        SuggestionsOfSite,
    },
};

/// Suggestions that are shown at most.
const MOST_SUGGESTIONS: i32 = 50;

/// Why a vendor's organization is a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum MappedBy {
    /// A person said so.
    Alias,
    /// Its name says so.
    Name,
}

/// A vendor's organization.
#[derive(Clone, Debug)]
pub struct Site(pub site::Model);

impl Site {
    async fn is_mapped(&self, ctx: &Context<'_>) -> Result<bool, Fault> {
        // No row has the id 0. Asked all the same, so that those in no client wait for the next load with the others.
        let siblings = ctx.load(SitesOfOrganization(self.0.organization_id.unwrap_or_default())).await?;
        let siblings = siblings.unwrap_or_default();
        Ok(siblings.iter().any(|other| other.vendor_id != self.0.vendor_id))
    }
}

/// An organization as one vendor keeps it.
#[Object]
impl Site {
    /// Whose organization it is.
    async fn vendor(&self, ctx: &Context<'_>) -> Result<VendorName, Fault> {
        vendor_of(ctx, self.0.vendor_id)
    }

    /// The vendor's own id of it.
    async fn vendor_site_key(&self) -> &str {
        &self.0.vendor_site_key
    }

    /// The vendor's name for it; its id where the vendor named none.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The client it is; null when neither an alias nor a name says which.
    async fn organization(&self, ctx: &Context<'_>) -> Result<Option<Organization>, Fault> {
        match self.0.organization_id {
            Some(id) => Ok(ctx.load(OrganizationId(id)).await?.map(Organization)),
            None => Ok(None),
        }
    }

    /// The name by which a person mapped it, in the form in which names are compared; null when nobody did.
    async fn alias(&self, ctx: &Context<'_>) -> Result<Option<String>, Fault> {
        ctx.load(AliasOfSite(SiteKey::of(&self.0))).await
    }

    /// Why it is that client; null when it is none.
    async fn mapped_by(&self, ctx: &Context<'_>) -> Result<Option<MappedBy>, Fault> {
        let alias = ctx.load(AliasOfSite(SiteKey::of(&self.0))).await?;
        let why = if alias.is_some() { MappedBy::Alias } else { MappedBy::Name };
        Ok(self.0.organization_id.map(|_| why))
    }

    /// Whether an organization of another vendor is the same client.
    async fn mapped(&self, ctx: &Context<'_>) -> Result<bool, Fault> {
        self.is_mapped(ctx).await
    }

    /// How many devices the vendor lists in it on the vendor's latest stored day.
    async fn device_count(&self, ctx: &Context<'_>) -> Result<i32, Fault> {
        Ok(count(ctx.load(DeviceCountOfSite(self.0.id)).await?.unwrap_or_default()))
    }

    /// Organizations of other vendors that may be the same client, the likeliest first; none for one that is mapped.
    #[graphql(complexity = "20 + first.clamp(0, 50) as usize * child_complexity")]
    async fn suggestions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many at most: 0 to 50.", default = 5)] first: i32,
    ) -> Result<Vec<SiteSuggestion>, Fault> {
        let most = usize::try_from(first).ok().filter(|_| first <= MOST_SUGGESTIONS);
        let most = most.ok_or_else(|| Fault::PageSize(format!("`first` is 0 to {MOST_SUGGESTIONS}, not {first}")))?;
        if self.is_mapped(ctx).await? {
            return Ok(Vec::new());
        }
        let found = ctx.load(SuggestionsOfSite(self.0.id)).await?.unwrap_or_default();
        Ok(found.into_iter().take(most).map(SiteSuggestion).collect())
    }

    /// Who mapped it, and when: every change of its alias, the newest first.
    async fn alias_events(&self, ctx: &Context<'_>) -> Result<Vec<SiteAliasEvent>, Fault> {
        let rows = ctx.load(EventsOfSite(SiteKey::of(&self.0))).await?.unwrap_or_default();
        Ok(rows.into_iter().map(SiteAliasEvent).collect())
    }
}

/// A suggestion.
#[derive(Clone, Debug)]
pub struct SiteSuggestion(pub Suggestion);

/// An organization of another vendor that may be the same client.
#[Object]
impl SiteSuggestion {
    /// The other vendor's organization.
    async fn site(&self) -> Site {
        Site(self.0.site.clone())
    }

    /// How likely they are one client: from 0 to 1.
    async fn score(&self) -> f64 {
        self.0.likeness.score
    }

    /// What speaks for it, in words.
    async fn reason(&self) -> &str {
        &self.0.likeness.reason
    }

    /// How many devices were found to be in both, on the vendors' latest stored days.
    async fn shared_devices(&self) -> i32 {
        count(self.0.shared)
    }
}

/// A change of an alias.
#[derive(Clone, Debug)]
pub struct SiteAliasEvent(pub site_alias_event::Model);

/// A change of the alias of a vendor's organization.
#[Object]
impl SiteAliasEvent {
    /// When.
    async fn at(&self) -> DateTime {
        self.0.happened_at.into()
    }

    /// The principal who did it.
    async fn actor(&self) -> &str {
        &self.0.actor
    }

    /// The alias before, in the form in which names are compared; null when there was none.
    async fn from(&self) -> Option<&str> {
        self.0.from_name.as_deref()
    }

    /// The alias after, in the form in which names are compared; null when it was removed.
    async fn to(&self) -> Option<&str> {
        self.0.to_name.as_deref()
    }
}
