//! The held rule: a complete collection that is much smaller than the last one waits for a person (rules section 4).

use chrono::{DateTime, Utc};
use domain::{collection::Collection, observation::Observation, vendor::Vendor};
use entity::{collection, held_collection, held_device, snapshot_day};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};

use super::{Inventory, InventoryError, bulk, observed::clip, storing::Span};

/// A person's word on a held collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldWord {
    /// The principal.
    pub actor: String,
    /// Why, in the person's words.
    pub note: Option<String>,
}

/// What came of a person's decision.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// The collection is the day's snapshot now.
    Applied {
        /// Exceptions that opened or reopened by it; none where the day's checks are still to come.
        opened: usize,
        /// Exceptions that it closed.
        closed: usize,
    },
    /// It is thrown away.
    Discarded,
    /// No collection of that id is held.
    NotHeld,
    /// A newer collection of the vendor is stored: an older one can't take its place.
    Outdated,
}

impl Inventory {
    /// The sentence why a complete collection is held; `None` when it may be stored.
    pub(crate) async fn reason_to_hold(
        &self,
        transaction: &DatabaseTransaction,
        collected: &Collection,
    ) -> Result<Option<String>, InventoryError> {
        let Some(last) = self.latest_day(transaction, collected.vendor).await? else { return Ok(None) };
        let count = super::storing::count(collected.observations.len());
        let percent = i64::from(self.rules.held_below_percent);
        let too_few = count * 100 < last.device_count * percent || (count == 0 && last.device_count > 0);
        Ok(too_few.then(|| {
            format!(
                "{count} devices against {} on {}: under {percent} %, so a person must apply or discard it",
                last.device_count, last.snapshot_date
            )
        }))
    }

    /// Keeps a held collection's devices where no query shows them.
    pub(crate) async fn keep_held(
        &self,
        transaction: &DatabaseTransaction,
        collection_id: i64,
        collected: &Collection,
    ) -> Result<(), InventoryError> {
        let body = serde_json::to_string(collected).map_err(|error| InventoryError::Corrupt(error.to_string()))?;
        let row = held_collection::ActiveModel { collection_id: Set(collection_id), body: Set(body) };
        held_collection::Entity::insert(row).exec_without_returning(transaction).await?;
        let device = |seen: &Observation| held_device::ActiveModel {
            collection_id: Set(collection_id),
            vendor_device_key: Set(clip(&seen.vendor_device_key, 255)),
            hostname: Set(clip(&seen.hostname, 255)),
            site_key: Set(seen.organization.as_ref().map(|place| clip(&place.key, 255))),
            site_name: Set(seen.organization.as_ref().and_then(|place| Some(clip(place.name.as_ref()?, 255)))),
        };
        bulk::insert(transaction, collected.observations.iter().map(device).collect(), None).await?;
        Ok(())
    }

    /// Once a newer complete collection is stored, older held ones have nothing left to decide.
    pub(crate) async fn drop_outdated_held(
        &self,
        transaction: &DatabaseTransaction,
        vendor_id: i64,
        stored: i64,
    ) -> Result<(), InventoryError> {
        let held = collection::Column::Outcome.eq("held");
        let older = collection::Entity::find()
            .select_only()
            .column(collection::Column::Id)
            .filter(collection::Column::VendorId.eq(vendor_id))
            .filter(collection::Column::Id.lt(stored))
            .filter(held)
            .into_tuple::<i64>()
            .all(transaction)
            .await?;
        for collection_id in older {
            close_held(transaction, collection_id, ("outdated", None)).await?;
        }
        Ok(())
    }

    /// The collections that wait for a decision, newest first.
    pub async fn list_held(&self) -> Result<Vec<collection::Model>, InventoryError> {
        let held = collection::Entity::find().filter(collection::Column::Outcome.eq("held"));
        Ok(held.order_by_desc(collection::Column::Id).all(self.database.reader()).await?)
    }

    /// Makes a held collection its day's snapshot, and brings the exceptions in line, if the checks of that day have run
    /// without it: a complete collection would have been there for them. Checks that are still to come find it.
    pub async fn apply_held(&self, collection_id: i64, word: &HeldWord) -> Result<Decision, InventoryError> {
        let transaction = self.database.begin_storing().await?;
        let Some((row, collected)) = load_held(&transaction, collection_id).await? else {
            return Ok(Decision::NotHeld);
        };
        let latest = self.latest_day(&*transaction, collected.vendor).await?;
        let newer =
            |day: &snapshot_day::Model| (day.snapshot_date, day.collected_at) > (row.snapshot_date, row.started_at);
        if latest.as_ref().is_some_and(newer) {
            return Ok(Decision::Outdated);
        }
        let span = Span { date: row.snapshot_date, started_at: row.started_at, ended_at: row.ended_at };
        self.store_day(&transaction, &collected, collection_id, span).await?;
        self.relink_devices(&transaction).await?;
        close_held(&transaction, collection_id, ("applied", Some((word, self.now())))).await?;
        let checked = self.check_overtaken_day(&transaction, span.date).await?;
        transaction.commit().await?;
        self.verify_at_once().await;
        Ok(Decision::Applied { opened: checked.opened.len() + checked.reopened.len(), closed: checked.verified.len() })
    }

    /// Throws a held collection away.
    pub async fn discard_held(&self, collection_id: i64, word: &HeldWord) -> Result<Decision, InventoryError> {
        let transaction = self.database.begin_storing().await?;
        if load_held(&transaction, collection_id).await?.is_none() {
            return Ok(Decision::NotHeld);
        }
        close_held(&transaction, collection_id, ("discarded", Some((word, self.now())))).await?;
        transaction.commit().await?;
        self.verify_at_once().await;
        Ok(Decision::Discarded)
    }

    /// The vendor of a collection's row.
    pub fn vendor_of(&self, row: &collection::Model) -> Option<Vendor> {
        self.reference.vendor(row.vendor_id)
    }
}

async fn load_held(
    transaction: &DatabaseTransaction,
    collection_id: i64,
) -> Result<Option<(collection::Model, Collection)>, InventoryError> {
    let row = collection::Entity::find_by_id(collection_id).one(transaction).await?;
    let held = held_collection::Entity::find_by_id(collection_id).one(transaction).await?;
    let Some((row, held)) = row.zip(held) else { return Ok(None) };
    let collected = serde_json::from_str(&held.body).map_err(|error| InventoryError::Corrupt(error.to_string()))?;
    Ok(Some((row, collected)))
}

/// Takes the devices away, and says what became of the collection; a newer one that takes its place is no person's word.
async fn close_held(
    transaction: &DatabaseTransaction,
    collection_id: i64,
    (outcome, word): (&str, Option<(&HeldWord, DateTime<Utc>)>),
) -> Result<(), InventoryError> {
    use collection::{Column, Entity};
    held_collection::Entity::delete_by_id(collection_id).exec(transaction).await?;
    let (actor, note) = (word.map(|(word, _)| word.actor.clone()), word.and_then(|(word, _)| word.note.clone()));
    Entity::update_many()
        .col_expr(Column::Outcome, Expr::value(outcome))
        .col_expr(Column::DecidedBy, Expr::value(actor))
        .col_expr(Column::DecidedAt, Expr::value(word.map(|(_, at)| at)))
        .col_expr(Column::DecisionNote, Expr::value(note))
        .filter(Column::Id.eq(collection_id))
        .exec(transaction)
        .await?;
    Ok(())
}
