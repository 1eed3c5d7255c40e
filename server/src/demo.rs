//! `demo`: a month of simulated nights through the real pipeline, then a hub that stays.
//!
//! Two simulated vendors answer over HTTP; each night moves their world on by a day, and the hub collects and checks as
//! it would at 02:10, with a clock that stands at that night. Nothing is inserted by hand.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Context;
use async_trait::async_trait;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeZone, Utc};
use clap::Args;
use collectors::{HttpLimits, NinjaConfig, ThreatLockerConfig, ninja_base_url, vendor_base_url};
use domain::{
    clock::{BusinessZone, Clock},
    vendor::Vendor,
};
use indicatif::{ProgressBar, ProgressStyle};
use simulator::{FleetPlan, Running, Simulator};

use crate::{
    cli::{Door, Signals, serve_until_stopped, shown},
    clock::SystemClock,
    config::{AlertSettings, DatabaseUrl, Settings, VendorSettings},
    hub,
    inventory::{
        Inventory,
        batches::Order,
        jobs::{JobStatus, Trigger},
    },
};

/// The demo's world.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Days of history before today
    #[arg(long, default_value_t = 30)]
    days: u64,
    /// Devices Ninja lists on the first day
    #[arg(long, default_value_t = 760)]
    ninja: usize,
    /// Devices ThreatLocker lists on the first day
    #[arg(long, default_value_t = 400)]
    threatlocker: usize,
    /// Fill the month and stop instead of serving
    #[arg(long)]
    fill_only: bool,
}

/// A clock that stands at a night until it is moved.
#[derive(Debug)]
struct NightClock(Mutex<DateTime<Utc>>);

#[async_trait]
impl Clock for NightClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn sleep(&self, duration: Duration) {
        SystemClock.sleep(duration).await;
    }
}

/// Runs the demo until it is stopped.
pub async fn run(settings: Settings, options: Options) -> anyhow::Result<()> {
    anyhow::ensure!(
        settings.listen.ip().is_loopback(),
        "the demo is open to everybody, so it listens on loopback only"
    );
    let listener = crate::cli::listen(settings.listen).await?;
    let zone = settings.zone;
    let today = zone.date_of(SystemClock.now());
    let first_day = today - Days::new(options.days);
    let plan = FleetPlan {
        ninja_devices: options.ninja,
        threatlocker_devices: options.threatlocker,
        first_day,
        ..FleetPlan::default()
    };
    let simulator = Simulator::new(plan, first_day);
    let vendors = simulator.clone().start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    let settings = demo_settings(settings, &simulator, &vendors)?;
    let address = listener.local_addr()?;
    println!(
        "Inventory Hub demo: {} simulated nights up to {today}, data in {}",
        options.days + 1,
        settings.data_dir.display()
    );
    println!("The demo is open to everybody on this machine, and to nobody else.");
    fill(&settings, &simulator, zone, first_day..=today).await?;
    if options.fill_only {
        return Ok(());
    }
    let inventory = hub::open(&settings, Arc::new(SystemClock)).await?;
    print_invitation(&inventory, &shown(address, settings.edge.tls.is_some())).await?;
    serve_until_stopped(inventory, Door { listener, signals: Signals::listen()? }, &settings).await?;
    vendors.stop().await;
    Ok(())
}

/// The given settings with the simulated vendors and a fresh database file of its own.
fn demo_settings(settings: Settings, simulator: &Simulator, vendors: &Running) -> anyhow::Result<Settings> {
    let data_dir = settings.data_dir.join("demo");
    let file = fresh_file(&data_dir)?;
    let credentials = simulator.credentials();
    let limits = HttpLimits::default();
    let ninja = NinjaConfig {
        base_url: ninja_base_url(&vendors.ninja_url())?,
        client_id: credentials.client_id,
        client_secret: credentials.client_secret.into(),
        refresh_token: None,
        page_size: 1000,
        limits: limits.clone(),
    };
    let threatlocker = ThreatLockerConfig {
        base_url: vendor_base_url(&vendors.threatlocker_url())?,
        api_key: credentials.threatlocker_api_key.into(),
        organization_id: Some(credentials.organization_id),
        page_size: 500,
        limits,
    };
    let vendors = VendorSettings { ninja: Some(ninja), threatlocker: Some(threatlocker) };
    // Simulated troubles are nobody's alarm.
    let alerts = AlertSettings::default();
    Ok(Settings { data_dir, database: DatabaseUrl::Sqlite(file), vendors, alerts, sign_in: None, ..settings })
}

/// The demo's database file, with what an earlier demo left gone.
fn fresh_file(data_dir: &PathBuf) -> anyhow::Result<PathBuf> {
    std::fs::create_dir_all(data_dir).with_context(|| format!("{} can't be made", data_dir.display()))?;
    for name in ["hub.db", "hub.db-wal", "hub.db-shm"] {
        match std::fs::remove_file(data_dir.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(data_dir.join("hub.db"))
}

async fn fill(
    settings: &Settings,
    simulator: &Simulator,
    zone: BusinessZone,
    nights: std::ops::RangeInclusive<NaiveDate>,
) -> anyhow::Result<()> {
    let clock = Arc::new(NightClock(Mutex::new(night(zone, *nights.start()))));
    let inventory = hub::open(settings, Arc::clone(&clock) as Arc<dyn Clock>).await?;
    let days: Vec<NaiveDate> = nights.start().iter_days().take_while(|day| day <= nights.end()).collect();
    let bar = ProgressBar::new(days.len() as u64);
    bar.set_style(ProgressStyle::with_template("{bar:40} night {pos} of {len}, {elapsed} {msg}")?);
    for day in days {
        simulator.set_day(day);
        *clock.0.lock().unwrap_or_else(PoisonError::into_inner) = night(zone, day).min(SystemClock.now());
        collect_night(&inventory).await.with_context(|| format!("the night of {day} failed"))?;
        bar.inc(1);
    }
    bar.finish();
    inventory.tasks().close();
    inventory.tasks().wait().await;
    Ok(())
}

async fn collect_night(inventory: &Inventory) -> anyhow::Result<()> {
    let order = Order {
        vendors: Vendor::ALL.to_vec(),
        run_checks: true,
        check_date: None,
        trigger: Trigger::CommandLine,
        requested_by: "demo".to_owned(),
    };
    let report = inventory.run_batch(order).await?;
    let status = JobStatus::from_code(&report.batch.status);
    anyhow::ensure!(status == Some(JobStatus::Completed), "{:?} {:?}", report.batch.message, report.batch.error);
    Ok(())
}

/// 02:10 of a day in the business time zone, or the first instant after it that exists.
fn night(zone: BusinessZone, day: NaiveDate) -> DateTime<Utc> {
    let wanted = day.and_time(NaiveTime::MIN) + chrono::Duration::minutes(130);
    let mut hours = (0..4).map(|hours| wanted + chrono::Duration::hours(hours));
    let first = hours.find_map(|local| zone.0.from_local_datetime(&local).earliest());
    first.map_or_else(|| wanted.and_utc(), |instant| instant.with_timezone(&Utc))
}

async fn print_invitation(inventory: &Inventory, url: &str) -> anyhow::Result<()> {
    let days = inventory.stored_days(None).await?;
    let (newest, oldest) = (days.first(), days.last());
    let (Some(newest), Some(oldest)) = (newest, oldest) else { anyhow::bail!("no day was stored") };
    println!("
Inventory Hub answers on {url}
Open it in a browser for the playground, or try:

  curl -s {url} -H 'content-type: application/json' -d '{{\"query\": \"{{ devices(first: 3) {{ totalCount nodes {{ hostname organization {{ name }} openExceptions {{ type }} }} }} }}\"}}'

  curl -s {url} -H 'content-type: application/json' -d '{{\"query\": \"{{ usageChanges(vendor: NINJA, from: \\\"{}\\\", to: \\\"{}\\\") {{ totals {{ start added removed end }} changes(first: 3) {{ nodes {{ kind date hostname }} }} }} }}\"}}'

Stop it with Ctrl-C.", oldest.snapshot_date, newest.snapshot_date);
    Ok(())
}
