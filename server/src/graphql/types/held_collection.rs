//! `HeldCollection`: a collection that waits for a person.

use async_graphql::{Context, ID, Object, SimpleObject};
use entity::collection;

use super::{
    Collection, Date, DateTime, Organization, VendorName,
    scalars::count,
    stored::{texts, vendor_of},
};
use crate::{
    graphql::{
        context::Hub,
        errors::Fault,
        loaders::{ComparisonOfHeld, OrganizationId},
        node_id::NodeId,
        pagination::{Connection, PageArguments, page_cost, page_of_slice},
    },
    inventory::held_comparison,
};

/// A collection that waits for a person to apply or discard it.
#[derive(Clone, Debug)]
pub struct HeldCollection(pub collection::Model);

/// A complete collection that is so much smaller than what is stored that a person must apply or discard it. None of its
/// devices is shown anywhere until then.
#[Object]
impl HeldCollection {
    /// Opaque id; it names nothing any more once somebody has decided.
    pub(in crate::graphql) async fn id(&self) -> ID {
        NodeId::HeldCollection(self.0.id).encode()
    }

    /// The vendor that was read.
    async fn vendor(&self, ctx: &Context<'_>) -> Result<VendorName, Fault> {
        vendor_of(ctx, self.0.vendor_id)
    }

    /// The day it is of.
    async fn date(&self) -> Date {
        self.0.snapshot_date.into()
    }

    /// When it had been read, and was held.
    async fn held_at(&self) -> DateTime {
        self.0.ended_at.into()
    }

    /// Why it was held, in a sentence.
    async fn reason(&self) -> String {
        texts(&self.0.reasons).join("; ")
    }

    /// How many devices it has.
    async fn device_count(&self) -> i32 {
        count(self.0.device_count)
    }

    /// The same collection with its notes and with what it set aside.
    async fn collection(&self) -> Collection {
        Collection(self.0.clone())
    }

    /// What it lacks against the vendor's latest stored day, which it would replace or follow.
    async fn comparison(&self, ctx: &Context<'_>) -> Result<HeldComparison, Fault> {
        let row = ctx.load(ComparisonOfHeld(self.0.id)).await?.unwrap_or_default();
        Ok(HeldComparison(row))
    }
}

/// A held collection beside the vendor's latest stored day.
#[derive(Clone, Debug)]
pub struct HeldComparison(pub held_comparison::HeldComparison);

/// A held collection beside the vendor's latest stored day. `missingDevices` lists what is missing.
#[Object]
impl HeldComparison {
    /// The stored day; null when none is kept any more.
    async fn stored_date(&self) -> Option<Date> {
        self.0.stored.map(|(date, _)| Date(date))
    }

    /// How many devices the stored day has; null when none is kept any more.
    async fn stored_device_count(&self) -> Option<i32> {
        self.0.stored.map(|(_, devices)| count(devices))
    }

    /// Devices of the stored day that the collection lacks.
    async fn missing_count(&self) -> i32 {
        count(self.0.missing)
    }

    /// Devices of the collection that the stored day lacks.
    async fn new_count(&self) -> i32 {
        count(self.0.new)
    }

    /// The same by the vendor's organizations; those that lack most come first.
    #[graphql(complexity = "20 + page_cost(first, last, child_complexity)")]
    async fn organizations(
        &self,
        #[graphql(desc = "How many rows from the start of the range: 1 to 500, 50 if null.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor; null is from the start.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range, instead of `first`: 1 to 500.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor; null is to the end.")] before: Option<String>,
    ) -> Result<Connection<HeldOrganization>, Fault> {
        let arguments = PageArguments { first, after, last, before };
        let numbered: Vec<_> = (0_i64..).zip(self.0.organizations.clone()).collect();
        let page = page_of_slice("heldOrganizations", &numbered, |(number, row)| (-row.missing, *number), &arguments)?;
        Ok(page.show(|rows| rows.into_iter().map(|(_, row)| HeldOrganization::from(row)).collect()))
    }
}

/// One of the vendor's organizations in a held collection and on the stored day.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct HeldOrganization {
    /// The vendor's own id of it; null for devices that are filed under none.
    vendor_site_key: Option<String>,
    /// The vendor's name of it; null when it has none.
    name: Option<String>,
    /// How many devices it has on the stored day.
    devices_before: i32,
    /// How many devices it has in the held collection.
    devices_now: i32,
    /// How many of its devices of the stored day the collection has nowhere; one that went to another organization is not
    /// missing.
    missing: i32,
    #[graphql(skip)]
    organization_id: Option<i64>,
}

#[async_graphql::ComplexObject]
impl HeldOrganization {
    /// The client it is; null when nobody knows, or the vendor never listed it before.
    async fn organization(&self, ctx: &Context<'_>) -> Result<Option<Organization>, Fault> {
        match self.organization_id {
            Some(id) => Ok(ctx.load(OrganizationId(id)).await?.map(Organization)),
            None => Ok(None),
        }
    }
}

impl From<held_comparison::HeldOrganization> for HeldOrganization {
    fn from(row: held_comparison::HeldOrganization) -> Self {
        Self {
            vendor_site_key: row.site_key,
            name: row.name,
            devices_before: count(row.before),
            devices_now: count(row.now),
            missing: count(row.missing),
            organization_id: row.organization_id,
        }
    }
}
