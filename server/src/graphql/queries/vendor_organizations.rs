//! `vendorOrganizations`.

use async_graphql::{Context, InputObject, Object};
use entity::site;
use sea_orm::{
    Condition, EntityTrait, QueryFilter,
    sea_query::{Alias, Expr, ExprTrait, Query},
};

use crate::{
    graphql::{
        context::Hub,
        errors::Fault,
        filters::{Filter, IdFilter, Joined, Names, OrderDirection, StringFilter, VendorFilter, condition, one_of},
        pagination::{Connection, Order, PageArguments, page_cost, page_of_rows},
        types::Site,
    },
    inventory::Reference,
};

/// Asks about the vendors' organizations. Fields that are null are not asked; those that are given hold together.
#[derive(Clone, Debug, Default, InputObject)]
pub struct VendorOrganizationFilter {
    /// By whose it is.
    vendor: Option<VendorFilter>,
    /// By the vendor's name for it.
    name: Option<StringFilter>,
    /// By the client it is.
    organization: Option<IdFilter>,
    /// Whether an organization of another vendor is the same client: `false` asks for those that wait for a mapping.
    mapped: Option<bool>,
    /// All of these filters hold; an empty list holds.
    and: Option<Vec<VendorOrganizationFilter>>,
    /// At least one of these filters holds; an empty list does not.
    or: Option<Vec<VendorOrganizationFilter>>,
    /// This filter does not hold.
    not: Option<Box<VendorOrganizationFilter>>,
}

impl Filter for VendorOrganizationFilter {
    fn fields(&self, reference: &Reference) -> Result<Condition, Fault> {
        use site::Column;
        let vendors = self.vendor.as_ref().and_then(VendorFilter::values);
        let vendors = vendors.map(|vendors| vendors.into_iter().map(|vendor| reference.vendor_id(vendor.into())));
        let name = self.name.as_ref().map(|asked| asked.on(Column::CanonicalName, Names::Organizations));
        let organization = self.organization.as_ref().map(|asked| asked.on_organization(Column::OrganizationId));
        Ok(Condition::all()
            .add_option(vendors.map(|ids| one_of(Column::VendorId, ids)))
            .add_option(name.transpose()?)
            .add_option(organization.transpose()?)
            .add_option(self.mapped.map(|mapped| if mapped { has_sibling() } else { has_sibling().not() })))
    }

    fn joined(&self) -> Joined<'_, Self> {
        Joined { and: self.and.as_deref(), or: self.or.as_deref(), not: self.not.as_deref() }
    }
}

/// Whether an organization of another vendor is the same client.
fn has_sibling() -> Expr {
    use site::{Column, Entity};
    let other = Alias::new("other");
    let same_client = Expr::col((other.clone(), Column::OrganizationId)).equals((Entity, Column::OrganizationId));
    let other_vendor = Expr::col((other.clone(), Column::VendorId)).ne(Expr::col((Entity, Column::VendorId)));
    let siblings =
        Query::select().expr(Expr::val(1)).from_as(Entity, other).and_where(same_client).and_where(other_vendor).take();
    Expr::exists(siblings)
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct VendorOrganizationQueries;

#[Object]
impl VendorOrganizationQueries {
    /// The vendors' organizations with the client that each is, by name.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn vendor_organizations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows from the start of the range: 1 to 500, 50 if null.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor; null is from the start.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range, instead of `first`: 1 to 500.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor; null is to the end.")] before: Option<String>,
        #[graphql(desc = "Which of them; null is all.")] filter: Option<VendorOrganizationFilter>,
    ) -> Result<Connection<Site>, Fault> {
        use site::{Column, Entity};
        let arguments = PageArguments { first, after, last, before };
        let rows = Entity::find().filter(condition(filter.as_ref(), ctx.inventory().reference())?);
        let by_name = Order::new("vendorOrganizations", Column::CanonicalName, Column::Id, OrderDirection::Asc);
        page_of_rows(ctx.reader(), (rows, by_name), &arguments, Site).await
    }
}
