//! `snapshots`.

use async_graphql::{Context, Enum, InputObject, Object};
use chrono::NaiveDate;
use domain::vendor::Vendor;
use entity::{device_snapshot, site};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait, Query},
};

use crate::{
    graphql::{
        columns::Columns,
        context::Hub,
        errors::Fault,
        filters::{
            BillingStatusFilter, DateTimeFilter, DeviceTypeFilter, Filter, IdFilter, Joined, Names, OrderDirection,
            StringFilter, VendorFilter, condition, one_of,
        },
        node_id::NodeId,
        pagination::{Connection, Order, PageArguments, fields_of_rows, page_cost, page_of_columns},
        types::{Date, DeviceSnapshot},
    },
    inventory::Reference,
};

/// Asks about snapshots. Fields that are null are not asked; those that are given hold together.
#[derive(Clone, Debug, Default, InputObject)]
pub struct SnapshotFilter {
    /// By the vendor that said it.
    vendor: Option<VendorFilter>,
    /// By the host name.
    hostname: Option<StringFilter>,
    /// By the client it was filed under.
    organization: Option<IdFilter>,
    /// By its kind.
    device_type: Option<DeviceTypeFilter>,
    /// By whether it was billed.
    billing: Option<BillingStatusFilter>,
    /// By when the vendor last heard from it.
    last_online: Option<DateTimeFilter>,
    /// All of these filters hold; an empty list holds.
    and: Option<Vec<SnapshotFilter>>,
    /// At least one of these filters holds; an empty list does not.
    or: Option<Vec<SnapshotFilter>>,
    /// This filter does not hold.
    not: Option<Box<SnapshotFilter>>,
}

impl Filter for SnapshotFilter {
    fn fields(&self, reference: &Reference) -> Result<Condition, Fault> {
        use device_snapshot::Column;
        let vendors = self.vendor.as_ref().and_then(VendorFilter::values);
        let vendors = vendors.map(|vendors| vendors.into_iter().map(|vendor| reference.vendor_id(vendor.into())));
        let hostname = self.hostname.as_ref().map(|asked| asked.on(Column::CanonicalHostname, Names::Hosts));
        let device_type = self.device_type.as_ref();
        let billing = self.billing.as_ref();
        Ok(Condition::all()
            .add_option(vendors.map(|ids| one_of(Column::VendorId, ids)))
            .add_option(hostname.transpose()?)
            .add_option(self.organization.as_ref().map(of_organization).transpose()?)
            .add_option(device_type.map(|asked| {
                asked.on(Column::DeviceTypeId, |device_type| reference.device_type_id(device_type.into()))
            }))
            .add_option(
                billing.map(|asked| asked.on(Column::BillingStatusId, |billing| reference.billing_id(billing.into()))),
            )
            .add_option(self.last_online.as_ref().map(|asked| asked.on(Column::LastOnline)).transpose()?))
    }

    fn joined(&self) -> Joined<'_, Self> {
        Joined { and: self.and.as_deref(), or: self.or.as_deref(), not: self.not.as_deref() }
    }
}

/// A snapshot is of a client organization through the vendor's organization it was filed under.
fn of_organization(asked: &IdFilter) -> Result<Condition, Fault> {
    use device_snapshot::Column::SiteId;
    let sites = |asked: Expr| {
        let sites = Query::select().column(site::Column::Id).from(site::Entity).and_where(asked).take();
        SiteId.is_not_null().and(SiteId.in_subquery(sites))
    };
    let keys = asked.keys(NodeId::organization)?;
    let missing = asked.wants_null().map(|is_null| {
        let with_one = sites(site::Column::OrganizationId.is_not_null());
        if is_null { with_one.not() } else { with_one }
    });
    let found = keys.map(|keys| sites(one_of(site::Column::OrganizationId, keys)));
    Ok(Condition::all().add_option(found).add_option(missing))
}

/// What snapshots are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum SnapshotOrderField {
    /// The canonical host name.
    Hostname,
}

/// How snapshots are sorted.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct SnapshotOrder {
    /// By what.
    field: SnapshotOrderField,
    /// Which way.
    #[graphql(default)]
    direction: OrderDirection,
}

impl SnapshotOrder {
    /// Made unique by the vendor's record: it is there once a day, and outlives a day that is collected again.
    fn of(asked: Option<Self>) -> Order<device_snapshot::Entity> {
        use device_snapshot::Column;
        let direction = asked.map(|asked| asked.direction).unwrap_or_default();
        let key = match asked.map_or(SnapshotOrderField::Hostname, |asked| asked.field) {
            SnapshotOrderField::Hostname => Column::CanonicalHostname,
        };
        Order::new("snapshots", key, Column::DeviceIdentityId, direction)
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SnapshotQueries;

#[Object]
impl SnapshotQueries {
    /// What the vendors said of their devices on a stored day, each vendor's record by itself. A day that none of the
    /// vendors asked for has stored is refused with the code NO_DATA and the nearest days that are; a vendor that has
    /// not stored it while another has is missing from the list (see `availableDates`).
    #[expect(clippy::too_many_arguments, reason = "the arguments of every list")]
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn snapshots(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day.")] date: Date,
        #[graphql(desc = "How many rows from the start of the range: 1 to 500, 50 if null.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor; null is from the start.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range, instead of `first`: 1 to 500.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor; null is to the end.")] before: Option<String>,
        #[graphql(desc = "Which snapshots; null is all of the day.")] filter: Option<SnapshotFilter>,
        #[graphql(desc = "In which order; null is by host name.")] order_by: Option<SnapshotOrder>,
    ) -> Result<Connection<DeviceSnapshot>, Fault> {
        let arguments = PageArguments { first, after, last, before };
        let asked = condition(filter.as_ref(), ctx.inventory().reference())?;
        let vendor = only_vendor(filter.as_ref());
        let of_day = device_snapshot::Entity::find().filter(device_snapshot::Column::SnapshotDate.eq(date.0));
        let rows = of_day.filter(ctx.inventory().has_stored(vendor, date.0)).filter(asked);
        let fields = fields_of_rows(ctx);
        let columns = Columns::of(DeviceSnapshot::columns(&fields));
        let read = async || {
            let sorted = (rows.clone(), &columns, SnapshotOrder::of(order_by));
            page_of_columns(ctx.reader(), sorted, &arguments, DeviceSnapshot).await
        };
        let mut page = read().await?;
        // A page that has rows is of a day that is stored. Why another has none is asked then; the day may have been stored
        // just after.
        if page.rows().next().is_none() {
            require_kept(ctx, vendor, date.0).await?;
            page = read().await?;
        }
        DeviceSnapshot::preload(ctx, page.rows(), &fields).await;
        Ok(page)
    }
}

/// The vendor that a filter names alone.
fn only_vendor(filter: Option<&SnapshotFilter>) -> Option<Vendor> {
    let named = filter.and_then(|filter| filter.vendor.as_ref()).and_then(VendorFilter::values);
    match named.as_deref() {
        Some([vendor]) => Some(Vendor::from(*vendor)),
        _ => None,
    }
}

/// Refuses a day that the vendor, or none of them, has stored, and says so if its snapshots were dropped.
pub(super) async fn require_kept(ctx: &Context<'_>, vendor: Option<Vendor>, date: NaiveDate) -> Result<(), Fault> {
    let nearest = ctx.inventory().nearest_days(vendor, date).await?;
    if nearest.contains(&date) {
        return Ok(());
    }
    let dropped = ctx.inventory().is_dropped(vendor, date).await?;
    Err(if dropped { Fault::Dropped { date, nearest } } else { Fault::NoData { date, nearest } })
}
