//! What people decide about two records: that they are one machine, or two (rule 1 of section 7).

use std::collections::HashSet;

use domain::{
    linking::{Decision, DecisionKind, Decisions},
    vendor::Vendor,
};
use entity::{device_identity, link_decision};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    sea_query::{ExprTrait, OnConflict},
};

use super::{
    Inventory, InventoryError,
    exceptions::Applied,
    syncing::{find_device, list_neighbours},
};

/// A vendor's record as people name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityName {
    /// Whose record.
    pub vendor: Vendor,
    /// The vendor's own id of it.
    pub vendor_device_key: String,
}

/// A person's decision about two records.
#[derive(Clone, Debug)]
pub struct DecideLink {
    /// The two records, in any order.
    pub identities: [IdentityName; 2],
    /// What is decided.
    pub kind: DecisionKind,
    /// Why, in the person's words.
    pub note: Option<String>,
    /// The signed-in principal.
    pub actor: String,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecideOutcome {
    /// It stands, and the devices follow it.
    Decided(Decided),
    /// It stood before; nothing changed.
    AlreadyDecided(Decided),
    /// There is no such record; nothing changed.
    Unknown(IdentityName),
    /// Both names are of one record; nothing changed.
    SameIdentity,
}

/// The two records after a decision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decided {
    /// Their devices: one when they are one machine, else two.
    pub devices: Vec<i64>,
    /// Exceptions that opened or reopened by it.
    pub opened: Vec<i64>,
    /// Exceptions that it closed.
    pub closed: Vec<i64>,
    /// Whether the devices are as was decided. They are not linked while a vendor does not list one of the records on its
    /// latest day: such a record stays where it is, and the decision waits. Nor are they separated while none lists either.
    pub in_effect: bool,
}

impl Inventory {
    /// Records what a person decided about two records, and links anew. The newest decision about a pair stands, and every
    /// later night respects it.
    pub async fn decide_link(&self, decide: DecideLink) -> Result<DecideOutcome, InventoryError> {
        let transaction = self.database.begin_storing().await?;
        let mut pair = [0; 2];
        for (id, name) in pair.iter_mut().zip(&decide.identities) {
            let Some(found) = self.find_identity(&transaction, name).await? else {
                return Ok(DecideOutcome::Unknown(name.clone()));
            };
            *id = found;
        }
        pair.sort_unstable();
        if pair[0] == pair[1] {
            return Ok(DecideOutcome::SameIdentity);
        }
        let known = find_decision(&transaction, pair).await?;
        if known.is_some_and(|known| known.kind == decide.kind.code()) {
            let decided = decided(&transaction, pair, decide.kind).await?;
            return Ok(DecideOutcome::AlreadyDecided(decided));
        }
        let applied = self.put_into_effect(&transaction, pair, &decide).await?;
        let decided = decided(&transaction, pair, decide.kind).await?;
        transaction.commit().await?;
        let opened = applied.opened.into_iter().chain(applied.reopened).collect();
        Ok(DecideOutcome::Decided(Decided { opened, closed: applied.verified, ..decided }))
    }

    /// Records the decision, links anew, and looks at the last checked day again for what concerns the two: with the
    /// evidence of that day's collections, for nothing was read anew.
    async fn put_into_effect(
        &self,
        transaction: &DatabaseTransaction,
        pair: [i64; 2],
        decide: &DecideLink,
    ) -> Result<Applied, InventoryError> {
        self.upsert_decision(transaction, pair, decide).await?;
        let Some(date) = self.last_checked_day(transaction).await? else {
            self.relink_devices(transaction).await?;
            return Ok(Applied::default());
        };
        let mut concerned = HashSet::new();
        for identity in pair {
            concerned.extend(list_neighbours(transaction, identity, date).await?);
        }
        concerned.extend(self.relink_devices(transaction).await?);
        for identity in pair {
            concerned.extend(list_neighbours(transaction, identity, date).await?);
        }
        self.recheck_identities(transaction, &concerned, date).await
    }

    async fn find_identity(
        &self,
        transaction: &DatabaseTransaction,
        name: &IdentityName,
    ) -> Result<Option<i64>, InventoryError> {
        use device_identity::{Column, Entity};
        let of_vendor = Column::VendorId.eq(self.reference.vendor_id(name.vendor));
        let key = name.vendor_device_key.trim();
        let exact = Entity::find().filter(of_vendor).filter(Column::VendorDeviceKey.eq(key)).one(transaction).await?;
        Ok(exact.map(|identity| identity.id))
    }

    async fn upsert_decision(
        &self,
        transaction: &DatabaseTransaction,
        [lower, higher]: [i64; 2],
        decide: &DecideLink,
    ) -> Result<(), InventoryError> {
        use link_decision::{ActiveModel, Column, Entity};
        let row = ActiveModel {
            id: NotSet,
            lower_identity_id: Set(lower),
            higher_identity_id: Set(higher),
            kind: Set(decide.kind.code().to_owned()),
            actor: Set(decide.actor.clone()),
            decided_at: Set(self.now()),
            note: Set(decide.note.clone()),
        };
        let rule = OnConflict::columns([Column::LowerIdentityId, Column::HigherIdentityId])
            .update_columns([Column::Kind, Column::Actor, Column::DecidedAt, Column::Note])
            .to_owned();
        Entity::insert(row).on_conflict(rule).exec_without_returning(transaction).await?;
        Ok(())
    }
}

async fn find_decision(
    transaction: &DatabaseTransaction,
    [lower, higher]: [i64; 2],
) -> Result<Option<link_decision::Model>, InventoryError> {
    use link_decision::{Column, Entity};
    let of_pair = Column::LowerIdentityId.eq(lower).and(Column::HigherIdentityId.eq(higher));
    Ok(Entity::find().filter(of_pair).one(transaction).await?)
}

async fn decided(
    transaction: &DatabaseTransaction,
    pair: [i64; 2],
    kind: DecisionKind,
) -> Result<Decided, InventoryError> {
    let mut devices = Vec::new();
    for identity in pair {
        devices.extend(find_device(transaction, identity).await?);
    }
    devices.dedup();
    let in_effect = (devices.len() == 1) == (kind == DecisionKind::Linked);
    Ok(Decided { devices, in_effect, ..Decided::default() })
}

/// Everything that people decided: what every linking has to respect.
pub(crate) async fn load_decisions(connection: &impl ConnectionTrait) -> Result<Decisions, InventoryError> {
    let rows = link_decision::Entity::find().all(connection).await?;
    let read = |row: link_decision::Model| {
        let kind = DecisionKind::from_code(&row.kind)
            .ok_or_else(|| InventoryError::Corrupt(format!("link decision `{}`", row.kind)))?;
        let identities = (row.lower_identity_id, row.higher_identity_id);
        Ok(Decision { identities, kind, actor: row.actor, decided_at: row.decided_at })
    };
    Ok(Decisions::new(rows.into_iter().map(read).collect::<Result<Vec<_>, InventoryError>>()?))
}
