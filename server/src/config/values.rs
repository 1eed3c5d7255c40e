//! Checking values: each reader says what would be good when the value is not.

use std::{net::SocketAddr, ops::RangeInclusive, path::PathBuf, str::FromStr};

use chrono_tz::Tz;
use domain::{clock::BusinessZone, retention::FEWEST_DAYS};
use secrecy::SecretString;
use tracing_subscriber::EnvFilter;
use url::Url;

use super::{
    error::ConfigError,
    keys::{Content, Entry, Given, keys},
};

/// Days of snapshots that are kept where nothing is set, and the most that may be.
const RETENTION_DAYS: u32 = 65;
const MOST_DAYS: u32 = 36_500;

/// Which database, and where.
#[derive(Clone, Debug)]
pub enum DatabaseUrl {
    /// An SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL server, as `postgres://…`; it may hold a password.
    Postgres(SecretString),
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// The merged sources, read by environment name.
pub(super) struct Values(Given);

impl Values {
    pub(super) fn new(given: Given) -> Self {
        Self(given)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.find(name).is_some()
    }

    /// The text of a key, trimmed; a list where a text belongs is refused.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, ConfigError> {
        match self.0.find(name) {
            None => Ok(None),
            Some(Entry { content: Content::Text(text), .. }) => Ok(Some(text.trim())),
            Some(Entry { content: Content::List(_), .. }) => Err(self.bad(name, "one value, not a list")),
        }
    }

    pub(super) fn secret(&self, name: &str) -> Result<Option<SecretString>, ConfigError> {
        Ok(self.text(name)?.map(SecretString::from))
    }

    /// A secret that must not be guessed.
    pub(super) fn long_secret(&self, name: &str, fewest: usize) -> Result<Option<SecretString>, ConfigError> {
        match self.text(name)? {
            Some(text) if text.chars().count() < fewest => {
                Err(self.bad(name, &format!("a secret of at least {fewest} characters")))
            }
            text => Ok(text.map(SecretString::from)),
        }
    }

    /// A path, untrimmed: a name may begin or end with a space.
    pub(super) fn path(&self, name: &str) -> Option<PathBuf> {
        match &self.0.find(name)?.content {
            Content::Text(text) if !text.trim().is_empty() => Some(PathBuf::from(text)),
            _ => None,
        }
    }

    /// Names: a list in the file, separated by `;` in the environment, because names hold commas.
    pub(super) fn list(&self, name: &str) -> Result<Vec<String>, ConfigError> {
        let Some(entry) = self.0.find(name) else { return Ok(Vec::new()) };
        let from_file = entry.origin != name;
        let items: Vec<&str> = match &entry.content {
            Content::List(items) => items.iter().map(String::as_str).collect(),
            Content::Text(_) if from_file => return Err(self.bad(name, "a list of texts, such as [\"one\", \"two\"]")),
            Content::Text(text) => text.split(';').collect(),
        };
        Ok(items.into_iter().map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect())
    }

    pub(super) fn number<N>(&self, name: &str, range: RangeInclusive<N>) -> Result<Option<N>, ConfigError>
    where
        N: FromStr + PartialOrd + std::fmt::Display,
    {
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        self.parsed(name, &expected, |text| text.parse().ok().filter(|number| range.contains(number)))
    }

    /// Days, or `off`; 65 if not set. Fewer than a month could lose its end.
    pub(super) fn retention_days(&self, name: &str) -> Result<Option<u32>, ConfigError> {
        let expected = format!("a whole number from {FEWEST_DAYS} to {MOST_DAYS}, or off");
        let days = |text: &str| match text.parse::<u32>() {
            Ok(days) => (FEWEST_DAYS..=MOST_DAYS).contains(&days).then_some(Some(days)),
            Err(_) => text.eq_ignore_ascii_case("off").then_some(None),
        };
        Ok(self.parsed(name, &expected, days)?.unwrap_or(Some(RETENTION_DAYS)))
    }

    pub(super) fn zone(&self, name: &str) -> Result<Option<BusinessZone>, ConfigError> {
        let expected = "the IANA name of a time zone, such as America/Chicago";
        self.parsed(name, expected, |text| text.parse::<Tz>().ok().map(BusinessZone))
    }

    pub(super) fn listen(&self, name: &str) -> Result<Option<SocketAddr>, ConfigError> {
        let address = |text: &str| text.replacen("localhost:", "127.0.0.1:", 1).parse::<SocketAddr>().ok();
        match self.parsed(name, "an address with a port, such as 127.0.0.1:5400", address)? {
            Some(address) if !address.ip().is_loopback() => {
                Err(ConfigError::NotLoopback { key: self.origin(name), address: address.to_string() })
            }
            address => Ok(address),
        }
    }

    pub(super) fn filter(&self, name: &str) -> Result<Option<String>, ConfigError> {
        let expected = "a tracing filter, such as info or info,server=debug";
        self.parsed(name, expected, |text| EnvFilter::try_new(text).is_ok().then(|| text.to_owned()))
    }

    pub(super) fn log_format(&self, name: &str) -> Result<Option<LogFormat>, ConfigError> {
        self.parsed(name, "text or json", |text| match text {
            "text" => Some(LogFormat::Text),
            "json" => Some(LogFormat::Json),
            _ => None,
        })
    }

    pub(super) fn switch(&self, name: &str) -> Result<Option<bool>, ConfigError> {
        self.parsed(name, "on or off", |text| match text.to_ascii_lowercase().as_str() {
            "on" => Some(true),
            "off" => Some(false),
            _ => None,
        })
    }

    pub(super) fn origins(&self, name: &str) -> Result<Vec<String>, ConfigError> {
        let is_origin = |text: &str| {
            Url::parse(text).is_ok_and(|url| {
                matches!(url.scheme(), "http" | "https")
                    && url.origin().ascii_serialization() == text.trim_end_matches('/')
            })
        };
        let origins = self.list(name)?;
        if origins.iter().all(|origin| is_origin(origin)) {
            Ok(origins)
        } else {
            Err(self.bad(name, "origins without a path, such as https://hub.example.com"))
        }
    }

    /// `DB_DSN` wins over `DATABASE_URL`.
    pub(super) fn database(&self) -> Result<Option<DatabaseUrl>, ConfigError> {
        let name = if self.has("DB_DSN") { "DB_DSN" } else { "DATABASE_URL" };
        let expected = "postgres://user@host/database or sqlite://path";
        self.parsed(name, expected, database_url)
    }

    /// Reads a value; on `None` the refusal says what was expected.
    pub(super) fn parsed<T>(
        &self,
        name: &str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, ConfigError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        parse(text).map(Some).ok_or_else(|| self.bad(name, expected))
    }

    /// The refusal of a key's value, which is repeated only where it can't be a secret.
    pub(super) fn bad(&self, name: &str, expected: &str) -> ConfigError {
        let may_be_address = name.ends_with("_URL") || name.ends_with("_ENDPOINT");
        let may_be_secret = may_be_address || keys().any(|key| key.name == name && key.secret);
        let found = match self.0.find(name).map(|entry| &entry.content) {
            Some(Content::Text(text)) if !may_be_secret => Some(text.chars().take(80).collect()),
            _ => None,
        };
        ConfigError::BadValue { key: self.origin(name), expected: expected.to_owned(), found }
    }

    /// The key as its source spells it.
    pub(super) fn origin(&self, name: &str) -> String {
        self.0.find(name).map_or_else(|| name.to_owned(), |entry| entry.origin.clone())
    }
}

/// `sqlite:path` and `sqlite://path` (a third slash begins an absolute path); `postgres://`, `postgresql://` and
/// SQLAlchemy's `postgresql+driver://`.
fn database_url(text: &str) -> Option<DatabaseUrl> {
    let (scheme, rest) = text.split_once(':')?;
    let scheme = scheme.to_ascii_lowercase();
    match scheme.split_once('+').map_or(scheme.as_str(), |(scheme, _driver)| scheme) {
        "sqlite" => {
            let path = rest.strip_prefix("//").unwrap_or(rest);
            let is_file = !path.is_empty() && !path.starts_with(':') && !path.contains('?') && !path.ends_with('/');
            is_file.then(|| DatabaseUrl::Sqlite(PathBuf::from(path)))
        }
        "postgres" | "postgresql" => {
            let url = format!("postgres:{rest}");
            let is_url = rest.starts_with("//") && Url::parse(&url).is_ok();
            is_url.then(|| DatabaseUrl::Postgres(SecretString::from(url)))
        }
        _ => None,
    }
}
