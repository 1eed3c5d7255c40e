//! From settings to a hub that is ready: the database is open and migrated, the vendors' collectors are made.

use std::sync::Arc;

use anyhow::Context;
use collectors::{Collector, FileTokenStore, NinjaCollector, ThreatLockerCollector};
use domain::{billing::BillingRules, clock::Clock};
use secrecy::ExposeSecret;

use crate::{
    access::{self, Access},
    config::{DatabaseUrl, Settings, VendorSettings},
    inventory::{Database, Inventory, Rules},
    sinks, telemetry,
};

/// Opens the database of these settings, without looking at its tables.
pub async fn open_database(settings: &Settings) -> anyhow::Result<Database> {
    match &settings.database {
        DatabaseUrl::Sqlite(file) => {
            if let Some(folder) = file.parent() {
                std::fs::create_dir_all(folder)
                    .with_context(|| format!("the folder {} can't be made", folder.display()))?;
            }
            let opened = Database::open_sqlite(file).await;
            opened.with_context(|| format!("the database file {} can't be opened", file.display()))
        }
        DatabaseUrl::Postgres(url) => {
            Database::connect_postgres(url).await.context("the PostgreSQL database can't be reached")
        }
    }
}

/// A hub on these settings: migrated, with every configured vendor and the schedules that are switched on.
pub async fn open(settings: &Settings, clock: Arc<dyn Clock>) -> anyhow::Result<Inventory> {
    let mut database = open_database(settings).await?;
    if telemetry::are_traced() {
        database.observe(telemetry::trace_statement);
    }
    database.migrate().await.context("the tables can't be brought up to date")?;
    let inventory = Inventory::open(database, Arc::clone(&clock), settings.zone, rules(settings)).await?;
    std::fs::create_dir_all(&settings.data_dir)
        .with_context(|| format!("the folder {} can't be made", settings.data_dir.display()))?;
    let token_file = settings.data_dir.join("ninja-refresh-token.json");
    let inventory = inventory.with_sinks(sinks::build(&settings.alerts.sinks)?, None);
    let inventory = inventory.with_collectors(list_collectors(&settings.vendors, token_file, &clock)?);
    Ok(inventory.with_schedules(settings.schedules.iter().cloned()))
}

/// Sign-in on these settings, for a hub that is open. Where sign-in is on and there is no user yet, the first
/// admin is made, and its password told if nobody gave one.
pub async fn open_access(settings: &Settings, inventory: &Inventory) -> anyhow::Result<Access> {
    let access = Access::new(inventory);
    let Some(sign_in) = &settings.sign_in else { return Ok(access) };
    let key = match &sign_in.key {
        Some(key) => key.clone(),
        None => access::kept_key(&settings.data_dir.join("sign-in-key"))
            .context("the key of access tokens can't be kept")?,
    };
    let access = access.with_key(&key);
    if let Some(password) = access.ensure_admin(sign_in.admin_password.clone()).await? {
        println!("The first user is admin; this password is shown once: {}", password.expose_secret());
    }
    Ok(access)
}

fn rules(settings: &Settings) -> Rules {
    Rules {
        billing: BillingRules::default().with(settings.node_class_rules.clone()),
        checks: settings.checks.clone(),
        internal_organizations: settings.internal_organizations.clone(),
        held_below_percent: settings.held_below_percent,
        retention_days: settings.retention_days,
        lease: std::time::Duration::from_secs(settings.lease_seconds),
        alerts: settings.alerts.rules.clone(),
    }
}

fn list_collectors(
    vendors: &VendorSettings,
    token_file: std::path::PathBuf,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<Vec<Arc<dyn Collector>>> {
    let mut collectors: Vec<Arc<dyn Collector>> = Vec::new();
    if let Some(config) = vendors.ninja.clone() {
        let store = Arc::new(FileTokenStore::new(token_file));
        collectors.push(Arc::new(NinjaCollector::new(config, store, Arc::clone(clock))?));
    }
    if let Some(config) = vendors.threatlocker.clone() {
        collectors.push(Arc::new(ThreatLockerCollector::new(config, Arc::clone(clock))?));
    }
    Ok(collectors)
}
