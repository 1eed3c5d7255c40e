//! `organizations`.

use async_graphql::{Context, ID, InputObject, Object};
use entity::{organization, site};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter,
    sea_query::{Query, SelectStatement},
};

use crate::{
    graphql::{
        context::Hub,
        errors::Fault,
        filters::{Filter, Joined, Names, OrderDirection, StringFilter, condition},
        loaders::OrganizationId,
        node_id::NodeId,
        pagination::{Connection, Order, PageArguments, page_cost, page_of_rows},
        types::Organization,
    },
    inventory::Reference,
};

/// Asks about clients. Fields that are null are not asked; those that are given hold together.
#[derive(Clone, Debug, Default, InputObject)]
pub struct OrganizationFilter {
    /// By its name.
    name: Option<StringFilter>,
    /// All of these filters hold; an empty list holds.
    and: Option<Vec<OrganizationFilter>>,
    /// At least one of these filters holds; an empty list does not.
    or: Option<Vec<OrganizationFilter>>,
    /// This filter does not hold.
    not: Option<Box<OrganizationFilter>>,
}

impl Filter for OrganizationFilter {
    fn fields(&self, _: &Reference) -> Result<Condition, Fault> {
        let column = organization::Column::CanonicalName;
        let name = self.name.as_ref().map(|asked| asked.on(column, Names::Organizations));
        Ok(Condition::all().add_option(name.transpose()?))
    }

    fn joined(&self) -> Joined<'_, Self> {
        Joined { and: self.and.as_deref(), or: self.or.as_deref(), not: self.not.as_deref() }
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OrganizationQueries;

#[Object]
impl OrganizationQueries {
    /// The clients, by name.
    #[expect(clippy::too_many_arguments, reason = "the arguments of every list")]
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn organizations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows from the start of the range: 1 to 500, 50 if null.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor; null is from the start.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range, instead of `first`: 1 to 500.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor; null is to the end.")] before: Option<String>,
        #[graphql(desc = "Which clients; null is all.")] filter: Option<OrganizationFilter>,
        #[graphql(
            desc = "Whether also clients that no vendor's organization is any more; what was found of them refers to them.",
            default = false
        )]
        include_former: bool,
    ) -> Result<Connection<Organization>, Fault> {
        use organization::{Column, Entity};
        let arguments = PageArguments { first, after, last, before };
        let rows = Entity::find().filter(condition(filter.as_ref(), ctx.inventory().reference())?);
        let rows = if include_former { rows } else { rows.filter(Column::Id.in_subquery(named_by_sites())) };
        let by_name = Order::new("organizations", Column::CanonicalName, Column::Id, OrderDirection::Asc);
        page_of_rows(ctx.reader(), (rows, by_name), &arguments, Organization).await
    }
}

fn named_by_sites() -> SelectStatement {
    use site::{Column, Entity};
    Query::select().column(Column::OrganizationId).from(Entity).and_where(Column::OrganizationId.is_not_null()).take()
}

/// The organization of an id in a request; one that is not there is refused.
pub(super) async fn require_organization(ctx: &Context<'_>, id: &ID) -> Result<i64, Fault> {
    let id = NodeId::organization(id)?;
    match ctx.load(OrganizationId(id)).await? {
        Some(_) => Ok(id),
        None => Err(Fault::NotFound("there is no such organization".to_owned())),
    }
}
