//! Asking a vendor for one device and putting what it says in today's place (rules section 13).

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use collectors::DeviceQuery;
use domain::{
    collection::{Collection, Completeness},
    observation::Observation,
    serial,
    vendor::Vendor,
};
use entity::{device_identity, device_payload, device_snapshot, snapshot_day};
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, EntityTrait, IntoSimpleExpr, PaginatorTrait, QueryFilter, QuerySelect,
    QueryTrait,
    sea_query::{Expr, ExprTrait, Func},
};

use super::{
    Inventory, InventoryError,
    exceptions::Applied,
    jobs::spell_out,
    storing::{count, identity_of},
};

/// What came of a sync.
#[derive(Clone, Debug, PartialEq)]
pub enum SyncOutcome {
    /// Today's snapshot of the device is what the vendor says now.
    Synced(Synced),
    /// The vendor has no such device; nothing changed.
    NotFound,
    /// Several of the vendor's devices match; nothing changed.
    Ambiguous {
        /// Their vendor device keys.
        keys: Vec<String>,
    },
    /// The vendor could not be asked; nothing changed.
    Unavailable {
        /// Why, a sentence without secrets.
        reason: String,
    },
    /// Today has no complete collection of the vendor yet to put the device in; nothing changed.
    NoStoredDay,
}

/// A device after its sync.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Synced {
    /// The machine.
    pub device_id: i64,
    /// The vendor's identity of it.
    pub identity_id: i64,
    /// The day whose snapshot was replaced.
    pub snapshot_date: NaiveDate,
    /// Exceptions that opened or reopened by it.
    pub opened: Vec<i64>,
    /// Exceptions that it closed.
    pub closed: Vec<i64>,
}

impl Inventory {
    /// Asks the vendor for one device, replaces today's snapshot of it and re-runs the checks that concern it.
    pub async fn sync_device(&self, vendor: Vendor, wanted: DeviceQuery) -> Result<SyncOutcome, InventoryError> {
        let collector = self.collector(vendor)?;
        let mut found = match collector.find(&wanted).await {
            Ok(found) => found,
            Err(error) => return Ok(SyncOutcome::Unavailable { reason: spell_out(&error) }),
        };
        match (found.pop(), found.is_empty()) {
            (None, _) => Ok(SyncOutcome::NotFound),
            (Some(seen), true) => self.store_one(seen).await,
            (Some(seen), false) => {
                let mut keys: Vec<String> = found.into_iter().map(|other| other.vendor_device_key).collect();
                keys.push(seen.vendor_device_key);
                keys.sort();
                Ok(SyncOutcome::Ambiguous { keys })
            }
        }
    }

    async fn store_one(&self, seen: Observation) -> Result<SyncOutcome, InventoryError> {
        let (vendor, date) = (seen.vendor, self.today());
        let transaction = self.database.begin_storing().await?;
        if self.find_day(&*transaction, vendor, date).await?.is_none() {
            return Ok(SyncOutcome::NoStoredDay);
        }
        let collected = Collection {
            vendor,
            observations: vec![seen],
            organizations: Vec::new(),
            set_aside: Vec::new(),
            completeness: Completeness::Complete,
            notes: Vec::new(),
        };
        let identities = self.upsert_identities(&transaction, &collected.observations, date).await?;
        let identity_id = identity_of(&collected.observations[0], &identities)?;
        let mut concerned = list_neighbours(&transaction, identity_id, date).await?;
        let moved = self.replace_snapshot(&transaction, &collected, &identities, date).await?;
        concerned.extend(self.relink_devices(&transaction).await?);
        concerned.extend(list_neighbours(&transaction, identity_id, date).await?);
        // All devices of an organization that is another client's now are concerned, as by an alias.
        let mut applied = Applied::default();
        if !moved.is_empty() {
            applied = self.check_last_day_again(&transaction).await?;
        }
        applied.extend(self.recheck_identities(&transaction, &concerned, date).await?);
        let device_id = find_device(&transaction, identity_id).await?;
        let device_id = device_id.ok_or_else(|| InventoryError::Corrupt("a synced record has no device".into()))?;
        transaction.commit().await?;
        let opened = applied.opened.into_iter().chain(applied.reopened).collect();
        Ok(SyncOutcome::Synced(Synced {
            device_id,
            identity_id,
            snapshot_date: date,
            opened,
            closed: applied.verified,
        }))
    }

    /// Answers the vendor's organizations that are another client's by what the vendor says now.
    async fn replace_snapshot(
        &self,
        transaction: &DatabaseTransaction,
        collected: &Collection,
        identities: &HashMap<String, i64>,
        date: NaiveDate,
    ) -> Result<Vec<i64>, InventoryError> {
        use device_snapshot::{Column, Entity};
        let vendor_id = self.reference.vendor_id(collected.vendor);
        let sites = self.upsert_sites(transaction, collected).await?;
        let of_day = Column::SnapshotDate.eq(date).and(Column::VendorId.eq(vendor_id));
        let this = Column::DeviceIdentityId.is_in(identities.values().copied());
        Entity::delete_many().filter(of_day.clone().and(this)).exec(transaction).await?;
        let theirs = device_payload::Column::DeviceIdentityId.is_in(identities.values().copied());
        device_payload::Entity::delete_many().filter(theirs).exec(transaction).await?;
        self.insert_snapshots(transaction, &collected.observations, &sites.ids, identities, date).await?;
        self.insert_payloads(transaction, &collected.observations, identities, date).await?;
        let devices = Entity::find().filter(of_day).count(transaction).await?;
        let devices = count(usize::try_from(devices).unwrap_or(usize::MAX));
        snapshot_day::Entity::update_many()
            .col_expr(snapshot_day::Column::DeviceCount, Expr::value(devices))
            .filter(snapshot_day::Column::SnapshotDate.eq(date))
            .filter(snapshot_day::Column::VendorId.eq(vendor_id))
            .exec(transaction)
            .await?;
        self.recount_day(transaction, vendor_id, date).await?;
        Ok(sites.moved)
    }
}

/// The identities whose exceptions a change of this one may open or close: those of its device, and those of the day
/// with its host name or serial number, whose duplicate, link or rival it is or was.
pub(crate) async fn list_neighbours(
    transaction: &DatabaseTransaction,
    identity_id: i64,
    date: NaiveDate,
) -> Result<HashSet<i64>, InventoryError> {
    use device_snapshot::{Column, Entity};
    let mut found = HashSet::from([identity_id]);
    if let Some(device_id) = find_device(transaction, identity_id).await? {
        let of_device = device_identity::Column::DeviceId.eq(device_id);
        let identities = device_identity::Entity::find().filter(of_device).all(transaction).await?;
        found.extend(identities.into_iter().map(|identity| identity.id));
    }
    let of_day = || Entity::find().select_only().filter(Column::SnapshotDate.eq(date));
    let name = of_day().column(Column::CanonicalHostname).filter(Column::DeviceIdentityId.eq(identity_id)).into_query();
    let serial = of_day().column(Column::SerialNumber).filter(Column::DeviceIdentityId.eq(identity_id));
    let serial = serial.into_tuple::<Option<String>>().one(transaction).await?.flatten();
    let serial = serial.as_deref().and_then(serial::key);
    let neighbours = of_day()
        .column(Column::DeviceIdentityId)
        .filter(
            Condition::any()
                .add(Column::CanonicalHostname.in_subquery(name))
                .add_option(serial.map(|key| spelt_plainly(Column::SerialNumber).eq(key))),
        )
        .into_tuple::<i64>()
        .all(transaction)
        .await?;
    found.extend(neighbours);
    Ok(found)
}

/// A serial number as [`serial::key`] makes it, as far as SQL can: vendors write one with spaces, dashes and letter case
/// of their own.
pub(crate) fn spelt_plainly(serial: device_snapshot::Column) -> Expr {
    let text = serial.into_simple_expr();
    let without = |text: Expr, sign: &str| Expr::from(Func::cust("replace").args([text, sign.into(), "".into()]));
    Func::lower(without(without(text, " "), "-")).into()
}

pub(crate) async fn find_device(
    transaction: &DatabaseTransaction,
    identity_id: i64,
) -> Result<Option<i64>, InventoryError> {
    let identity = device_identity::Entity::find_by_id(identity_id).one(transaction).await?;
    Ok(identity.and_then(|identity| identity.device_id))
}
