//! Usage changes between two stored dates of one vendor (rules section 9).

use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDate;
use domain::{
    billing::Billing,
    organization::canonical,
    usage::{self, Change, Comparison, Holding, Scope},
    vendor::Vendor,
};
use entity::{device_snapshot, organization, site};
use sea_orm::{ColumnTrait, EntityTrait, JoinType, QueryFilter, QuerySelect, RelationTrait, Select};

use super::{Inventory, InventoryError};

/// Which change is asked for.
#[derive(Clone, Debug)]
pub struct UsageRequest {
    /// The vendor whose devices are compared.
    pub vendor: Vendor,
    /// The first date.
    pub from: NaiveDate,
    /// The second date.
    pub to: NaiveDate,
    /// Only this organization's rows and changes.
    pub organization_id: Option<i64>,
    /// Whether the MSP's own organizations count.
    pub include_internal: bool,
}

/// The answer.
#[derive(Clone, Debug)]
pub enum UsageAnswer {
    /// Both dates are stored.
    Compared(Comparison),
    /// One is not.
    NoData {
        /// The date without a complete snapshot.
        date: NaiveDate,
        /// The nearest dates that have one, before and after.
        nearest: Vec<NaiveDate>,
    },
}

impl Inventory {
    /// Compares two stored dates of a vendor.
    pub async fn usage_changes(&self, request: &UsageRequest) -> Result<UsageAnswer, InventoryError> {
        for date in [request.from, request.to] {
            let nearest = self.nearest_days(Some(request.vendor), date).await?;
            if nearest != [date] {
                return Ok(UsageAnswer::NoData { date, nearest });
            }
        }
        let start = self.list_holdings(request.vendor, request.from).await?;
        let end = self.list_holdings(request.vendor, request.to).await?;
        let scope = self.scope(request).await?;
        Ok(UsageAnswer::Compared(usage::compare(&start, &end, &scope)))
    }

    /// The day on which each of these changes happened, in their order, with one statement for all.
    pub async fn change_days(
        &self,
        request: &UsageRequest,
        changes: &[Change],
    ) -> Result<Vec<Option<NaiveDate>>, InventoryError> {
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        let days = self.list_dates(request.vendor, request.from, request.to).await?;
        let identities: HashSet<i64> = changes.iter().map(|change| change.identity_id).collect();
        let rows = self
            .find_holdings(request.vendor)
            .filter(device_snapshot::Column::SnapshotDate.between(request.from, request.to))
            .filter(device_snapshot::Column::DeviceIdentityId.is_in(identities))
            .into_tuple::<HoldingRow>()
            .all(self.database.reader())
            .await?;
        let mut histories: BTreeMap<i64, Vec<(NaiveDate, Holding)>> = BTreeMap::new();
        for row in rows {
            histories.entry(row.1).or_default().push((row.0, self.holding(row)));
        }
        let day = |change: &Change| {
            let history = histories.get(&change.identity_id).map_or(&[][..], Vec::as_slice);
            usage::day_of(change, &usage::transitions(&days, history))
        };
        Ok(changes.iter().map(day).collect())
    }

    async fn list_holdings(&self, vendor: Vendor, date: NaiveDate) -> Result<Vec<Holding>, InventoryError> {
        let of_day = self.find_holdings(vendor).filter(device_snapshot::Column::SnapshotDate.eq(date));
        let rows = of_day.into_tuple::<HoldingRow>().all(self.database.reader()).await?;
        Ok(rows.into_iter().map(|row| self.holding(row)).collect())
    }

    fn find_holdings(&self, vendor: Vendor) -> Select<device_snapshot::Entity> {
        use device_snapshot::{Column, Entity, Relation};
        Entity::find()
            .select_only()
            .columns([Column::SnapshotDate, Column::DeviceIdentityId, Column::BillingStatusId])
            .column(site::Column::OrganizationId)
            .join(JoinType::LeftJoin, Relation::Site.def())
            .filter(Column::VendorId.eq(self.reference.vendor_id(vendor)))
    }

    fn holding(&self, (_, identity_id, billing_id, organization_id): HoldingRow) -> Holding {
        let billing: Option<Billing> = billing_id.and_then(|id| self.reference.billing(id));
        Holding { identity_id, organization_id, billing }
    }

    async fn scope(&self, request: &UsageRequest) -> Result<Scope, InventoryError> {
        let internal = if request.include_internal { HashSet::new() } else { self.internal_organizations().await? };
        Ok(Scope { internal, only: request.organization_id })
    }

    /// Ids of the MSP's own organizations.
    pub(crate) async fn internal_organizations(&self) -> Result<HashSet<i64>, InventoryError> {
        let names: Vec<String> = self.rules.internal_organizations.iter().filter_map(|name| canonical(name)).collect();
        if names.is_empty() {
            return Ok(HashSet::new());
        }
        let own = organization::Entity::find().filter(organization::Column::CanonicalName.is_in(names));
        Ok(own.all(self.database.reader()).await?.into_iter().map(|row| row.id).collect())
    }
}

/// Date, identity, billing status, organization.
type HoldingRow = (NaiveDate, i64, Option<i64>, Option<i64>);
