//! `devices` and `device`.

use async_graphql::{Context, Enum, ID, InputObject, Object};
use entity::{device, device_identity, snapshot_day};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait, Func, Query, SelectStatement},
};

use crate::{
    graphql::{
        context::Hub,
        errors::Fault,
        filters::{
            BillingStatusFilter, DateFilter, DeviceTypeFilter, Filter, IdFilter, Joined, Names, OrderDirection,
            StringFilter, VendorFilter, condition, one_of,
        },
        loaders::DeviceId,
        node_id::NodeId,
        pagination::{Connection, Order, PageArguments, fields_of_rows, page_cost, page_of_rows},
        types::Device,
    },
    inventory::Reference,
};

/// Which devices, by whether a vendor still lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum Presence {
    /// At least one vendor lists it on its latest stored day.
    Present,
    /// No vendor lists it any more.
    Gone,
    /// Either.
    Any,
}

/// Asks about devices. Fields that are null are not asked; those that are given hold together.
#[derive(Clone, Debug, Default, InputObject)]
pub struct DeviceFilter {
    /// By its host name.
    hostname: Option<StringFilter>,
    /// By the client it belongs to.
    organization: Option<IdFilter>,
    /// By the vendors that list it: on their latest stored day, or ever for a device that is gone.
    vendor: Option<VendorFilter>,
    /// By whether a vendor still lists it. A filter that does not mention it anywhere asks for PRESENT ones.
    presence: Option<Presence>,
    /// By its kind.
    device_type: Option<DeviceTypeFilter>,
    /// By whether it is billed.
    billing: Option<BillingStatusFilter>,
    /// By the first day on which a vendor listed it.
    first_seen: Option<DateFilter>,
    /// By the last day on which a vendor listed it.
    last_seen: Option<DateFilter>,
    /// All of these filters hold; an empty list holds.
    and: Option<Vec<DeviceFilter>>,
    /// At least one of these filters holds; an empty list does not.
    or: Option<Vec<DeviceFilter>>,
    /// This filter does not hold.
    not: Option<Box<DeviceFilter>>,
}

impl DeviceFilter {
    fn mentions_presence(&self) -> bool {
        let lists = [&self.and, &self.or].into_iter().flatten().flatten();
        self.presence.is_some() || lists.chain(self.not.as_deref()).any(Self::mentions_presence)
    }
}

impl Filter for DeviceFilter {
    fn fields(&self, reference: &Reference) -> Result<Condition, Fault> {
        use device::Column;
        let hostname = self.hostname.as_ref().map(|asked| asked.on(Column::CanonicalHostname, Names::Hosts));
        let organization = self.organization.as_ref().map(|asked| asked.on_organization(Column::OrganizationId));
        let vendors = self.vendor.as_ref().and_then(VendorFilter::values);
        let vendors = vendors.map(|vendors| vendors.into_iter().map(|vendor| reference.vendor_id(vendor.into())));
        let device_type = self.device_type.as_ref();
        let billing = self.billing.as_ref();
        Ok(Condition::all()
            .add_option(hostname.transpose()?)
            .add_option(organization.transpose()?)
            .add_option(vendors.map(|ids| listed_by(ids.collect())))
            .add_option(self.presence.and_then(present))
            .add_option(device_type.map(|asked| {
                asked.on(Column::DeviceTypeId, |device_type| reference.device_type_id(device_type.into()))
            }))
            .add_option(
                billing.map(|asked| asked.on(Column::BillingStatusId, |billing| reference.billing_id(billing.into()))),
            )
            .add_option(self.first_seen.as_ref().map(|asked| asked.on(Column::FirstSeenDate)).transpose()?)
            .add_option(self.last_seen.as_ref().map(|asked| asked.on(Column::LastSeenDate)).transpose()?))
    }

    fn joined(&self) -> Joined<'_, Self> {
        Joined { and: self.and.as_deref(), or: self.or.as_deref(), not: self.not.as_deref() }
    }
}

fn present(presence: Presence) -> Option<Expr> {
    match presence {
        Presence::Present => Some(device::Column::Present.eq(true)),
        Presence::Gone => Some(device::Column::Present.eq(false)),
        Presence::Any => None,
    }
}

/// Listed by one of these vendors now, or ever for a device that is gone.
fn listed_by(vendors: Vec<i64>) -> Condition {
    use device::Column;
    let now = Expr::tuple([device_identity::Column::VendorId, device_identity::Column::LastSeenDate].map(Expr::col));
    let listed_now = identities_of(vendors.clone()).and_where(now.in_subquery(latest_days())).take();
    let ever_listed = identities_of(vendors);
    Condition::any()
        .add(Column::Present.eq(true).and(Column::Id.in_subquery(listed_now)))
        .add(Column::Present.eq(false).and(Column::Id.in_subquery(ever_listed)))
}

fn identities_of(vendors: Vec<i64>) -> SelectStatement {
    use device_identity::{Column, Entity};
    Query::select()
        .column(Column::DeviceId)
        .from(Entity)
        .and_where(one_of(Column::VendorId, vendors))
        .and_where(Column::DeviceId.is_not_null())
        .take()
}

fn latest_days() -> SelectStatement {
    use snapshot_day::{Column, Entity};
    Query::select()
        .column(Column::VendorId)
        .expr(Func::max(Expr::col(Column::SnapshotDate)))
        .from(Entity)
        .group_by_col(Column::VendorId)
        .take()
}

/// What devices are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum DeviceOrderField {
    /// The canonical host name.
    Hostname,
    /// The first day on which a vendor listed it.
    FirstSeen,
    /// The last day on which a vendor listed it.
    LastSeen,
}

/// How devices are sorted.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct DeviceOrder {
    /// By what.
    field: DeviceOrderField,
    /// Which way.
    #[graphql(default)]
    direction: OrderDirection,
}

impl DeviceOrder {
    fn of(asked: Option<Self>) -> Order<device::Entity> {
        let asked = asked.unwrap_or(Self { field: DeviceOrderField::Hostname, direction: OrderDirection::Asc });
        let key = match asked.field {
            DeviceOrderField::Hostname => device::Column::CanonicalHostname,
            DeviceOrderField::FirstSeen => device::Column::FirstSeenDate,
            DeviceOrderField::LastSeen => device::Column::LastSeenDate,
        };
        Order::new("devices", key, device::Column::Id, asked.direction)
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DeviceQueries;

#[Object]
impl DeviceQueries {
    /// The machines, each once however many vendors list it.
    #[expect(clippy::too_many_arguments, reason = "the arguments of every list")]
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn devices(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows from the start of the range: 1 to 500, 50 if null.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor; null is from the start.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range, instead of `first`: 1 to 500.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor; null is to the end.")] before: Option<String>,
        #[graphql(desc = "Which devices; null is those that are present.")] filter: Option<DeviceFilter>,
        #[graphql(desc = "In which order; null is by host name.")] order_by: Option<DeviceOrder>,
    ) -> Result<Connection<Device>, Fault> {
        let arguments = PageArguments { first, after, last, before };
        let asked = condition(filter.as_ref(), ctx.inventory().reference())?;
        let presence = filter.as_ref().is_some_and(DeviceFilter::mentions_presence);
        let rows = device::Entity::find()
            // A device that another one took over is that other one.
            .filter(device::Column::MergedIntoId.is_null())
            .filter(asked.add_option((!presence).then(|| device::Column::Present.eq(true))));
        let page = page_of_rows(ctx.reader(), (rows, DeviceOrder::of(order_by)), &arguments, Device).await?;
        Device::preload(ctx, page.rows().map(|device| &device.0), &fields_of_rows(ctx)).await;
        Ok(page)
    }

    /// A machine by its id; null when there is none.
    async fn device(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of a device.")] id: ID,
    ) -> Result<Option<Device>, Fault> {
        Ok(ctx.load(DeviceId(NodeId::device(&id)?)).await?.map(Device))
    }
}
