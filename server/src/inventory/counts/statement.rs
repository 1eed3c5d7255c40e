//! The one statement that reads counts: a select for each vendor, table and part, put together.

use chrono::NaiveDate;
use domain::{
    counts::{Source, Spares, Tally, seat_types},
    vendor::Vendor,
};
use entity::{organization, site};
use sea_orm::{
    Condition, ConnectionTrait, FromQueryResult, JoinType,
    sea_query::{Expr, ExprTrait, Query, SelectStatement, UnionType},
};

use super::{
    super::{Inventory, InventoryError, Reference},
    CountScope,
    parts::{Part, Sites},
};

/// What rows are added up by, beside vendor and day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// Nothing.
    Day,
    /// The type of device.
    DeviceType,
    /// The client.
    Organization,
    /// The client and the location's name.
    Location,
}

/// The rows of some days of one vendor in one kind of table.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) vendor: Vendor,
    pub(super) month_end: bool,
    pub(super) days: Vec<NaiveDate>,
}

impl Table {
    pub(super) fn of(vendor: Vendor, source: Source) -> Self {
        let (month_end, day) = place(source);
        Self { vendor, month_end, days: vec![day] }
    }

    const fn counts(&self) -> &'static str {
        if self.month_end { "month_end_counts" } else { "daily_counts" }
    }

    const fn totals(&self) -> &'static str {
        if self.month_end { "month_end_totals" } else { "daily_totals" }
    }

    const fn day(&self) -> &'static str {
        if self.month_end { "month_end_date" } else { "snapshot_date" }
    }
}

/// Where the rows of a source are: whether in the tables of month ends, and under which date.
pub(super) const fn place(source: Source) -> (bool, NaiveDate) {
    match source {
        Source::Day(day) => (false, day),
        Source::MonthEnd { month_end, .. } => (true, month_end),
    }
}

/// Sums of devices, whether their organization is internal or not.
#[derive(Clone, Debug, FromQueryResult)]
pub(super) struct Row {
    part: i64,
    vendor_id: i64,
    rolled: i64,
    day: NaiveDate,
    /// The id of what it is added up by.
    pub(super) key: Option<i64>,
    /// Its name.
    pub(super) name: Option<String>,
    devices: i64,
    billable: i64,
    seats: i64,
    spare: i64,
    vm_guest: i64,
    spare_name: i64,
    spare_location: i64,
    unknown: i64,
    undecided: i64,
}

impl Row {
    pub(super) fn vendor(&self, reference: &Reference) -> Result<Vendor, InventoryError> {
        let vendor = reference.vendor(self.vendor_id);
        vendor.ok_or_else(|| InventoryError::Corrupt(format!("counts of vendor {}", self.vendor_id)))
    }

    /// Where it comes from, as [`place`] tells of a source.
    pub(super) const fn place(&self) -> (bool, NaiveDate) {
        (self.rolled != 0, self.day)
    }

    /// The devices, as if their organization were not internal.
    pub(super) const fn tally(&self) -> Tally {
        let Self { vm_guest, spare_name, spare_location, .. } = *self;
        Tally {
            devices: self.devices,
            endpoints: self.billable,
            seats: self.seats,
            billable: self.billable,
            spare: Spares { total: self.spare, vm_guest, spare_name, spare_location },
            unknown: self.unknown,
            undecided: self.undecided,
        }
    }
}

/// Adds the parts up.
pub(super) fn add_up(rows: &[Row], include_internal: bool) -> Tally {
    let part = |wanted: Part| rows.iter().filter(|row| row.part == wanted as i64).map(Row::tally).sum::<Tally>();
    (part(Part::Whole) - part(Part::LeftOut)).apart_from(part(Part::Internal), include_internal)
}

impl Inventory {
    /// Reads the parts of these tables with one statement.
    pub(super) async fn read_counts(
        &self,
        connection: &impl ConnectionTrait,
        (scope, parts): (&CountScope, &[(Part, Sites)]),
        tables: &[Table],
        by: By,
    ) -> Result<Vec<Row>, InventoryError> {
        let selects = tables.iter().flat_map(|table| {
            let of_table = parts.iter().filter_map(|(part, sites)| self.select(scope, table, (*part, sites), by));
            of_table.collect::<Vec<_>>()
        });
        let mut selects = selects.collect::<Vec<_>>().into_iter();
        let Some(mut statement) = selects.next() else { return Ok(Vec::new()) };
        statement.unions(selects.map(|select| (UnionType::All, select)));
        let rows = connection.query_all(&statement).await?;
        Ok(rows.iter().map(|row| Row::from_query_result(row, "")).collect::<Result<_, _>>()?)
    }

    /// One vendor's rows of one part; `None` when it has no site among them.
    fn select(
        &self,
        scope: &CountScope,
        table: &Table,
        (part, sites): (Part, &Sites),
        by: By,
    ) -> Option<SelectStatement> {
        let vendor_id = self.reference.vendor_id(table.vendor);
        let of_fleet = *sites == Sites::Any && scope.locations.is_open() && matches!(by, By::Day | By::DeviceType);
        let mut select = Query::select();
        select.from_as(if of_fleet { table.totals() } else { table.counts() }, "c");
        select.and_where(column(table.day()).is_in(table.days.iter().copied()));
        match sites {
            Sites::Any => select.and_where(column("vendor_id").eq(vendor_id)),
            Sites::None => select.and_where(column("vendor_id").eq(vendor_id)).and_where(column("site_id").is_null()),
            Sites::These(sites) => {
                // A site is one vendor's: with the vendor too, SQLite may read the vendor's whole day instead.
                let own: Vec<i64> = sites.iter().filter(|(_, of)| *of == vendor_id).map(|(site, _)| *site).collect();
                if own.is_empty() {
                    return None;
                }
                select.and_where(column("site_id").is_in(own))
            }
        };
        select.cond_where(self.asked_of(scope));
        select.expr_as(number(part as i64), "part").expr_as(number(vendor_id), "vendor_id");
        select.expr_as(number(table.month_end.into()), "rolled").expr_as(column(table.day()), "day");
        select.add_group_by([column(table.day())]);
        add_keys(&mut select, by);
        for (name, holds) in self.sums() {
            select.expr_as(Expr::cust(format!("CAST(SUM(CASE WHEN {holds} THEN c.cnt ELSE 0 END) AS bigint)")), name);
        }
        Some(select)
    }

    fn asked_of(&self, scope: &CountScope) -> Condition {
        let types = scope.device_types.on(&column("device_type_id"), |wanted| self.reference.device_type_id(*wanted));
        let asked = Condition::all().add(types);
        if scope.locations.is_open() {
            return asked;
        }
        asked.add(scope.locations.on(&column("location_name"), String::clone))
    }

    /// What is counted, and which rows it counts: the rules of `domain::billing` on what rows of counts tell.
    fn sums(&self) -> [(&'static str, String); 9] {
        let [billable, spare, unknown] = self.billing_ids().map(|id| format!("c.billing_status_id = {id}"));
        let types: Vec<_> = seat_types().map(|seat| self.reference.device_type_id(seat).to_string()).collect();
        let seats = format!("{billable} AND c.device_type_id IN ({})", types.join(", "));
        let reason = |code: &str| format!("{spare} AND c.spare_reason = '{code}'");
        [
            ("devices", "1 = 1".to_owned()),
            ("seats", seats),
            ("billable", billable),
            ("vm_guest", reason("vm_guest")),
            ("spare_name", reason("spare_name")),
            ("spare_location", reason("spare_location")),
            ("spare", spare.clone()),
            ("unknown", unknown),
            ("undecided", "c.billing_status_id IS NULL".to_owned()),
        ]
    }
}

fn add_keys(select: &mut SelectStatement, by: By) {
    let none = |kind: &str| Expr::cust(format!("CAST(NULL AS {kind})"));
    let (key, name) = match by {
        By::Day => (None, None),
        By::DeviceType => (Some(column("device_type_id")), None),
        By::Organization => {
            let id = Expr::col((organization::Entity, organization::Column::Id));
            (Some(id), Some(Expr::col((organization::Entity, organization::Column::CanonicalName))))
        }
        By::Location => (Some(Expr::col((site::Entity, site::Column::OrganizationId))), Some(column("location_name"))),
    };
    if matches!(by, By::Organization | By::Location) {
        let of_site = Expr::col((site::Entity, site::Column::Id)).eq(column("site_id"));
        select.join(JoinType::LeftJoin, site::Entity, of_site);
    }
    if by == By::Organization {
        let id = Expr::col((organization::Entity, organization::Column::Id));
        let of_organization = id.eq(Expr::col((site::Entity, site::Column::OrganizationId)));
        select.join(JoinType::LeftJoin, organization::Entity, of_organization);
    }
    select.add_group_by([key.clone(), name.clone()].into_iter().flatten());
    select.expr_as(key.unwrap_or_else(|| none("bigint")), "key");
    select.expr_as(name.unwrap_or_else(|| none("varchar(255)")), "name");
}

fn column(name: &'static str) -> Expr {
    Expr::col(("c", name))
}

/// A number that PostgreSQL takes for one of 64 bits.
fn number(number: i64) -> Expr {
    Expr::cust(format!("CAST({number} AS bigint)"))
}
