//! Loaders: what the fields of many objects need, read with one statement per kind.
//!
//! Every relation has its own key type, whose name says what is looked up by what. Each request has its own set, so that
//! nothing outlives a request. Inside one nothing is kept either, but what a query's lists read ahead: a mutation's second field
//! sees what the first one changed.

mod alerts;
mod as_of;
mod attended;
mod devices;
mod exception_types;
mod exceptions;
mod history;
mod jobs;
mod links;
mod organizations;
mod preloaded;
mod restrictions;
mod schedules;
mod sites;
mod snapshots;
mod syncs;
mod vendors;

use std::{collections::HashMap, hash::Hash, time::Duration};

use async_graphql::{Request, Response, dataloader::DataLoader};
use futures::stream::BoxStream;
use sea_orm::{DatabaseBackend, DbErr, FromQueryResult, QueryResult};
use tokio::sync::mpsc;

pub use self::{
    alerts::{AlertId, DeliveriesOfAlert},
    as_of::{AsOf, ExceptionsAsOf, SnapshotsAsOf},
    devices::{DeviceId, DeviceOfIdentity, IdentitiesOfDevice, IdentityId, Machine, MachineOfIdentity},
    exception_types::OpenExceptionsOfType,
    exceptions::{DevicesOfException, EventsOfException, ExceptionId, ExceptionOn, OpenExceptionsOfDevice},
    history::{HistoryOfDevice, SourceChange},
    jobs::{AttemptsOfRun, BatchId, CollectionId, MAX_SET_ASIDE, RunId, RunsOfBatch, SetAsideOfCollection},
    links::{ConsideredWith, DecisionsAbout, MovesOfDevice, SuggestionsFor, SuggestionsForException},
    organizations::{
        DeviceCountOfOrganization, OrganizationId, OrganizationOfIdentity, OrganizationOfSite, SitesOfOrganization,
    },
    preloaded::Preloaded,
    restrictions::{OrganizationsOfApiToken, OrganizationsOfUser},
    schedules::{LastTaken, OpenPause},
    sites::{AliasOfSite, DeviceCountOfSite, EventsOfSite, SiteKey, Suggestion, SuggestionsOfSite},
    snapshots::{LastSeen, LatestNames, LatestSnapshot, SnapshotOn, SourceNames},
    syncs::{ComparisonOfHeld, SyncsOfDevice},
    vendors::{LatestDay, LatestRun},
};
pub(super) use self::{attended::Attended, preloaded::Found};
use crate::inventory::{Inventory, reader::Reader};

/// Keys in one statement at most; SQLite takes 32,766 values. Far above what a page needs, so that a page never takes
/// more statements because it is long.
const MAX_KEYS: usize = 10_000;

/// What a loader can be asked by.
pub trait LoadKey: Clone + Eq + Hash + Send + Sync + 'static {}

impl<K: Clone + Eq + Hash + Send + Sync + 'static> LoadKey for K {}

/// The loaders of one request.
pub type Loaders = DataLoader<Rows>;

/// Reads rows by the keys of this folder.
#[derive(Clone, Debug)]
pub struct Rows {
    reader: Reader,
    /// For what needs a rule; loaders only read.
    inventory: Inventory,
}

impl Rows {
    fn backend(&self) -> DatabaseBackend {
        self.inventory.database().backend()
    }
}

/// The answers to a request that is executed with a set of loaders of its own.
pub(super) fn attend(
    inventory: &Inventory,
    request: Request,
    execute: impl FnOnce(Request) -> BoxStream<'static, Response>,
) -> Attended {
    let (queue, waiting) = mpsc::unbounded_channel();
    let rows = Rows { reader: inventory.database().reader().clone(), inventory: inventory.clone() };
    // `Attended` decides when a load runs; a request that is gone needs none.
    let loaders = DataLoader::new(rows, move |load| drop(queue.send(load)));
    let loaders = loaders.delay(Duration::ZERO).max_batch_size(MAX_KEYS);
    Attended::new(execute(request.data(loaders).data(Preloaded::default())), waiting)
}

/// A row together with the key it was looked up by, which the statement selects as `looked_up_by`.
struct Keyed<M> {
    key: i64,
    row: M,
}

/// The column name of [`Keyed::key`].
const KEY: &str = "looked_up_by";

impl<M: FromQueryResult> FromQueryResult for Keyed<M> {
    fn from_query_result(result: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        Ok(Self { key: result.try_get(prefix, KEY)?, row: M::from_query_result(result, prefix)? })
    }
}

/// One row per key.
fn one_each<K: Eq + Hash, M>(rows: Vec<M>, key: impl Fn(&M) -> K) -> HashMap<K, M> {
    rows.into_iter().map(|row| (key(&row), row)).collect()
}

/// All rows of a key, in their order.
fn grouped<K: Eq + Hash, M>(rows: Vec<M>, key: impl Fn(&M) -> K) -> HashMap<K, Vec<M>> {
    let mut groups: HashMap<K, Vec<M>> = HashMap::new();
    for row in rows {
        groups.entry(key(&row)).or_default().push(row);
    }
    groups
}

/// The same for rows that were looked up by another table's key.
fn grouped_by_key<K: Eq + Hash, M>(rows: Vec<Keyed<M>>, key: impl Fn(i64) -> K) -> HashMap<K, Vec<M>> {
    let mut groups: HashMap<K, Vec<M>> = HashMap::new();
    for found in rows {
        groups.entry(key(found.key)).or_default().push(found.row);
    }
    groups
}
