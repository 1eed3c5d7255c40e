//! Machines: which identities are one, and what each machine looks like now. Recomputed after every stored collection and
//! every decision of a person, in one set-based pass inside its transaction.
//!
//! One device that is read anew is linked with its `neighbourhood` alone, which `keys` finds.
//!
//! `sources` reads the latest days, `domain::linking` decides, `assigning` gives each group its machine, `picture` and
//! `identities` write what changed, `considered` keeps the candidates that lost. It refuses to decide anything itself, and
//! to touch identities that no vendor lists on its latest day: those stay where they were. Who was separated from such a
//! one leaves its machine.

mod assigning;
mod considered;
mod identities;
mod keys;
mod neighbourhood;
mod picture;
mod sources;

use std::collections::{BTreeMap, HashSet};

use domain::{
    linking::{self, Decisions, Linkable, Member},
    vendor::Vendor,
};
use sea_orm::DatabaseTransaction;

use self::{
    assigning::{give_ids, list_barred},
    considered::store_losers,
    identities::update_identities,
    keys::store_all_keys,
    picture::known_devices,
    sources::{Source, list_sources},
};
pub(crate) use self::{neighbourhood::Neighbours, sources::texts};
use super::{Inventory, InventoryError, deciding::load_decisions};

impl Inventory {
    /// Links the identities of every vendor's latest day and brings the machines in line; in a storing transaction.
    /// Answers the identities whose machine or link changed.
    pub(crate) async fn relink_devices(
        &self,
        transaction: &DatabaseTransaction,
    ) -> Result<HashSet<i64>, InventoryError> {
        let mut sources = BTreeMap::new();
        for vendor in Vendor::ALL {
            let Some(day) = self.latest_day(transaction, vendor).await? else { continue };
            let listed = list_sources(transaction, &day, None).await?;
            sources.extend(listed.into_iter().map(|source| (source.identity_id, source)));
        }
        let present: Vec<Linkable> = sources.values().filter_map(|source| self.linkable(source)).collect();
        store_all_keys(transaction, &present).await?;
        drop(present);
        let decisions = load_decisions(transaction).await?;
        self.relink(transaction, &sources, (&decisions, None)).await
    }

    /// Links these sources, and brings their machines in line: all of them, or those of a neighbourhood, which are `near`
    /// whether they are present or not.
    async fn relink(
        &self,
        transaction: &DatabaseTransaction,
        sources: &BTreeMap<i64, Source>,
        (decisions, near): (&Decisions, Option<&[i64]>),
    ) -> Result<HashSet<i64>, InventoryError> {
        let linkables: Vec<Linkable> = sources.values().filter_map(|source| self.linkable(source)).collect();
        let (linking, losers) = linking::link_and_explain(&linkables, decisions);
        let members: Vec<Member> = sources.values().filter_map(|source| self.member(source)).collect();
        let barred = list_barred(transaction, sources, decisions).await?;
        let assigned = give_ids(transaction, linking::assign_devices(&members, &linking, &barred)).await?;
        let known = known_devices(transaction, near.map(|_| (sources, assigned.as_slice()))).await?;
        self.update_devices(transaction, sources, (&assigned, known)).await?;
        let changed = update_identities(transaction, sources, &assigned, &linking).await?;
        self.record_moves(transaction, sources, &assigned, &linking).await?;
        store_losers(transaction, losers, near).await?;
        Ok(changed)
    }
}
