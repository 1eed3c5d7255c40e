//! Linking and all checks on fleets far beyond an MSP's: the time must grow as the fleet does.
//!
//! The collectors hand over a made-up fleet at once, so that neither HTTP nor a vendor is measured, and the use cases run
//! in this process.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use chrono::{NaiveDate, TimeZone, Utc};
use collectors::{CollectError, Collector, DeviceQuery, Found, Progress, Unanswered};
use domain::{
    clock::BusinessZone,
    collection::{Collection, Completeness},
    observation::{Hardware, Observation, Place},
    vendor::Vendor,
};
use harness::{Backend, TestClock, TestDatabase, World};
use sea_orm::ConnectionTrait;
use server::inventory::{
    Inventory,
    batches::Order,
    jobs::{JobStatus, Trigger},
};

/// Devices in all; seven of ten are Ninja's.
const FLEETS: [usize; 3] = [10_000, 100_000, 1_000_000];
const DAY: NaiveDate = NaiveDate::from_ymd_opt(2026, 3, 2).expect("a date that exists");

/// A row of the table for every fleet; those of small ones are told while the large ones are measured.
pub(crate) async fn measure(backend: Backend) -> anyhow::Result<Vec<(String, String)>> {
    let mut figures = Vec::new();
    let mut tell = |what: String, began: Instant| {
        let took = format!("{:.2} s", began.elapsed().as_secs_f64());
        eprintln!("{backend:?}: {what}: {took}");
        figures.push((what, took));
    };
    for devices in FLEETS {
        let database = TestDatabase::create(backend).await?;
        let inventory = open(&database, devices).await?;
        run(&inventory, Vendor::ALL.to_vec(), false).await?;
        forget_links(&database).await?;
        let began = Instant::now();
        inventory.redo_latest_day().await?;
        run(&inventory, vec![], true).await?;
        tell(format!("linking and all checks, {devices} devices, nothing linked or found before"), began);
        let began = Instant::now();
        inventory.redo_latest_day().await?;
        tell(format!("linking and all checks again, {devices} devices"), began);
    }
    Ok(figures)
}

async fn open(database: &TestDatabase, devices: usize) -> anyhow::Result<Inventory> {
    let opened = database.open().await?;
    opened.migrate().await?;
    let clock = Arc::new(TestClock::at_night_of(DAY));
    let rules = World::on(Backend::Sqlite).into_rules();
    let inventory = Inventory::open(opened, clock, BusinessZone::default(), rules).await?;
    let fleet = |vendor| Arc::new(Fleet { vendor, devices }) as Arc<dyn Collector>;
    Ok(inventory.with_collectors(Vendor::ALL.map(fleet)))
}

/// Forgets what collecting linked, so that it is measured together with the checks.
async fn forget_links(database: &TestDatabase) -> anyhow::Result<()> {
    let direct = sea_orm::Database::connect(database.dsn()).await?;
    for forget in [
        "UPDATE device_identity SET device_id = NULL, link_rule = NULL, link_evidence = NULL",
        "DELETE FROM link_candidate",
        "DELETE FROM device_move",
        "DELETE FROM device",
    ] {
        direct.execute_unprepared(forget).await?;
    }
    direct.close().await?;
    Ok(())
}

/// Collects and waits for the end.
pub(crate) async fn run(inventory: &Inventory, vendors: Vec<Vendor>, run_checks: bool) -> anyhow::Result<()> {
    let order =
        Order { vendors, run_checks, check_date: None, trigger: Trigger::CommandLine, requested_by: "bench".into() };
    let report = inventory.run_batch(order).await?;
    anyhow::ensure!(report.batch.status == JobStatus::Completed.code(), "the fleet was not stored: {:?}", report.runs);
    Ok(())
}

/// A made-up fleet, as one vendor lists it.
#[derive(Clone, Copy, Debug)]
struct Fleet {
    vendor: Vendor,
    devices: usize,
}

#[async_trait]
impl Collector for Fleet {
    fn vendor(&self) -> Vendor {
        self.vendor
    }

    async fn collect(&self, _progress: &dyn Progress) -> Result<Collection, CollectError> {
        let observations = match self.vendor {
            Vendor::Ninja => (0..self.devices * 7 / 10).map(managed).collect(),
            Vendor::ThreatLocker => (0..self.devices * 3 / 10).map(protected).collect(),
        };
        let (vendor, completeness) = (self.vendor, Completeness::Complete);
        Ok(Collection { vendor, observations, organizations: vec![], set_aside: vec![], completeness, notes: vec![] })
    }

    async fn find(&self, _wanted: &DeviceQuery, _within: Duration) -> Result<Found, Unanswered> {
        Ok(Found::None)
    }
}

/// The n-th Ninja device: one of twenty is spare, one of a hundred has its neighbour's name.
pub(crate) fn managed(number: usize) -> Observation {
    let named = if number % 100 == 99 { number - 1 } else { number };
    let mut observation = blank(Vendor::Ninja, number, format!("ws-{named:07}"));
    observation.node_class = Some("WINDOWS_WORKSTATION".into());
    observation.vendor_device_type = Some("AgentDevice".into());
    observation.hardware = Hardware { serial_number: Some(format!("SN{number:09}")), ..Hardware::default() };
    observation.display_name = (number % 20 == 7).then(|| format!("spare {number}"));
    observation
}

/// The n-th ThreatLocker device: the second of every two Ninja devices or so; some are filed wrong, doubled, unknown to
/// Ninja, named otherwise or silent.
fn protected(number: usize) -> Observation {
    let machine = number * 2;
    let named = if number % 50 == 49 { machine - 2 } else { machine };
    let mut observation = blank(Vendor::ThreatLocker, machine, format!("ws-{named:07}"));
    observation.vendor_device_key = format!("t{number:09}");
    match number % 40 {
        3 => observation.hostname = format!("gone-{number:07}"),
        11 => observation.organization = Some(organization(number / 250 + 1)),
        17 => observation.display_name = Some(format!("desk of {number}")),
        23 => observation.last_online = Utc.with_ymd_and_hms(2025, 1, 1, 0, 0, 0).single(),
        29 => observation.hardware.serial_number = Some(format!("SN{machine:09}")),
        _ => {}
    }
    observation
}

pub(crate) fn organization(number: usize) -> Place {
    Place { key: format!("o{number}"), name: Some(format!("Client {number}")) }
}

fn blank(vendor: Vendor, number: usize, hostname: String) -> Observation {
    let seen = Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).single();
    Observation {
        vendor,
        vendor_device_key: number.to_string(),
        hostname,
        display_name: None,
        organization: Some(organization(number / 250)),
        location: None,
        device_status: None,
        node_class: None,
        vendor_device_type: None,
        chassis: None,
        last_online: seen,
        agent_installed_at: seen,
        os: domain::observation::OperatingSystem::default(),
        hardware: Hardware::default(),
        network: domain::observation::Network::default(),
        protection: domain::observation::Protection::default(),
        payload: "{}".into(),
    }
}
