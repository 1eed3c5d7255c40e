//! `exceptions` and `exception`.

use async_graphql::{Context, Enum, ID, InputObject, Object};
use entity::{device_identity, exception, exception_identity};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait, Query, SelectStatement},
};

use crate::{
    graphql::{
        context::Hub,
        errors::Fault,
        filters::{
            DateFilter, ExceptionStatusFilter, ExceptionTypeFilter, Filter, IdFilter, Joined, Names, OrderDirection,
            StringFilter, VendorFilter, condition, one_of,
        },
        loaders::ExceptionId,
        node_id::NodeId,
        pagination::{Connection, Order, PageArguments, page_cost, page_of_rows},
        types::{Exception, ExceptionStatus},
    },
    inventory::Reference,
};

/// Asks about exceptions. Fields that are null are not asked; those that are given hold together.
#[derive(Clone, Debug, Default, InputObject)]
pub struct ExceptionFilter {
    /// By the kind of trouble.
    #[graphql(name = "type")]
    exception_type: Option<ExceptionTypeFilter>,
    /// By whether it is open.
    status: Option<ExceptionStatusFilter>,
    /// By the host name of the device.
    hostname: Option<StringFilter>,
    /// By the client it concerns.
    organization: Option<IdFilter>,
    /// By the vendors whose records it is about.
    vendor: Option<VendorFilter>,
    /// By the devices it is about; `isNull` asks for exceptions about no linked device.
    device: Option<IdFilter>,
    /// By the day it was first found.
    date_found: Option<DateFilter>,
    /// By the last day on which a check found it.
    last_seen: Option<DateFilter>,
    /// By the day it was resolved; missing while it is open.
    resolved_date: Option<DateFilter>,
    /// All of these filters hold; an empty list holds.
    and: Option<Vec<ExceptionFilter>>,
    /// At least one of these filters holds; an empty list does not.
    or: Option<Vec<ExceptionFilter>>,
    /// This filter does not hold.
    not: Option<Box<ExceptionFilter>>,
}

impl Filter for ExceptionFilter {
    fn fields(&self, reference: &Reference) -> Result<Condition, Fault> {
        use exception::Column;
        let types = self.exception_type.as_ref().and_then(ExceptionTypeFilter::values);
        let types = types.map(|types| {
            one_of(Column::Type, types.into_iter().map(|known| domain::checks::ExceptionType::from(known).code()))
        });
        let statuses = self.status.as_ref().and_then(ExceptionStatusFilter::values);
        let resolved = statuses.map(|statuses| {
            one_of(Column::Resolved, statuses.into_iter().map(|status| status == ExceptionStatus::Resolved))
        });
        let hostname = self.hostname.as_ref().map(|asked| asked.on(Column::Hostname, Names::Hosts));
        let organization = self.organization.as_ref().map(|asked| asked.on_organization(Column::OrganizationId));
        let vendors = self.vendor.as_ref().and_then(VendorFilter::values);
        let vendors = vendors.map(|vendors| vendors.into_iter().map(|vendor| reference.vendor_id(vendor.into())));
        let vendor = vendors.map(|ids| Column::Id.in_subquery(about(one_of(device_identity::Column::VendorId, ids))));
        Ok(Condition::all()
            .add_option(types)
            .add_option(resolved)
            .add_option(hostname.transpose()?)
            .add_option(organization.transpose()?)
            .add_option(vendor)
            .add_option(self.device.as_ref().map(about_devices).transpose()?)
            .add_option(self.date_found.as_ref().map(|asked| asked.on(Column::DateFound)).transpose()?)
            .add_option(self.last_seen.as_ref().map(|asked| asked.on(Column::LastSeenDate)).transpose()?)
            .add_option(self.resolved_date.as_ref().map(|asked| asked.on(Column::ResolvedDate)).transpose()?))
    }

    fn joined(&self) -> Joined<'_, Self> {
        Joined { and: self.and.as_deref(), or: self.or.as_deref(), not: self.not.as_deref() }
    }
}

fn about_devices(asked: &IdFilter) -> Result<Condition, Fault> {
    use device_identity::Column::DeviceId;
    let keys = asked.keys(NodeId::device)?;
    let found = keys.map(|keys| exception::Column::Id.in_subquery(about(one_of(DeviceId, keys))));
    let missing = asked.wants_null().map(|is_null| {
        let linked = exception::Column::Id.in_subquery(about(DeviceId.is_not_null()));
        if is_null { linked.not() } else { linked }
    });
    Ok(Condition::all().add_option(found).add_option(missing))
}

/// Ids of exceptions about vendors' records of which this holds.
fn about(identity: Expr) -> SelectStatement {
    use exception_identity::{Column, Entity};
    let same =
        Expr::col((Entity, Column::DeviceIdentityId)).equals((device_identity::Entity, device_identity::Column::Id));
    Query::select()
        .column((Entity, Column::ExceptionId))
        .from(Entity)
        .inner_join(device_identity::Entity, same)
        .and_where(identity)
        .take()
}

/// What exceptions are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ExceptionOrderField {
    /// The day it was first found.
    DateFound,
    /// The host name.
    Hostname,
    /// The last day on which a check found it.
    LastSeen,
}

/// How exceptions are sorted.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct ExceptionOrder {
    /// By what.
    field: ExceptionOrderField,
    /// Which way.
    #[graphql(default)]
    direction: OrderDirection,
}

impl ExceptionOrder {
    fn of(asked: Option<Self>) -> Order<exception::Entity> {
        let asked = asked.unwrap_or(Self { field: ExceptionOrderField::DateFound, direction: OrderDirection::Desc });
        let key = match asked.field {
            ExceptionOrderField::DateFound => exception::Column::DateFound,
            ExceptionOrderField::Hostname => exception::Column::Hostname,
            ExceptionOrderField::LastSeen => exception::Column::LastSeenDate,
        };
        Order::new("exceptions", key, exception::Column::Id, asked.direction)
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ExceptionQueries;

#[Object]
impl ExceptionQueries {
    /// What checks found wrong, open or resolved.
    #[expect(clippy::too_many_arguments, reason = "the arguments of every list")]
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn exceptions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows from the start of the range: 1 to 500, 50 if null.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor; null is from the start.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range, instead of `first`: 1 to 500.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor; null is to the end.")] before: Option<String>,
        #[graphql(desc = "Which exceptions; null is all.")] filter: Option<ExceptionFilter>,
        #[graphql(desc = "In which order; null is the newest first.")] order_by: Option<ExceptionOrder>,
    ) -> Result<Connection<Exception>, Fault> {
        let arguments = PageArguments { first, after, last, before };
        let rows = exception::Entity::find().filter(condition(filter.as_ref(), ctx.inventory().reference())?);
        page_of_rows(ctx.reader(), (rows, ExceptionOrder::of(order_by)), &arguments, Exception).await
    }

    /// An exception by its id; null when there is none.
    async fn exception(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of an exception.")] id: ID,
    ) -> Result<Option<Exception>, Fault> {
        Ok(ctx.load(ExceptionId(NodeId::exception(&id)?)).await?.map(Exception))
    }
}
