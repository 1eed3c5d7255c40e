//! New exceptions.

use std::collections::HashMap;

use chrono::NaiveDate;
use domain::checks::Finding;
use entity::{exception, exception_identity};
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect};

use super::rows::{OrganizationNames, opened};
use crate::inventory::{Inventory, InventoryError, bulk, database::tell_growth};

impl Inventory {
    /// Inserts new exceptions with the identities they are about; answers their ids.
    pub(super) async fn open_exceptions(
        &self,
        transaction: &DatabaseTransaction,
        mut rows: Vec<&Finding>,
        names: &OrganizationNames,
        date: NaiveDate,
    ) -> Result<Vec<i64>, InventoryError> {
        rows.sort_by(|left, right| left.fingerprint.cmp(&right.fingerprint));
        let new = rows.iter().map(|finding| {
            let vendors = self.reference.vendor_bits(finding.vendors.iter().copied());
            opened(finding, vendors, names, date)
        });
        bulk::insert(transaction, new.collect(), None).await?;
        // What refers to them comes next.
        tell_growth(transaction, "exceptions", rows.len()).await?;
        let mut ids = HashMap::new();
        for chunk in rows.chunks(bulk::KEYS_PER_STATEMENT) {
            let fingerprints = chunk.iter().map(|finding| finding.fingerprint.as_str());
            let stored = exception::Entity::find()
                .select_only()
                .columns([exception::Column::Id, exception::Column::Fingerprint])
                .filter(exception::Column::Fingerprint.is_in(fingerprints))
                .into_tuple::<(i64, String)>()
                .all(transaction)
                .await?;
            ids.extend(stored.into_iter().map(|(id, fingerprint)| (fingerprint, id)));
        }
        let about = rows.iter().filter_map(|finding| ids.get(&finding.fingerprint).map(|id| (*id, *finding)));
        let about = about.flat_map(|(id, finding)| {
            finding.identities.iter().map(move |identity| exception_identity::ActiveModel {
                exception_id: Set(id),
                device_identity_id: Set(*identity),
            })
        });
        bulk::insert(transaction, about.collect(), None).await?;
        let mut ids: Vec<i64> = ids.into_values().collect();
        ids.sort_unstable();
        Ok(ids)
    }
}
