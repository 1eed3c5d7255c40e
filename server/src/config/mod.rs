//! Settings: what can be set, where it may be set, and what is refused at start.
//!
//! Sources in rising order: defaults, `inventory-hub.toml`, the environment, flags. Secrets come from the environment, or
//! from files that it names, and from nowhere else. This module refuses to guess: an unknown key, a bad value, half of
//! a vendor's credentials or an address that others could reach stops the start with a sentence that names the key.
//! It reads nothing but what it is handed, so that tests hand it what they like.

mod alerts;
mod checks;
mod edge;
mod environment;
mod error;
mod file;
mod keys;
mod oidc;
mod schedule;
mod sign_in;
mod telemetry;
#[cfg(test)]
mod tests;
mod values;
mod vendors;

use std::{collections::BTreeMap, io, net::SocketAddr, path::Path, path::PathBuf};

use domain::{billing::NodeClassRule, checks::CheckSettings, clock::BusinessZone, schedule::Schedule};
use secrecy::{ExposeSecret, SecretString};

pub use alerts::AlertSettings;
pub use edge::{EdgeSettings, TlsFiles};
pub use environment::of_process;
pub use error::ConfigError;
pub use sign_in::SignInSettings;
pub use telemetry::TraceSettings;
pub use values::{DatabaseUrl, LogFormat};
pub use vendors::VendorSettings;

use keys::Given;
use values::Values;

/// The file that is read when no other is named, in the working directory; it may be missing.
pub const DEFAULT_FILE: &str = "inventory-hub.toml";

/// Characters of a secret that anybody on the way may try to guess.
const FEWEST_OF_SECRET: usize = 16;

/// Everything that can be set, checked. `Debug` shows no secret.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the hub answers; without sign-in always loopback (default `127.0.0.1:5400`).
    pub listen: SocketAddr,
    /// Where the hub keeps its files (default `data` in the working directory).
    pub data_dir: PathBuf,
    /// The time zone of every date (default `America/Chicago`).
    pub zone: BusinessZone,
    /// The database (default: the file `inventory-hub.sqlite` in the data directory).
    pub database: DatabaseUrl,
    /// A complete collection under this share of the last complete one is held (default 80, 0 never holds).
    pub held_below_percent: u8,
    /// Canonical names of organizations that are no clients (default none).
    pub internal_organizations: Vec<String>,
    /// What the checks look for (default: every type, silence after 30 days, no exempt spare location).
    pub checks: CheckSettings,
    /// Entries over the default node-class rules, by node class (default none; in the file only).
    pub node_class_rules: BTreeMap<String, NodeClassRule>,
    /// How many days of snapshots are kept, today included (default 65); `None`, written `off`, keeps them for ever.
    pub retention_days: Option<u32>,
    /// How long a running job stays its server's without a sign of life, in seconds (default 45: with the look for what
    /// others left, every two seconds, a dead server's work is taken over within a minute).
    pub lease_seconds: u64,
    /// What is logged, as a tracing filter (default: what suits the command, mostly `info`).
    pub log: Option<String>,
    /// How it is logged (default text).
    pub log_format: LogFormat,
    /// Where traces go (default: nowhere).
    pub traces: Option<TraceSettings>,
    /// Whether `/metrics` answers (default yes).
    pub metrics: bool,
    /// How long a stop may take before what still runs is handed back, in seconds (default 30).
    pub stop_seconds: u64,
    /// Origins other than the hub's own that browsers may come from, such as a reverse proxy's (default none).
    pub allowed_origins: Vec<String>,
    /// How people sign in (default: nobody needs to).
    pub sign_in: Option<SignInSettings>,
    /// The limits of the hub's door, and TLS.
    pub edge: EdgeSettings,
    /// The schedules that are switched on (default all, as rules section 3 says).
    pub schedules: Vec<Schedule>,
    /// When something is an alert, and where alerts go.
    pub alerts: AlertSettings,
    /// What Ninja sends with its webhook, at least 16 characters; without it the webhook is closed.
    pub ninja_webhook_secret: Option<SecretString>,
    /// How the vendors are reached.
    pub vendors: VendorSettings,
}

/// What the command line gives; a value here wins over every other source.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--listen`
    pub listen: Option<String>,
    /// `--data-dir`
    pub data_dir: Option<PathBuf>,
    /// `--time-zone`
    pub time_zone: Option<String>,
    /// `--database`: as `DB_DSN`
    pub database: Option<SecretString>,
    /// `--config`: the file to read; it must exist
    pub config: Option<PathBuf>,
    /// `--log`
    pub log: Option<String>,
    /// `--log-format`
    pub log_format: Option<String>,
}

/// Reads a text file; a parameter, so that tests need none.
type ReadFile<'a> = &'a dyn Fn(&Path) -> io::Result<String>;

/// Merges the sources and checks every value. The environment of the process is [`of_process`].
pub fn load(flags: &Flags, environment: &BTreeMap<String, String>) -> Result<Settings, ConfigError> {
    load_with(flags, environment, &|path| std::fs::read_to_string(path))
}

fn load_with(
    flags: &Flags,
    environment: &BTreeMap<String, String>,
    read_file: ReadFile<'_>,
) -> Result<Settings, ConfigError> {
    let mut given = Given::default();
    let file = file::read(flags.config.as_deref(), environment, read_file)?;
    given.extend(file.given);
    given.extend(environment::read(environment, read_file)?);
    given.extend(from_flags(flags));
    settings(&Values::new(given), file.node_class_rules, read_file)
}

fn settings(
    values: &Values,
    node_class_rules: BTreeMap<String, NodeClassRule>,
    read_file: ReadFile<'_>,
) -> Result<Settings, ConfigError> {
    let data_dir = values.path("HUB_DATA_DIR").unwrap_or_else(|| PathBuf::from("data"));
    let zone = values.zone("HUB_TIME_ZONE")?.unwrap_or_default();
    let sign_in = SignInSettings::read(values)?;
    Ok(Settings {
        listen: sign_in::listen(values, sign_in.is_some())?,
        database: values.database()?.unwrap_or_else(|| DatabaseUrl::Sqlite(data_dir.join("inventory-hub.sqlite"))),
        held_below_percent: values.number("HUB_HELD_BELOW_PERCENT", 0..=100)?.unwrap_or(80),
        internal_organizations: values.list("HUB_INTERNAL_ORGANIZATIONS")?,
        checks: checks::read(values)?,
        node_class_rules,
        retention_days: values.retention_days("HUB_RETENTION_DAYS")?,
        lease_seconds: values.number("HUB_LEASE_SECONDS", 5..=86_400)?.unwrap_or(45),
        log: values.filter("HUB_LOG")?,
        log_format: values.log_format("HUB_LOG_FORMAT")?.unwrap_or_default(),
        traces: TraceSettings::read(values)?,
        metrics: values.switch("HUB_METRICS")?.unwrap_or(true),
        stop_seconds: values.number("HUB_STOP_SECONDS", 0..=3_600)?.unwrap_or(30),
        allowed_origins: values.origins("HUB_ALLOWED_ORIGINS")?,
        edge: EdgeSettings::read(values, read_file)?,
        schedules: schedule::read(values)?,
        alerts: AlertSettings::read(values)?,
        ninja_webhook_secret: values.long_secret("HUB_NINJA_WEBHOOK_SECRET", FEWEST_OF_SECRET)?,
        vendors: VendorSettings::read(values)?,
        sign_in,
        data_dir,
        zone,
    })
}

fn from_flags(flags: &Flags) -> Given {
    let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.to_string_lossy().into_owned());
    let mut given = Given::default();
    for (name, flag, text) in [
        ("HUB_LISTEN", "--listen", flags.listen.clone()),
        ("HUB_DATA_DIR", "--data-dir", path(&flags.data_dir)),
        ("HUB_TIME_ZONE", "--time-zone", flags.time_zone.clone()),
        ("DB_DSN", "--database", flags.database.as_ref().map(|secret| secret.expose_secret().to_owned())),
        ("HUB_LOG", "--log", flags.log.clone()),
        ("HUB_LOG_FORMAT", "--log-format", flags.log_format.clone()),
    ] {
        if let Some(text) = text {
            given.insert_text(name, flag, text);
        }
    }
    given
}
