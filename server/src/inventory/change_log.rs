//! `change_log`: per vendor and stored day the totals, and what changed them since the vendor's stored day before (rules
//! section 10). Counted where the rows are, in the transaction that changes them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use domain::{billing::Billing, vendor::Vendor};
use entity::{change_log, daily_count, device_snapshot, snapshot_day};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, FromQueryResult, QueryFilter,
    QueryOrder, QuerySelect, Statement, sea_query::ExprTrait,
};
use serde_json::{Value, json};

use super::{Inventory, InventoryError, bulk};

/// Devices that a row of the log names at most; its numbers count all.
pub const DEVICES_NAMED: usize = 100;

/// What a row of the log counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Metric {
    /// Devices that the vendor lists.
    Total,
    /// Those that are billed.
    Billable,
    /// Those that are spares.
    Spare,
    /// Those whose billing could not be decided.
    Unknown,
    /// Devices that the day before does not have.
    Added,
    /// Devices that only the day before has.
    Removed,
    /// Devices that another client has now.
    OrganizationChanged,
    /// Devices whose billing is another.
    BillingChanged,
}

impl Metric {
    /// Every metric.
    pub const ALL: [Self; 8] = [
        Self::Total,
        Self::Billable,
        Self::Spare,
        Self::Unknown,
        Self::Added,
        Self::Removed,
        Self::OrganizationChanged,
        Self::BillingChanged,
    ];

    /// The code in the table.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Billable => "billable",
            Self::Spare => "spare",
            Self::Unknown => "unknown",
            Self::Added => "added",
            Self::Removed => "removed",
            Self::OrganizationChanged => "organization_changed",
            Self::BillingChanged => "billing_changed",
        }
    }

    /// The metric of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.code() == code)
    }

    const fn billing(self) -> Option<Billing> {
        match self {
            Self::Billable => Some(Billing::Billable),
            Self::Spare => Some(Billing::Spare),
            Self::Unknown => Some(Billing::Unknown),
            _ => None,
        }
    }

    /// Whether it says something of a vendor that does not decide billing.
    const fn is_about_billing(self) -> bool {
        matches!(self, Self::Billable | Self::Spare | Self::Unknown | Self::BillingChanged)
    }

    /// Whether it counts what happened between two days, and not how many there are.
    const fn is_movement(self) -> bool {
        matches!(self, Self::Added | Self::Removed | Self::OrganizationChanged | Self::BillingChanged)
    }

    /// How one such device changes the total.
    const fn effect(self) -> i64 {
        match self {
            Self::Added => 1,
            Self::Removed => -1,
            _ => 0,
        }
    }
}

/// A device that changed.
#[derive(Debug, FromQueryResult)]
struct Moved {
    metric: String,
    vendor_device_key: String,
    hostname: String,
}

/// Devices by billing status; `None` counts all.
type Totals = HashMap<Option<Billing>, i64>;

impl Inventory {
    /// Logs a stored day again, and the stored day after it, which is compared with it.
    pub(crate) async fn log_day(
        &self,
        transaction: &DatabaseTransaction,
        vendor_id: i64,
        date: NaiveDate,
    ) -> Result<(), InventoryError> {
        use snapshot_day::{Column, Entity};
        let next = Entity::find().filter(Column::VendorId.eq(vendor_id)).filter(Column::SnapshotDate.gt(date));
        let next = next.order_by_asc(Column::SnapshotDate).one(transaction).await?;
        for date in std::iter::once(date).chain(next.map(|day| day.snapshot_date)) {
            self.log_one_day(transaction, vendor_id, date).await?;
        }
        Ok(())
    }

    /// Logs the days again on which devices came to these vendor organizations or left them: their client is another now,
    /// and with it what counts as a change of organization.
    pub(crate) async fn relog_sites(
        &self,
        transaction: &DatabaseTransaction,
        vendor_id: i64,
        sites: &[i64],
    ) -> Result<(), InventoryError> {
        use device_snapshot::{Column, Entity};
        if sites.is_empty() {
            return Ok(());
        }
        let days = list_days(transaction, vendor_id).await?;
        let mut stays: BTreeSet<(i64, NaiveDate)> = BTreeSet::new();
        for chunk in sites.chunks(bulk::KEYS_PER_STATEMENT) {
            let there = Entity::find().filter(Column::SiteId.is_in(chunk.iter().copied()));
            let there = there.select_only().columns([Column::DeviceIdentityId, Column::SnapshotDate]);
            stays.extend(there.into_tuple::<(i64, NaiveDate)>().all(transaction).await?);
        }
        let identities: HashSet<i64> = stays.iter().map(|(identity, _)| *identity).collect();
        let is_border = |days: &&[NaiveDate]| {
            identities.iter().any(|id| stays.contains(&(*id, days[0])) != stays.contains(&(*id, days[1])))
        };
        for days in days.windows(2).filter(is_border) {
            self.log_one_day(transaction, vendor_id, days[1]).await?;
        }
        Ok(())
    }

    async fn log_one_day(
        &self,
        transaction: &DatabaseTransaction,
        vendor_id: i64,
        date: NaiveDate,
    ) -> Result<(), InventoryError> {
        use change_log::{Column, Entity};
        let of_day = Column::ChangeDate.eq(date).and(Column::VendorId.eq(vendor_id));
        Entity::delete_many().filter(of_day).exec(transaction).await?;
        let before = list_days(transaction, vendor_id).await?.into_iter().rfind(|day| *day < date);
        let mut totals = self.list_totals(transaction, vendor_id, date, before).await?;
        let mut moved: BTreeMap<String, Vec<Moved>> = BTreeMap::new();
        if let Some(before) = before {
            for device in list_moved(transaction, vendor_id, date, before).await? {
                moved.entry(device.metric.clone()).or_default().push(device);
            }
        }
        let decides_billing = self.reference.vendor(vendor_id) == Some(Vendor::REFERENCE);
        let told = Metric::ALL.into_iter().filter(|metric| decides_billing || !metric.is_about_billing());
        let told = told.filter(|metric| before.is_some() || !metric.is_movement());
        let (now, then) = (totals.remove(&date).unwrap_or_default(), before.and_then(|before| totals.remove(&before)));
        let rows = told.map(|metric| {
            let (numbers, details) = if metric.is_movement() {
                let devices = moved.get(metric.code()).map_or(&[][..], Vec::as_slice);
                (movement(metric, devices), json!({ "previous_date": before, "devices": named(devices) }))
            } else {
                let count = |totals: &Totals| totals.get(&metric.billing()).copied().unwrap_or_default();
                let previous = before.map(|_| then.as_ref().map_or(0, count));
                (total(count(&now), previous), json!({ "previous_date": before }))
            };
            row(date, vendor_id, metric, numbers, details)
        });
        bulk::insert(transaction, rows.collect(), None).await?;
        Ok(())
    }

    /// The counts of both days by billing status, from `daily_counts`.
    async fn list_totals(
        &self,
        transaction: &DatabaseTransaction,
        vendor_id: i64,
        date: NaiveDate,
        before: Option<NaiveDate>,
    ) -> Result<HashMap<NaiveDate, Totals>, InventoryError> {
        use daily_count::{Column, Entity};
        let rows = Entity::find()
            .select_only()
            .columns([Column::SnapshotDate, Column::BillingStatusId, Column::Cnt])
            .filter(Column::VendorId.eq(vendor_id))
            .filter(Column::SnapshotDate.is_in(before.into_iter().chain([date])))
            .into_tuple::<(NaiveDate, Option<i64>, i64)>()
            .all(transaction)
            .await?;
        let mut totals: HashMap<NaiveDate, Totals> = HashMap::new();
        for (day, billing, count) in rows {
            let of_day = totals.entry(day).or_default();
            *of_day.entry(None).or_default() += count;
            if let Some(billing) = billing.and_then(|id| self.reference.billing(id)) {
                *of_day.entry(Some(billing)).or_default() += count;
            }
        }
        Ok(totals)
    }
}

/// The vendor's stored days, the oldest first.
async fn list_days(transaction: &DatabaseTransaction, vendor_id: i64) -> Result<Vec<NaiveDate>, InventoryError> {
    use snapshot_day::{Column, Entity};
    let days = Entity::find().filter(Column::VendorId.eq(vendor_id)).order_by_asc(Column::SnapshotDate);
    Ok(days.all(transaction).await?.into_iter().map(|day| day.snapshot_date).collect())
}

/// `prev_value`, `new_value`, `delta`.
type Numbers = [Option<i64>; 3];

fn total(now: i64, previous: Option<i64>) -> Numbers {
    [previous, Some(now), previous.map(|previous| now - previous)]
}

fn movement(metric: Metric, devices: &[Moved]) -> Numbers {
    let count = super::storing::count(devices.len());
    [None, Some(count), Some(count * metric.effect())]
}

fn named(devices: &[Moved]) -> Vec<Value> {
    let shown = devices.iter().take(DEVICES_NAMED);
    shown.map(|device| json!({ "key": device.vendor_device_key, "hostname": device.hostname })).collect()
}

fn row(
    date: NaiveDate,
    vendor_id: i64,
    metric: Metric,
    [prev_value, new_value, delta]: Numbers,
    details: Value,
) -> change_log::ActiveModel {
    change_log::ActiveModel {
        change_date: Set(date),
        vendor_id: Set(vendor_id),
        metric: Set(metric.code().to_owned()),
        prev_value: Set(prev_value),
        new_value: Set(new_value),
        delta: Set(delta),
        details: Set(Some(details)),
    }
}

/// The devices that changed, by way and identity: the full outer join of two days, in which a rename is no change. Only
/// what differs leaves the database.
async fn list_moved(
    transaction: &DatabaseTransaction,
    vendor_id: i64,
    date: NaiveDate,
    before: NaiveDate,
) -> Result<Vec<Moved>, InventoryError> {
    const ONE_SIDED: &str = "FROM device_snapshot a JOIN device_identity i ON i.id = a.device_identity_id \
        WHERE a.vendor_id = $1 AND a.snapshot_date = {here} AND NOT EXISTS (SELECT 1 FROM device_snapshot b \
        WHERE b.vendor_id = $1 AND b.snapshot_date = {there} AND b.device_identity_id = a.device_identity_id)";
    const BOTH: &str = "FROM device_snapshot a JOIN device_snapshot b ON b.device_identity_id = a.device_identity_id \
        AND b.vendor_id = $1 AND b.snapshot_date = $3 JOIN device_identity i ON i.id = a.device_identity_id \
        LEFT JOIN site o ON o.id = a.site_id LEFT JOIN site p ON p.id = b.site_id \
        WHERE a.vendor_id = $1 AND a.snapshot_date = $2 AND";
    let one_sided = |here: &str, there: &str| ONE_SIDED.replace("{here}", here).replace("{there}", there);
    let parts = [
        (Metric::Added, one_sided("$2", "$3")),
        (Metric::Removed, one_sided("$3", "$2")),
        (Metric::OrganizationChanged, format!("{BOTH} o.organization_id IS DISTINCT FROM p.organization_id")),
        (Metric::BillingChanged, format!("{BOTH} a.billing_status_id IS DISTINCT FROM b.billing_status_id")),
    ];
    let select = |(metric, rest): (Metric, String)| {
        format!("SELECT '{}' AS metric, i.vendor_device_key, a.hostname, i.id AS identity_id {rest}", metric.code())
    };
    let sql = parts.map(select).join(" UNION ALL ") + " ORDER BY metric, identity_id";
    let values = [vendor_id.into(), date.into(), before.into()];
    let statement = Statement::from_sql_and_values(transaction.get_database_backend(), sql, values);
    Ok(Moved::find_by_statement(statement).all(transaction).await?)
}
