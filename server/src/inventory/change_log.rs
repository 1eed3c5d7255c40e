//! `change_log`: per vendor and stored day the totals, and what changed them since the vendor's stored day before (rules
//! section 10). Counted where the rows are, in the transaction that changes them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use domain::{billing::Billing, vendor::Vendor};
use entity::{change_log, daily_total, usage_transition};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, FromQueryResult, QueryFilter,
    QuerySelect, Statement, sea_query::ExprTrait,
};
use serde_json::{Value, json};

use super::{Inventory, InventoryError, bulk, transitions::ComparedDay};

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

    /// Those that count what happened between two days.
    const MOVEMENTS: [Self; 4] = [Self::Added, Self::Removed, Self::OrganizationChanged, Self::BillingChanged];

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
    /// Logs the days again on which devices came to these vendor organizations or left them: their client is another now,
    /// and with it what counts as a change of organization. Totals stay as they were told: the counts of a dropped day are
    /// gone.
    pub(crate) async fn relog_sites(
        &self,
        transaction: &DatabaseTransaction,
        vendor_id: i64,
        sites: &[i64],
    ) -> Result<(), InventoryError> {
        use usage_transition::{Column, Entity};
        let mut days: BTreeSet<NaiveDate> = BTreeSet::new();
        for chunk in sites.chunks(bulk::KEYS_PER_STATEMENT / 2) {
            let ids = || chunk.iter().copied();
            let touched = Column::FromSiteId.is_in(ids()).or(Column::ToSiteId.is_in(ids()));
            let found = Entity::find().filter(Column::VendorId.eq(vendor_id)).filter(touched);
            let found = found.select_only().column(Column::SnapshotDate).distinct();
            days.extend(found.into_tuple::<NaiveDate>().all(transaction).await?);
        }
        for date in days {
            // The first is the day itself, the second the one after it, which is in the list where it changed.
            for day in self.list_compared_days(transaction, vendor_id, date).await?.into_iter().take(1) {
                self.log_day(transaction, vendor_id, &day, &Metric::MOVEMENTS).await?;
            }
        }
        Ok(())
    }

    /// Logs these metrics of a stored day again, from its counts and its transitions.
    pub(crate) async fn log_day(
        &self,
        transaction: &DatabaseTransaction,
        vendor_id: i64,
        day: &ComparedDay,
        metrics: &[Metric],
    ) -> Result<(), InventoryError> {
        use change_log::{Column, Entity};
        let ComparedDay { date, before } = *day;
        let of_day = Column::ChangeDate.eq(date).and(Column::VendorId.eq(vendor_id));
        let these = Column::Metric.is_in(metrics.iter().map(|metric| metric.code()));
        Entity::delete_many().filter(of_day).filter(these).exec(transaction).await?;
        let mut totals = self.list_totals(transaction, vendor_id, date, before).await?;
        let mut moved: BTreeMap<String, Vec<Moved>> = BTreeMap::new();
        for device in list_moved(transaction, vendor_id, date).await? {
            moved.entry(device.metric.clone()).or_default().push(device);
        }
        let decides_billing = self.reference.vendor(vendor_id) == Some(Vendor::REFERENCE);
        let told = metrics.iter().copied().filter(|metric| decides_billing || !metric.is_about_billing());
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

    /// The counts of both days by billing status, from `daily_totals`.
    async fn list_totals(
        &self,
        transaction: &DatabaseTransaction,
        vendor_id: i64,
        date: NaiveDate,
        before: Option<NaiveDate>,
    ) -> Result<HashMap<NaiveDate, Totals>, InventoryError> {
        use daily_total::{Column, Entity};
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

/// The devices that changed, by way and identity: a rename is no change.
async fn list_moved(
    transaction: &DatabaseTransaction,
    vendor_id: i64,
    date: NaiveDate,
) -> Result<Vec<Moved>, InventoryError> {
    const STAYED: &str = "t.was_there AND t.is_there AND";
    let parts = [
        (Metric::Added, "NOT t.was_there".to_owned()),
        (Metric::Removed, "NOT t.is_there".to_owned()),
        (Metric::OrganizationChanged, format!("{STAYED} f.organization_id IS DISTINCT FROM o.organization_id")),
        (Metric::BillingChanged, format!("{STAYED} t.from_billing_status_id IS DISTINCT FROM t.to_billing_status_id")),
    ];
    let select = |(metric, asked): (Metric, String)| {
        format!(
            "SELECT '{}' AS metric, i.vendor_device_key, t.hostname, i.id AS identity_id FROM usage_transition t \
             JOIN device_identity i ON i.id = t.device_identity_id LEFT JOIN site f ON f.id = t.from_site_id \
             LEFT JOIN site o ON o.id = t.to_site_id WHERE t.vendor_id = $1 AND t.snapshot_date = $2 AND {asked}",
            metric.code()
        )
    };
    let sql = parts.map(select).join(" UNION ALL ") + " ORDER BY metric, identity_id";
    let values = [vendor_id.into(), date.into()];
    let statement = Statement::from_sql_and_values(transaction.get_database_backend(), sql, values);
    Ok(Moved::find_by_statement(statement).all(transaction).await?)
}
