//! The use cases: collect, check, sync, resolve. They turn collections and findings into rows, each in one transaction.
//!
//! Timer, mutation and command line call the same functions here, and nothing else writes to the database. This module
//! knows neither GraphQL nor HTTP nor when a schedule is due, and decides no rule: rules are in `domain`.

mod abandoning;
pub mod alerts;
pub mod aliases;
mod away;
pub mod batches;
pub mod billing;
mod bulk;
pub mod change_log;
pub mod checking;
mod collecting;
mod connecting;
mod counting;
pub mod counts;
pub mod database;
pub mod days;
pub mod deciding;
mod devices;
pub mod errors;
pub mod exceptions;
mod figures;
pub mod held;
pub mod held_comparison;
pub mod jobs;
mod moment;
mod observed;
mod organizations;
pub mod reach;
pub mod reader;
mod readiness;
pub mod reference;
mod renaming;
pub mod retention;
pub mod schedules;
mod sightings;
pub mod slots;
mod stored_version;
mod storing;
pub mod suggesting;
pub mod syncing;
mod transitions;
pub mod usage;
pub mod windows11;

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use chrono::{DateTime, NaiveDate, Utc};
use collectors::Collector;
use domain::{
    billing::BillingRules,
    checks::CheckSettings,
    clock::{BusinessZone, Clock},
    schedule::Schedule,
    vendor::Vendor,
};
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

pub use self::{database::Database, errors::InventoryError, jobs::JobUpdate, reference::Reference};
use crate::metrics::Metrics;
use jobs::{AtWork, Updates};

/// What the use cases are told by the configuration.
#[derive(Clone, Debug)]
pub struct Rules {
    /// How billing is decided.
    pub billing: BillingRules,
    /// Settings of the checks.
    pub checks: CheckSettings,
    /// Names of organizations that are the MSP's own, as written by people.
    pub internal_organizations: Vec<String>,
    /// A complete collection with fewer devices than this percentage of the last one is held.
    pub held_below_percent: u8,
    /// How many days of snapshots are kept, today included; `None` keeps them for ever.
    pub retention_days: Option<u32>,
    /// How long a run may be silent before others take it for dead.
    pub lease: Duration,
    /// What is an alert, and how it is delivered.
    pub alerts: alerts::AlertRules,
}

/// The use cases and what they work with. Cheap to clone: every clone is the same hub.
#[derive(Clone)]
pub struct Inventory {
    pub(crate) database: Database,
    pub(crate) reference: Arc<Reference>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) zone: BusinessZone,
    pub(crate) rules: Arc<Rules>,
    pub(crate) collectors: Arc<HashMap<Vendor, Arc<dyn Collector>>>,
    pub(crate) schedules: Arc<[Schedule]>,
    pub(crate) tasks: TaskTracker,
    pub(crate) updates: Updates,
    pub(crate) at_work: AtWork,
    pub(crate) outlet: Arc<alerts::Outlet>,
    pub(crate) metrics: Metrics,
    /// Wakes who works off waiting syncs.
    pub(crate) wishes: Arc<Notify>,
    /// Of the hub at one moment, what was computed already; `None` of the hub itself.
    pub(crate) computed: Option<Arc<moment::Computed>>,
}

impl fmt::Debug for Inventory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inventory").field("zone", &self.zone).field("rules", &self.rules).finish_non_exhaustive()
    }
}

impl Inventory {
    /// Takes a migrated database into use.
    pub async fn open(
        database: Database,
        clock: Arc<dyn Clock>,
        zone: BusinessZone,
        rules: Rules,
    ) -> Result<Self, InventoryError> {
        let reference = Arc::new(Reference::load(database.reader()).await?);
        let (updates, at_work) = (Updates::new(), AtWork::new());
        let (rules, collectors, tasks) = (Arc::new(rules), Arc::default(), TaskTracker::new());
        let (schedules, outlet, metrics) = (Arc::default(), Arc::default(), Metrics::default());
        metrics.set_build(env!("CARGO_PKG_VERSION"), database.system());
        Ok(Self {
            database,
            reference,
            clock,
            zone,
            rules,
            collectors,
            schedules,
            tasks,
            updates,
            at_work,
            outlet,
            metrics,
            wishes: Arc::default(),
            computed: None,
        })
    }

    /// The same hub with these vendors configured.
    #[must_use]
    pub fn with_collectors(mut self, collectors: impl IntoIterator<Item = Arc<dyn Collector>>) -> Self {
        self.collectors = Arc::new(collectors.into_iter().map(|c| (c.vendor(), c)).collect());
        self.watch_collectors();
        self
    }

    /// The database, for those who show rows.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Ids of vendors and codes.
    pub fn reference(&self) -> &Reference {
        &self.reference
    }

    /// Whether credentials are configured for the vendor.
    pub fn is_configured(&self, vendor: Vendor) -> bool {
        self.collectors.contains_key(&vendor)
    }

    /// The settings of the use cases.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The business time zone.
    pub fn zone(&self) -> BusinessZone {
        self.zone
    }

    /// The current instant.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The current business day.
    pub fn today(&self) -> NaiveDate {
        self.zone.date_of(self.now())
    }

    /// Background work of this hub: closed and awaited at shutdown.
    pub fn tasks(&self) -> &TaskTracker {
        &self.tasks
    }

    fn collector(&self, vendor: Vendor) -> Result<&Arc<dyn Collector>, InventoryError> {
        self.collectors.get(&vendor).ok_or(InventoryError::NotConfigured(vendor))
    }
}
