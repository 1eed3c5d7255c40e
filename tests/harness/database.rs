//! A database of its own for every test, on either system.

use anyhow::Context;
use sea_orm::ConnectionTrait;
use secrecy::SecretString;
use server::inventory::Database;
use tempfile::TempDir;
use uuid::Uuid;

/// Which database system a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// The embedded default.
    Sqlite,
    /// The throw-away cluster that `scripts/with-postgres` starts.
    Postgres,
}

/// An empty database that is gone, or unreachable, after the test.
#[derive(Debug)]
pub enum TestDatabase {
    /// A file in a folder of its own.
    Sqlite(TempDir),
    /// A database of its own in the test cluster.
    Postgres(SecretString, TempDir),
}

impl TestDatabase {
    /// Makes one. Without PostgreSQL a test fails, it is never skipped.
    pub async fn create(backend: Backend) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        match backend {
            Backend::Sqlite => Ok(Self::Sqlite(folder)),
            Backend::Postgres => Ok(Self::Postgres(create_postgres().await?.into(), folder)),
        }
    }

    /// Opens a connection of the hub's kind; several may be open at once.
    pub async fn open(&self) -> anyhow::Result<Database> {
        Ok(match self {
            Self::Sqlite(folder) => Database::open_sqlite(&folder.path().join("hub.db")).await?,
            Self::Postgres(url, _) => Database::connect_postgres(url).await?,
        })
    }

    /// The value of `DB_DSN` for a hub process of its own.
    pub fn dsn(&self) -> String {
        use secrecy::ExposeSecret;
        match self {
            Self::Sqlite(folder) => format!("sqlite://{}", folder.path().join("hub.db").display()),
            Self::Postgres(url, _) => url.expose_secret().to_owned(),
        }
    }

    /// A folder that goes with the test.
    pub fn folder(&self) -> &std::path::Path {
        match self {
            Self::Sqlite(folder) | Self::Postgres(_, folder) => folder.path(),
        }
    }
}

async fn create_postgres() -> anyhow::Result<String> {
    let server = std::env::var("HUB_TEST_POSTGRES")
        .context("HUB_TEST_POSTGRES is not set: run tests by `make test`, or under scripts/with-postgres")?;
    let name = format!("hub_{}", Uuid::new_v4().simple());
    let mut options = sea_orm::ConnectOptions::new(server.as_str());
    options.max_connections(1).sqlx_logging(false);
    let admin = sea_orm::Database::connect(options).await.context("the test PostgreSQL can't be reached")?;
    admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await?;
    admin.close().await?;
    let (front, query) = server.split_once('?').map_or((server.as_str(), None), |(front, query)| (front, Some(query)));
    let host = front.rsplit_once('/').map_or(front, |(host, _)| host);
    Ok(query.map_or_else(|| format!("{host}/{name}"), |query| format!("{host}/{name}?{query}")))
}
