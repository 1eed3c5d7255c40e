//! `simulate`: both vendors' APIs on one address, for others to test against.

use std::net::SocketAddr;

use anyhow::Context;
use chrono::NaiveDate;
use clap::Args;
use simulator::{FleetPlan, Simulator};

/// Which world to simulate.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// The address to serve on
    #[arg(long, default_value = "127.0.0.1:5401")]
    bind: SocketAddr,
    /// Devices Ninja lists on the first day
    #[arg(long, default_value_t = 760)]
    ninja: usize,
    /// Devices ThreatLocker lists on the first day
    #[arg(long, default_value_t = 400)]
    threatlocker: usize,
    /// Client organizations
    #[arg(long, default_value_t = 40)]
    organizations: usize,
    /// Two worlds of one seed are alike
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The simulated day
    #[arg(long, default_value = "2026-11-01")]
    day: NaiveDate,
}

pub(super) async fn run(options: Options) -> anyhow::Result<()> {
    let plan = FleetPlan {
        seed: options.seed,
        organizations: options.organizations,
        ninja_devices: options.ninja,
        threatlocker_devices: options.threatlocker,
        first_day: options.day,
        ..FleetPlan::default()
    };
    let simulator = Simulator::new(plan, options.day);
    let credentials = simulator.credentials();
    let running = simulator.start(options.bind).await.with_context(|| format!("{} is taken", options.bind))?;
    println!("NINJA_BASE_URL={}", running.ninja_url());
    println!("NINJA_CLIENT_ID={}", credentials.client_id);
    println!("NINJA_CLIENT_SECRET={}", credentials.client_secret);
    println!("THREATLOCKER_API_BASE_URL={}", running.threatlocker_url());
    println!("THREATLOCKER_API_KEY={}", credentials.threatlocker_api_key);
    println!("THREATLOCKER_ORGANIZATION_ID={}", credentials.organization_id);
    super::Signals::listen()?.next().await;
    running.stop().await;
    Ok(())
}
