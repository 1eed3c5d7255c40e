//! A database of its own for every test, on either system.

use std::sync::{LazyLock, mpsc};

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

/// An empty database that is gone after the test.
#[derive(Debug)]
pub enum TestDatabase {
    /// A file in a folder of its own.
    Sqlite(TempDir),
    /// A database of its own in the test cluster.
    Postgres(PostgresDatabase, TempDir),
}

/// A database in the test cluster, which is dropped soon after this: those of a whole run together would fill a disk.
#[derive(Debug)]
pub struct PostgresDatabase {
    name: String,
    url: SecretString,
}

impl TestDatabase {
    /// Makes one. Without PostgreSQL a test fails, it is never skipped.
    pub async fn create(backend: Backend) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        match backend {
            Backend::Sqlite => Ok(Self::Sqlite(folder)),
            Backend::Postgres => Ok(Self::Postgres(PostgresDatabase::create().await?, folder)),
        }
    }

    /// Opens a connection of the hub's kind; several may be open at once.
    pub async fn open(&self) -> anyhow::Result<Database> {
        Ok(match self {
            Self::Sqlite(folder) => Database::open_sqlite(&folder.path().join("hub.db")).await?,
            Self::Postgres(database, _) => Database::connect_postgres(&database.url).await?,
        })
    }

    /// The value of `DB_DSN` for a hub process of its own.
    pub fn dsn(&self) -> String {
        use secrecy::ExposeSecret;
        match self {
            Self::Sqlite(folder) => format!("sqlite://{}", folder.path().join("hub.db").display()),
            Self::Postgres(database, _) => database.url.expose_secret().to_owned(),
        }
    }

    /// The same database by another address.
    #[must_use]
    pub(crate) fn reached_by(mut self, url: String) -> Self {
        if let Self::Postgres(database, _) = &mut self {
            database.url = url.into();
        }
        self
    }

    /// Takes the database away from under a hub: dropped on PostgreSQL; on SQLite, where a deleted file lives on for those
    /// who have it open, its connections are closed.
    pub async fn take_away(&self, hub: &server::inventory::Inventory) {
        let taken = match self {
            Self::Sqlite(_) => hub.database().reader().pool().close_by_ref().await.map_err(anyhow::Error::from),
            Self::Postgres(database, _) => drop_postgres(&database.name).await,
        };
        taken.unwrap_or_else(|error| panic!("the database can't be taken away: {error:?}"));
    }

    /// A folder that goes with the test.
    pub fn folder(&self) -> &std::path::Path {
        match self {
            Self::Sqlite(folder) | Self::Postgres(_, folder) => folder.path(),
        }
    }
}

async fn drop_postgres(name: &str) -> anyhow::Result<()> {
    let admin = administrate().await?.1;
    admin.execute_unprepared(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
    Ok(admin.close().await?)
}

/// The server's address, and a connection of its administrator.
async fn administrate() -> anyhow::Result<(String, sea_orm::DatabaseConnection)> {
    let server = std::env::var("HUB_TEST_POSTGRES")
        .context("HUB_TEST_POSTGRES is not set: run tests by `make test`, or under scripts/with-postgres")?;
    let mut options = sea_orm::ConnectOptions::new(server.as_str());
    options.max_connections(1).sqlx_logging(false);
    let admin = sea_orm::Database::connect(options).await.context("the test PostgreSQL can't be reached")?;
    Ok((server, admin))
}

impl PostgresDatabase {
    async fn create() -> anyhow::Result<Self> {
        let (server, admin) = administrate().await?;
        let name = format!("hub_{}", Uuid::new_v4().simple());
        admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await?;
        admin.close().await?;
        let (front, query) =
            server.split_once('?').map_or((server.as_str(), None), |(front, query)| (front, Some(query)));
        let host = front.rsplit_once('/').map_or(front, |(host, _)| host);
        let url = query.map_or_else(|| format!("{host}/{name}"), |query| format!("{host}/{name}?{query}"));
        Ok(Self { name, url: url.into() })
    }
}

impl Drop for PostgresDatabase {
    fn drop(&mut self) {
        // Whoever clears away ends with the process only.
        let _ = CLEARING.send(std::mem::take(&mut self.name));
    }
}

/// Drops what tests leave, beside them: PostgreSQL waits until no connection is coming about anywhere, and the test that would
/// wait for it may be the one that is connecting. What is left when the process ends goes with the cluster.
static CLEARING: LazyLock<mpsc::Sender<String>> = LazyLock::new(|| {
    let (send, names) = mpsc::channel::<String>();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        for name in names {
            if let Err(error) = runtime.block_on(drop_postgres(&name)) {
                eprintln!("the database {name} stays: {error:?}");
            }
        }
        std::io::Result::Ok(())
    });
    send
});
