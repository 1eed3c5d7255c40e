//! The command line: words and exit statuses. Each command calls the same use cases as timer and mutation do.

mod collect;
mod held;
mod ready;
mod retain;
mod serve;
mod signals;
mod simulate;
mod tls_client;
mod verify;

use std::{net::SocketAddr, path::PathBuf, process::ExitCode, sync::Arc};

use chrono::NaiveDate;
use clap::{Args, Parser, Subcommand};
use domain::vendor::Vendor;

use crate::{clock::SystemClock, config, config::Settings, demo, graphql, hub, telemetry, telemetry::Telemetry};

pub(crate) use self::{
    serve::{Door, listen, serve_until_stopped},
    signals::Signals,
};

/// Collects what RMM and protection vendors list, keeps daily snapshots, finds where they disagree.
#[derive(Debug, Parser)]
#[command(name = "inventory-hub", version, about)]
pub struct Cli {
    #[command(flatten)]
    settings: SettingFlags,
    #[command(subcommand)]
    command: Command,
}

/// Settings that win over the environment and the file.
#[derive(Debug, Args)]
struct SettingFlags {
    /// The address to serve on; without sign-in loopback only [HUB_LISTEN]
    #[arg(long, global = true)]
    listen: Option<String>,
    /// Where the database file and a rotated token are kept [HUB_DATA_DIR]
    #[arg(long, global = true)]
    data_dir: Option<PathBuf>,
    /// The business time zone, for example America/Chicago [HUB_TIME_ZONE]
    #[arg(long, global = true)]
    time_zone: Option<String>,
    /// The settings file instead of ./inventory-hub.toml [HUB_CONFIG]
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    /// Log filter, for example info or inventory_hub=debug [HUB_LOG]
    #[arg(long, global = true)]
    log: Option<String>,
    /// text or json [HUB_LOG_FORMAT]
    #[arg(long, global = true)]
    log_format: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve GraphQL and run the daily schedule
    Serve,
    /// Serve a month of simulated history with two simulated vendors
    Demo(demo::Options),
    /// Bring the tables up to date
    Migrate,
    /// Ask the server that these settings are of whether it can work: 0 ready, 1 not, with the reason
    Ready,
    /// Collect one vendor now: 0 complete, 1 failed or skipped, 3 partial, 4 held
    Collect {
        /// ninja or threatlocker
        vendor: Vendor,
        /// Print the run's summary as JSON
        #[arg(long)]
        json: bool,
    },
    /// Run the cross-vendor checks: 0 all ran, 1 failed, 3 some or all were skipped
    Check {
        /// The day to check instead of today
        #[arg(long)]
        date: Option<NaiveDate>,
        /// Print the report as JSON
        #[arg(long)]
        json: bool,
    },
    /// Count month ends and drop old days: 0 done, 1 failed, 3 something is left to the next run
    Retain {
        /// Only show what would be dropped, and why the rest is kept
        #[arg(long)]
        dry_run: bool,
        /// Print the report as JSON
        #[arg(long)]
        json: bool,
    },
    /// Look whether the night went well: 0 looked, 1 failed; alerts say what was found
    Verify {
        /// Print the run's summary as JSON
        #[arg(long)]
        json: bool,
    },
    /// List, apply or discard collections that are held because they are much smaller than the last
    #[command(subcommand)]
    Held(held::Action),
    /// Print the GraphQL schema
    Schema,
    /// Serve simulated vendor APIs for others to test against
    Simulate(simulate::Options),
}

/// Runs a command; its status tells how it ended. It makes the runtime itself: were this `async`, the compiler would build
/// the whole hub once more for every program that calls it.
pub fn run(cli: Cli) -> ExitCode {
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(perform(cli)),
        Err(error) => ended(Err(anyhow::Error::new(error).context("the async runtime can't be made"))),
    }
}

async fn perform(cli: Cli) -> ExitCode {
    match cli.command {
        Command::Schema => {
            print!("{}", graphql::sdl());
            return ExitCode::SUCCESS;
        }
        Command::Simulate(options) => return ended(simulate::run(options).await),
        _ => {}
    }
    let (settings, telemetry) = match load(&cli.settings).and_then(|settings| prepare(&cli.command, settings)) {
        Ok(prepared) => prepared,
        Err(error) => {
            eprintln!("inventory-hub: {error:#}");
            return ExitCode::from(2);
        }
    };
    let outcome = Box::pin(run_with(cli.command, settings)).await;
    telemetry.finish().await;
    outcome.unwrap_or_else(|error| ended(Err(error)))
}

async fn run_with(command: Command, settings: Settings) -> anyhow::Result<ExitCode> {
    let clock = Arc::new(SystemClock);
    match command {
        Command::Serve => {
            serve::run(&settings, clock).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Demo(options) => {
            demo::run(settings, options).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Ready => ready::run(&settings).await,
        Command::Migrate => {
            hub::open_database(&settings).await?.migrate().await?;
            println!("the tables are up to date");
            Ok(ExitCode::SUCCESS)
        }
        Command::Collect { vendor, json } => collect::collect(&hub::open(&settings, clock).await?, vendor, json).await,
        Command::Check { date, json } => collect::check(&hub::open(&settings, clock).await?, date, json).await,
        Command::Retain { dry_run: true, json } => retain::show(&hub::open(&settings, clock).await?, json).await,
        Command::Retain { dry_run: false, json } => retain::run(&hub::open(&settings, clock).await?, json).await,
        Command::Verify { json } => verify::run(&hub::open(&settings, clock).await?, json).await,
        Command::Held(action) => held::run(&hub::open(&settings, clock).await?, action).await,
        Command::Schema | Command::Simulate(_) => Ok(ExitCode::SUCCESS),
    }
}

fn load(flags: &SettingFlags) -> anyhow::Result<Settings> {
    let flags = config::Flags {
        listen: flags.listen.clone(),
        data_dir: flags.data_dir.clone(),
        time_zone: flags.time_zone.clone(),
        config: flags.config.clone(),
        log: flags.log.clone(),
        log_format: flags.log_format.clone(),
        ..config::Flags::default()
    };
    Ok(config::load(&flags, &config::of_process())?)
}

/// Starts logging, and refuses settings with which the command can't do anything.
fn prepare(command: &Command, settings: Settings) -> anyhow::Result<(Settings, Telemetry)> {
    if let Command::Collect { vendor, .. } = command {
        anyhow::ensure!(settings.vendors.has(*vendor), "{vendor} is not configured: set its credentials");
    }
    // The demo shows its progress where logs would go.
    let usual = if matches!(command, Command::Demo(_)) { "warn" } else { "info" };
    let filter = settings.log.as_deref().unwrap_or(usual);
    let telemetry = telemetry::start(filter, settings.log_format, settings.traces.as_ref())?;
    Ok((settings, telemetry))
}

fn ended(outcome: anyhow::Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("inventory-hub: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// An address as a person opens it.
pub(crate) fn shown(address: SocketAddr, is_secure: bool) -> String {
    format!("{}://{address}/graphql", if is_secure { "https" } else { "http" })
}
