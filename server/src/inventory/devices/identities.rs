//! Which machine each identity belongs to and why, and how it came there.

use std::collections::{BTreeMap, HashSet};

use domain::linking::{LinkRule, Linking};
use entity::{device_identity, device_move};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    DatabaseTransaction,
    sea_query::OnConflict,
};

use super::sources::Source;
use crate::inventory::{Inventory, InventoryError, bulk};

/// Writes the identities whose machine or link changed, and answers which they are.
pub(super) async fn update_identities(
    transaction: &DatabaseTransaction,
    sources: &BTreeMap<i64, Source>,
    assigned: &[(i64, Vec<i64>)],
    linking: &Linking,
) -> Result<HashSet<i64>, InventoryError> {
    use device_identity::{ActiveModel, Column};
    let pairs = assigned.iter().flat_map(|(id, identities)| identities.iter().map(move |identity| (*id, identity)));
    let changed = pairs.filter_map(|(device_id, identity)| {
        let source = sources.get(identity)?;
        let (rule, evidence) =
            reason(*identity, linking).map(|(rule, evidence)| (rule.code().to_owned(), evidence.to_owned())).unzip();
        let same = source.device_id == Some(device_id) && source.link_rule == rule && source.link_evidence == evidence;
        (!same).then(|| ActiveModel {
            id: Set(source.identity_id),
            vendor_id: Set(source.vendor_id),
            vendor_device_key: Set(source.vendor_device_key.clone()),
            first_seen_date: Set(source.first_seen_date),
            last_seen_date: Set(source.last_seen_date),
            device_id: Set(Some(device_id)),
            link_rule: Set(rule),
            link_evidence: Set(evidence),
        })
    });
    let rule = OnConflict::column(Column::Id)
        .update_columns([Column::DeviceId, Column::LinkRule, Column::LinkEvidence])
        .to_owned();
    let changed: Vec<ActiveModel> = changed.collect();
    let identities = changed.iter().map(|row| *row.id.as_ref()).collect();
    bulk::insert(transaction, changed, Some(rule)).await?;
    Ok(identities)
}

/// How an identity was linked, and what that rests on; `None` for one that is linked to none.
fn reason(identity: i64, linking: &Linking) -> Option<(LinkRule, &str)> {
    let link = linking.reference_of(identity).map(|link| (link.rule, link.evidence.as_str()));
    link.or_else(|| linking.join_of(identity).map(|join| (LinkRule::Person, join.evidence.as_str())))
}

impl Inventory {
    /// Records the known identities that go from one machine to another: merges and splits.
    pub(super) async fn record_moves(
        &self,
        transaction: &DatabaseTransaction,
        sources: &BTreeMap<i64, Source>,
        assigned: &[(i64, Vec<i64>)],
        linking: &Linking,
    ) -> Result<(), InventoryError> {
        let (at, on) = (self.now(), self.today());
        let pairs =
            assigned.iter().flat_map(|(id, identities)| identities.iter().map(move |identity| (*id, *identity)));
        let moves = pairs.filter_map(|(to, identity)| {
            let from = sources.get(&identity)?.device_id.filter(|from| *from != to)?;
            Some(device_move::ActiveModel {
                id: NotSet,
                identity_id: Set(identity),
                from_device_id: Set(Some(from)),
                to_device_id: Set(to),
                moved_at: Set(at),
                moved_on: Set(on),
                rule: Set(reason(identity, linking).map(|(rule, _)| rule.code().to_owned())),
            })
        });
        bulk::insert(transaction, moves.collect(), None).await?;
        Ok(())
    }
}
