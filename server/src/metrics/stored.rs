//! What is in the database and in the pools, as it was when somebody asked.

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    metrics::{family::Family, gauge::Gauge},
    registry::{Registry, Unit},
};

use super::labels::{Labels, labels};

/// What is stored.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// Every vendor that the hub knows.
    pub vendors: Vec<VendorFigures>,
    /// Open exceptions by code of their type; every type is there.
    pub open_exceptions: Vec<(&'static str, i64)>,
    /// Collections that wait for a person.
    pub held_collections: i64,
    /// Job runs that have not ended, by status.
    pub open_runs: Vec<(&'static str, i64)>,
}

/// One vendor's newest complete day.
#[derive(Clone, Debug, PartialEq)]
pub struct VendorFigures {
    /// The vendor's name in the API.
    pub vendor: &'static str,
    /// Whether credentials are set.
    pub configured: bool,
    /// Its devices and its age in seconds, counted from when its collection began; `None` before the first.
    pub newest: Option<(i64, f64)>,
}

/// One pool of database connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolFigures {
    /// `reader`, `writer`, or `shared` where one pool does both.
    pub pool: &'static str,
    /// Connections that nobody uses.
    pub idle: u32,
    /// Connections that are in use.
    pub in_use: u32,
    /// The most that it opens.
    pub most: u32,
}

pub(super) struct Stored {
    up: Gauge,
    connections: Family<Labels<2>, Gauge>,
    most_connections: Family<Labels<1>, Gauge>,
    configured: Family<Labels<1>, Gauge>,
    devices: Family<Labels<1>, Gauge>,
    ages: Family<Labels<1>, Gauge<f64, AtomicU64>>,
    exceptions: Family<Labels<1>, Gauge>,
    held: Family<Labels<0>, Gauge>,
    open_runs: Family<Labels<1>, Gauge>,
}

impl Stored {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let stored = Self {
            up: Gauge::default(),
            connections: Family::default(),
            most_connections: Family::default(),
            configured: Family::default(),
            devices: Family::default(),
            ages: Family::default(),
            exceptions: Family::default(),
            held: Family::default(),
            open_runs: Family::default(),
        };
        registry.register("database_up", "1 when the database answered the last scrape, else 0", stored.up.clone());
        let help = "Connections to the database by pool and state: idle or in_use";
        registry.register("database_connections", help, stored.connections.clone());
        let help = "The most connections that a pool opens";
        registry.register("database_connections_max", help, stored.most_connections.clone());
        let help = "1 when credentials of the vendor are set, else 0";
        registry.register("vendor_configured", help, stored.configured.clone());
        let help = "Devices of the vendor's newest complete snapshot";
        registry.register("devices_stored", help, stored.devices.clone());
        let help = "Age of the vendor's newest complete snapshot; absent before the first";
        registry.register_with_unit("newest_snapshot_age", help, Unit::Seconds, stored.ages.clone());
        registry.register("open_exceptions", "Open exceptions by type", stored.exceptions.clone());
        registry.register("held_collections", "Collections that wait for a person", stored.held.clone());
        registry.register("job_runs_open", "Job runs that are queued or running", stored.open_runs.clone());
        stored
    }

    pub(super) fn show(&self, pools: &[PoolFigures], figures: Option<&Figures>) {
        for pool in pools {
            for (state, connections) in [("idle", pool.idle), ("in_use", pool.in_use)] {
                let of_state = labels([("pool", pool.pool), ("state", state)]);
                self.connections.get_or_create(&of_state).set(connections.into());
            }
            self.most_connections.get_or_create(&labels([("pool", pool.pool)])).set(pool.most.into());
        }
        self.up.set(figures.is_some().into());
        self.forget();
        if let Some(figures) = figures {
            self.show_figures(figures);
        }
    }

    /// What can't be read is not told: an old number would look like a new one.
    fn forget(&self) {
        for family in [&self.configured, &self.devices, &self.exceptions, &self.open_runs] {
            family.clear();
        }
        self.ages.clear();
        self.held.clear();
    }

    fn show_figures(&self, figures: &Figures) {
        for of_vendor in &figures.vendors {
            let vendor = labels([("vendor", of_vendor.vendor)]);
            self.configured.get_or_create(&vendor).set(of_vendor.configured.into());
            if let Some((devices, age)) = of_vendor.newest {
                self.devices.get_or_create(&vendor).set(devices);
                self.ages.get_or_create(&vendor).set(age);
            }
        }
        for (exception_type, open) in &figures.open_exceptions {
            self.exceptions.get_or_create(&labels([("type", exception_type)])).set(*open);
        }
        self.held.get_or_create(&[]).set(figures.held_collections);
        for (status, open) in &figures.open_runs {
            self.open_runs.get_or_create(&labels([("status", status)])).set(*open);
        }
    }
}
