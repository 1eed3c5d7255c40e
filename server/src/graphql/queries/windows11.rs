//! `windows11Readiness` and `windows11Devices`: one question, counted and listed.

use async_graphql::{Context, ID, Object};
use chrono::NaiveDate;
use domain::{device_type::DeviceType, vendor::Vendor, windows11::Verdict};
use entity::{device_snapshot, site};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect,
    QueryTrait, RelationTrait, Select,
    sea_query::{Expr, ExprTrait, Func, Query},
};

use super::{SnapshotFilter, organizations::require_organization, snapshots::require_kept};
use crate::graphql::{
    context::Hub,
    errors::Fault,
    filters::{OrderDirection, condition, one_of},
    pagination::{Connection, Order, PageArguments, page_cost, page_of_rows},
    types::{Date, DeviceSnapshot, Windows11Group, Windows11Readiness, Windows11Verdict, stored::optional},
};

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Windows11Queries;

#[Object]
impl Windows11Queries {
    /// How many Windows workstations may run Windows 11 24H2, by verdict and organization. A day that Ninja, which reports
    /// the hardware, has not stored is refused with the code NO_DATA and the nearest days that are.
    #[graphql(name = "windows11Readiness")]
    async fn windows_11_readiness(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day; null is Ninja's latest stored day.")] date: Option<Date>,
        #[graphql(desc = "Only this client's devices; null is all.")] organization_id: Option<ID>,
        #[graphql(desc = "Only devices whose record says this; null is all.")] filter: Option<SnapshotFilter>,
    ) -> Result<Windows11Readiness, Fault> {
        let date = stored_day(ctx, date).await?;
        let rows = asked(ctx, date, organization_id.as_ref(), filter.as_ref()).await?;
        let groups = count(ctx, rows.filter(is_windows_workstation(ctx))).await?;
        Ok(Windows11Readiness { date, groups })
    }

    /// The Windows workstations that `windows11Readiness` counts under a verdict for the same arguments, by host name, with
    /// their verdicts, requirements and remedies in `windows11`. Those that it counts as `notJudged` are not listed.
    #[expect(clippy::too_many_arguments, reason = "the arguments of every list")]
    #[graphql(name = "windows11Devices", complexity = "page_cost(first, last, child_complexity)")]
    async fn windows_11_devices(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day; null is Ninja's latest stored day.")] date: Option<Date>,
        #[graphql(desc = "Only this client's devices; null is all.")] organization_id: Option<ID>,
        #[graphql(desc = "Only devices whose record says this; null is all.")] filter: Option<SnapshotFilter>,
        #[graphql(desc = "Only devices with one of these verdicts; null is any verdict, an empty list none.")]
        verdicts: Option<Vec<Windows11Verdict>>,
        #[graphql(desc = "How many rows from the start of the range: 1 to 500, 50 if null.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor; null is from the start.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range, instead of `first`: 1 to 500.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor; null is to the end.")] before: Option<String>,
    ) -> Result<Connection<DeviceSnapshot>, Fault> {
        use device_snapshot::Column;
        let arguments = PageArguments { first, after, last, before };
        let date = stored_day(ctx, date).await?;
        let rows = asked(ctx, date, organization_id.as_ref(), filter.as_ref()).await?;
        let verdicts = verdicts.unwrap_or_else(|| Verdict::ALL.map(Into::into).to_vec());
        let codes = verdicts.into_iter().map(|verdict| Verdict::from(verdict).code());
        let rows = rows.filter(one_of(Column::Windows11Verdict, codes));
        let by_name =
            Order::new("windows11Devices", Column::CanonicalHostname, Column::DeviceIdentityId, OrderDirection::Asc);
        page_of_rows(ctx.reader(), (rows, by_name), &arguments, DeviceSnapshot).await
    }
}

/// The reference vendor's stored day that is asked about.
async fn stored_day(ctx: &Context<'_>, asked: Option<Date>) -> Result<NaiveDate, Fault> {
    let inventory = ctx.inventory();
    let Some(Date(date)) = asked else {
        let latest = inventory.latest_day(ctx.reader(), Vendor::REFERENCE).await?;
        let none = || Fault::NoData { date: inventory.today(), nearest: Vec::new() };
        return latest.map(|day| day.snapshot_date).ok_or_else(none);
    };
    require_kept(ctx, Some(Vendor::REFERENCE), date).await?;
    Ok(date)
}

/// The reference vendor's rows of a day that a client asks about.
async fn asked(
    ctx: &Context<'_>,
    date: NaiveDate,
    organization_id: Option<&ID>,
    filter: Option<&SnapshotFilter>,
) -> Result<Select<device_snapshot::Entity>, Fault> {
    use device_snapshot::{Column, Entity};
    let reference = ctx.inventory().reference();
    let organization = match organization_id {
        Some(id) => Some(in_organization(ctx, id).await?),
        None => None,
    };
    Ok(Entity::find()
        .filter(Column::SnapshotDate.eq(date))
        .filter(Column::VendorId.eq(reference.vendor_id(Vendor::REFERENCE)))
        .filter(Condition::all().add_option(organization))
        .filter(condition(filter, reference)?))
}

async fn in_organization(ctx: &Context<'_>, id: &ID) -> Result<Expr, Fault> {
    let id = require_organization(ctx, id).await?;
    let sites = Query::select()
        .column(site::Column::Id)
        .from(site::Entity)
        .and_where(site::Column::OrganizationId.eq(id))
        .take();
    Ok(device_snapshot::Column::SiteId.in_subquery(sites))
}

/// Rows that were judged, and those that would have been if the hub had judged when they were stored.
fn is_windows_workstation(ctx: &Context<'_>) -> Condition {
    use device_snapshot::Column;
    let workstation = ctx.inventory().reference().device_type_id(DeviceType::Workstation);
    let name = || Expr::expr(Func::lower(Expr::col((device_snapshot::Entity, Column::OsName))));
    let is_windows = name().like("%windows%").and(name().not_like("%server%"));
    let is_of_class = Column::OsName.is_null().and(Column::NodeClass.eq("WINDOWS_WORKSTATION"));
    Condition::any().add(Column::Windows11Verdict.is_not_null()).add(
        Condition::all()
            .add(Column::DeviceTypeId.eq(workstation))
            .add(Condition::any().add(is_windows).add(is_of_class)),
    )
}

#[derive(Debug, FromQueryResult)]
struct Counted {
    organization_id: Option<i64>,
    verdict: Option<String>,
    devices: i64,
}

/// Counts rows by organization and verdict, with one statement.
async fn count(ctx: &Context<'_>, rows: Select<device_snapshot::Entity>) -> Result<Vec<Windows11Group>, Fault> {
    use device_snapshot::{Column, Relation};
    let grouped = rows
        .select_only()
        .column(site::Column::OrganizationId)
        .column_as(Column::Windows11Verdict, "verdict")
        .column_as(Column::Id.count(), "devices")
        .join(JoinType::LeftJoin, Relation::Site.def())
        .group_by(site::Column::OrganizationId)
        .group_by(Column::Windows11Verdict);
    let found = ctx.reader().query_all(&grouped.into_query()).await?;
    let read = |row: Counted| {
        Ok(Windows11Group {
            organization_id: row.organization_id,
            verdict: optional("Windows 11 verdict", row.verdict.as_deref(), Verdict::from_code)?,
            devices: row.devices,
        })
    };
    found.iter().map(|row| read(Counted::from_query_result(row, "")?)).collect()
}
