//! The candidates that lost, kept beside the links: what else was considered.

use std::collections::{BTreeMap, BTreeSet};

use domain::linking::Loser;
use entity::link_candidate::{ActiveModel, Column, Entity, Model};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter,
};

use crate::inventory::{InventoryError, bulk};

type ByIdentity = BTreeMap<i64, BTreeSet<(i64, String, String)>>;

/// Brings the stored candidates in line, of all identities or of those that are `near`, no more than a statement takes;
/// only identities whose candidates changed are written.
pub(super) async fn store_losers(
    transaction: &DatabaseTransaction,
    losers: Vec<Loser>,
    near: Option<&[i64]>,
) -> Result<(), InventoryError> {
    let now = by_identity(losers.into_iter().map(|it| Model {
        identity_id: it.identity_id,
        candidate_id: it.candidate_id,
        rule: it.rule.code().to_owned(),
        loss: it.loss.code().to_owned(),
    }));
    let near = near.map(|near| Column::IdentityId.is_in(near.iter().copied()));
    let before = Entity::find().filter(Condition::all().add_option(near)).all(transaction).await?;
    let before = by_identity(before);
    let changed = |one: &ByIdentity, other: &ByIdentity| {
        let differs = |identity: &&i64| one.get(*identity) != other.get(*identity);
        one.keys().filter(differs).copied().collect::<Vec<_>>()
    };
    for chunk in changed(&before, &now).chunks(bulk::KEYS_PER_STATEMENT) {
        let gone = Column::IdentityId.is_in(chunk.iter().copied());
        Entity::delete_many().filter(gone).exec(transaction).await?;
    }
    let rows = changed(&now, &before).into_iter().flat_map(|identity_id| {
        let candidates = now.get(&identity_id).into_iter().flatten();
        candidates.map(move |(candidate_id, rule, loss)| {
            let (rule, loss) = (rule.clone(), loss.clone());
            Model { identity_id, candidate_id: *candidate_id, rule, loss }.into_active_model().reset_all()
        })
    });
    let rows: Vec<ActiveModel> = rows.collect();
    bulk::insert(transaction, rows, None).await?;
    Ok(())
}

fn by_identity(rows: impl IntoIterator<Item = Model>) -> ByIdentity {
    let mut found = ByIdentity::new();
    for row in rows {
        found.entry(row.identity_id).or_default().insert((row.candidate_id, row.rule, row.loss));
    }
    found
}
